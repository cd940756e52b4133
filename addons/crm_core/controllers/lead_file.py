from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..models.document.crm_lead_file import MOST_BYTES


class LeadFileController(http.Controller):
    """Where the office drops files on the checklist of an opportunity."""

    @http.route("/crm/lead_file/<int:file_id>/drop", type="http", auth="user", methods=["POST"])
    def lead_file_drop(self, file_id, **kwargs):
        """Take the uploads ``ufile`` as what a line asks for: all of them or none.

        :return: JSON, ``{}`` or ``{"error": what to do}``
        """
        line = request.env["crm.lead.file"].browse(file_id)
        files = request.httprequest.files.getlist("ufile")
        try:
            line.check_access("write")
            uploads = [(file.filename or request.env._("file"), file.read(MOST_BYTES + 1)) for file in files]
            line._receive(uploads, request.env.user.partner_id)
        except UserError as error:  # refused, not allowed, or gone
            return request.make_json_response({"error": str(error)})
        return request.make_json_response({})
