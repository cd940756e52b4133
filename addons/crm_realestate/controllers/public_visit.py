from psycopg2.errors import ExclusionViolation

from odoo import fields, http
from odoo.exceptions import ConcurrencyError, UserError
from odoo.http import request

from .common import ROUTE, PublicPage


class PublicVisit(PublicPage, http.Controller):
    """The page on which visitors confirm, move or cancel their visit, from a telephone, without an account."""

    @http.route(
        "/realestate/visit/<int:number>/<string:token>", methods=["GET", "POST"], max_content_length=8192, **ROUTE
    )
    def visit(self, number, token, step=None, slot=None, **_other):
        """Show the visit (GET) or change it (POST).

        :param step: ``confirm``, ``move`` or ``cancel``
        :param slot: the moment to move it to, UTC as ``YYYY-MM-DD HH:MM:SS``; one of those shown
        :return: 200, 303, 404; 409 with the page again when somebody was faster
        """
        visit = self._find("realestate.visit", number, token)
        if not visit:
            return self._not_found()
        if request.httprequest.method != "POST":
            return self._show_visit(visit)
        try:
            with visit.env.cr.savepoint():
                visit._change_by_visitor(step, slot)
        except UserError as error:
            return self._show_visit(visit, error=str(error), status=409)
        except ExclusionViolation as error:
            # Somebody was faster by a moment. The host calls this again, and then it reads who.
            raise ConcurrencyError(str(error)) from error
        return request.redirect(f"/realestate/visit/{visit.id}/{token}?done={step}", code=303)

    def _show_visit(self, visit, error=None, status=200):
        done = request.httprequest.args.get("done")
        values = {
            "visit": visit,
            "error": error,
            "done": done if done in ("confirm", "move", "cancel") else None,
            "slots": visit._get_public_slots(),
            "now": fields.Datetime.now(),
        }
        return self._show("crm_realestate.public_visit", values, status=status)
