from odoo import http
from odoo.http import content_disposition, request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ImportSheet(http.Controller):
    """The sheet people fill in to import properties, in their language."""

    @http.route("/realestate/import/properties.xlsx", type="http", auth="user", methods=["GET"])
    def properties(self, **_other):
        """Return the sheet.

        :return: 200 and the file; 403 to those who may not make properties
        """
        properties = request.env["realestate.property"]
        properties.check_access("create")
        name = f"{request.env._('properties')}.xlsx"
        headers = [("Content-Type", XLSX), ("Content-Disposition", content_disposition(name))]
        return request.make_response(properties._make_import_sheet(), headers)
