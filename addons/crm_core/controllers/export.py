import json

from odoo.http import request, route

from odoo.addons.web.controllers.export import CSVExport, ExcelExport


def _remember_domain(data):
    """Let the log of the export know what was filtered: the records alone do not say it."""
    params = json.loads(data)
    if not params.get("ids"):
        request.update_context(crm_core_export_domain=json.dumps(params.get("domain") or []))


class CrmCSVExport(CSVExport):
    @route()
    def web_export_csv(self, data):
        """Export to CSV, as the host does; see ``crm.export.log``."""
        _remember_domain(data)
        return super().web_export_csv(data)


class CrmExcelExport(ExcelExport):
    @route()
    def web_export_xlsx(self, data):
        """Export to XLSX, as the host does; see ``crm.export.log``."""
        _remember_domain(data)
        return super().web_export_xlsx(data)
