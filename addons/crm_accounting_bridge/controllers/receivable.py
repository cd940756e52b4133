from odoo import http
from odoo.exceptions import AccessError
from odoo.http import content_disposition, request


class Receivable(http.Controller):
    @http.route(
        "/crm_accounting_bridge/receivable/<int:partner_id>/<string:kind>/<int:record_id>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=False,  # the host may keep the PDF it prints
    )
    def document(self, partner_id, kind, record_id):
        """Return an invoice or a receipt of a customer as PDF, to who may see what the customer owes.

        :param kind: ``invoice`` or ``payment``
        :return: 200 with the PDF; 404 when there is no such document for this user
        """
        partner = request.env["res.partner"].browse(partner_id).exists()
        try:
            name, content = partner._get_receivable_pdf(kind, record_id) if partner else (None, None)
        except AccessError:
            content = None
        if content is None:
            raise request.not_found()
        return request.make_response(
            content,
            [
                ("Content-Type", "application/pdf"),
                ("Content-Disposition", content_disposition(name)),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )
