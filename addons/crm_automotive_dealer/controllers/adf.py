from odoo import http
from odoo.http import request

from ..tools import adf
from . import outside


class AdfController(http.Controller):
    """The door for leads that portals and makers post as ADF 1.0."""

    @http.route(
        "/crm_automotive/adf/<string:token>",
        **outside.ROUTE,
        max_content_length=outside.ROOM * adf.MAX_SIZE,
        raw_body=True,
    )
    def receive(self, token, **_parameters):
        """Keep the leads of one document.

        :param token: of an ``automotive.adf.channel``
        :return: 202 with one receipt for each lead (also for a document that a person must read first);
            404 unknown address, 411 no length, 413 larger than 256 kB
        """
        incoming = request.httprequest
        channel = request.env["automotive.adf.channel"].sudo().search([("token", "=", token)], limit=1)
        if not channel:
            return request.make_json_response({"error": "unknown"}, status=404)
        if refused := outside.refusal(adf.MAX_SIZE):
            return request.make_json_response({"error": refused[1]}, status=refused[0])
        # sudo above: the secret address is the permission; the channel decides the rest.
        kept = channel.with_company(channel.company_id)._receive_document(self._get_document(incoming))
        receipts = [
            {"receipt": intake.external_id.partition(":")[2][:32], "read": bool(intake.adf_key)} for intake in kept
        ]
        return request.make_json_response({"status": "accepted", "leads": receipts}, status=202)

    def _get_document(self, incoming):
        """Return the body, whatever it says it is; some senders put the document into a field of a form."""
        raw = incoming.get_data()
        if b"<adf" in raw.lower():
            return raw
        return next((value for value in incoming.form.values() if "<adf" in value.lower()), raw)
