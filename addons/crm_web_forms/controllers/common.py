"""What the page and the API share: finding the form, fixed answers, limits, headers."""

import functools
import logging
import uuid

import psycopg2
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge, abort

from odoo.exceptions import ConcurrencyError
from odoo.http import request

from ..models.crm_web_form_submit import UUID
from ..tools import origin, schema
from ..tools.connection import stop_reading

_logger = logging.getLogger(__name__)

BODY_LIMIT = 64 * 1024
# Options of every route: nobody's rights, no cookie, no visitor, no argument but the form's number.
ROUTE = {
    "type": "http",
    "auth": "crm_web_form",
    "csrf": False,
    "save_session": False,
    "multilang": False,
    "sitemap": False,
    "own_params": True,
}


class FormDoor:
    """Base of the controllers. A form's number is all that comes from the path."""

    def _find_form(self, number):
        """Return the published form, as nobody in particular: who is logged in here does not matter."""
        return self._get_env()["crm.web.form"]._find_live(number)

    def _get_env(self):
        """Return an environment of nobody in particular that may do what the code here does."""
        return request.env(su=True, context={})

    def _find_form_of_path(self):
        """Return the form the request is for, before its route is run."""
        found = UUID.search(request.httprequest.path)
        return self._find_form(found.group() if found else "")

    def _choose_lang(self, form, wanted=None):
        accepted = [code for code, _quality in request.httprequest.accept_languages]
        return form._choose_lang([wanted or request.httprequest.args.get("lang"), *accepted])

    def _choose_version(self, form):
        """Return the version this visitor sees."""
        headers = request.httprequest.headers
        return form._choose_version((request.httprequest.remote_addr or "", headers.get("User-Agent") or ""))

    def _note(self, version, kind, keys=(None,), campaign=None):
        """Count an event; what browsers fetch beforehand nobody has seen."""
        headers = request.httprequest.headers
        if request.httprequest.method == "HEAD" or "prefetch" in (headers.get("Sec-Purpose") or ""):
            return
        sender = self._get_origin()
        place = None if self._is_own_origin(sender) else origin.normalize_origin(sender)
        version.env["crm.web.form.stat"]._note(version, kind, place, schema.first_line(campaign)[:64], keys)

    def _get_origin(self):
        return request.httprequest.headers.get("Origin")

    def _is_own_origin(self, value):
        """Tell whether a request comes from this server's own pages, whatever proxy is in front."""
        return (origin.normalize_origin(value) or "").partition("//")[2] == request.httprequest.host.lower()

    def _is_welcome(self, form, value):
        """Tell whether a browser may use the form from this origin."""
        return self._is_own_origin(value) or origin.is_allowed(value, form._get_origins())

    def _too_large(self):
        """Return the answer to a body that is too large."""
        raise NotImplementedError

    def _failed(self, reference):
        """Return the answer to an error of ours."""
        raise NotImplementedError


def body_limit(door):
    """Refuse a large body before any of it is read; a callable for ``max_content_length``."""
    length = request.httprequest.content_length or 0
    limit = BODY_LIMIT
    if length > limit:
        # Only forms that ask for files take more; in JSON they are a third longer.
        form = door._find_form_of_path()
        limit += form and int(form._get_file_limit() * 1.4)
    if length > limit:
        abort(door._too_large())
    return limit


def guarded(endpoint):
    """Decorate an endpoint: whatever goes wrong, the answer is a fixed text with a reference.

    What another try may cure is left to the host, which runs the request again.
    """

    @functools.wraps(endpoint)
    def wrapper(self, *args, **kwargs):
        try:
            response = endpoint(self, *args, **kwargs)
            stop_reading(request.httprequest)
            return response
        except (psycopg2.OperationalError, ConcurrencyError):
            raise
        except RequestEntityTooLarge:
            return self._too_large()
        except HTTPException:
            raise
        except Exception:  # noqa: BLE001 - a stranger must not learn what is inside
            reference = uuid.uuid4().hex[:8]
            _logger.exception("Web form request %s failed", reference)
            request.env.cr.rollback()
            return self._failed(reference)

    return wrapper
