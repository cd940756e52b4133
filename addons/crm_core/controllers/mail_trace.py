import base64

from werkzeug.exceptions import NotFound

from odoo.http import Controller, request, route

PIXEL = base64.b64decode("R0lGODlhAQABAIAAANvf7wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
# Without a session: nobody gets a cookie for reading a mail.
DOOR = {"type": "http", "auth": "public", "methods": ["GET"], "csrf": False, "save_session": False, "sitemap": False}
FRESH = [("Cache-Control", "no-store, private, max-age=0"), ("X-Robots-Tag", "noindex, nofollow")]


class MailTrace(Controller):
    """What a followed mail asks for. The token in the address is all anybody needs; no address of a machine is kept."""

    @route("/crm/mail/<string:token>/o.gif", **DOOR)
    def mail_opened(self, token):
        """Count that the mail was opened; answer with an invisible image. 404 for an unknown token."""
        self._find(token)._on_read("open", *self._get_reader())
        headers = [*FRESH, ("Content-Type", "image/gif"), ("Content-Length", str(len(PIXEL)))]
        return request.make_response(PIXEL, headers)

    @route("/crm/mail/<string:token>/l/<int:place>", **DOOR)
    def mail_clicked(self, token, place):
        """Count the click and lead on to where the link of the mail led; only there. 404 for anything unknown."""
        trace = self._find(token)
        links = trace.links or []
        if not 0 <= place < len(links):
            raise NotFound()
        trace._on_read("click", *self._get_reader())
        response = request.redirect(links[place], code=302, local=False)
        response.headers.extend(FRESH)
        return response

    def _find(self, token):
        trace = request.env["crm.mail.trace"]._find_by_token(token)
        if not trace:
            raise NotFound()
        return trace

    def _get_reader(self):
        """Return what the program says it is, and how it asks."""
        return request.httprequest.user_agent.string, request.httprequest.method
