import gzip
import io

from odoo import http
from odoo.http import request

from .common import ROUTE, PublicPage


class PublicFeed(PublicPage, http.Controller):
    """The file a portal reads; whoever has the address has it."""

    @http.route("/realestate/feed/<string:uuid>.xml", methods=["GET"], **ROUTE)
    def feed(self, uuid, **_other):
        """Return the stored file as it is; it is made on a schedule, never here.

        :return: 200, or 404 while there is none
        """
        feed = self._get_env()["realestate.feed"].search([("uuid", "=", uuid)], limit=1)
        attachment = feed and feed._get_attachment()
        if not feed.date_made:
            return self._not_found()
        headers = [("Content-Type", "application/xml; charset=utf-8"), ("Cache-Control", "public, max-age=900")]
        if "gzip" in request.httprequest.headers.get("Accept-Encoding", ""):
            return request.make_response(attachment.raw, [*headers, ("Content-Encoding", "gzip")])
        plain = gzip.GzipFile(fileobj=io.BytesIO(attachment.raw))
        return request.make_response(iter(lambda: plain.read(1 << 16), b""), headers)
