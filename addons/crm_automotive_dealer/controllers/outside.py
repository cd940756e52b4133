"""What every door for other programs checks before it reads a request."""

from odoo.http import request

#: Options of the routes: nobody's rights, no cookie, no token of a form.
ROUTE = {"type": "http", "auth": "public", "methods": ["POST"], "csrf": False, "save_session": False, "readonly": False}
# Above so many times its limit, the host answers with a page of its own; below, we answer.
ROOM = 4


def refusal(longest, mimetype=None):
    """Return why the body of this request is not read, or None.

    :param longest: most bytes
    :param mimetype: the only type that is understood; None for any
    :return: (status as in HTTP, reason)
    """
    incoming = request.httprequest
    if incoming.content_length is None:
        return 411, "no length"
    if incoming.content_length > longest:
        return 413, "too large"
    if mimetype and incoming.mimetype != mimetype:
        return 415, f"not {mimetype}"
    return None
