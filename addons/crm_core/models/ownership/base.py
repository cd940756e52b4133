from odoo import models

# Models whose export is noted, alone or by way of another record (partner_id/email).
PERSONAL = {"res.partner", "crm.lead"}


class Base(models.AbstractModel):
    _inherit = "base"

    def export_data(self, fields_to_export):
        """Note who takes contacts or leads out; the host decides who may."""
        result = super().export_data(fields_to_export)
        if self._exports_personal_data(fields_to_export):
            # sudo: the log writes itself; nobody else may.
            self.env["crm.export.log"].sudo().create(self._prepare_export_log(fields_to_export))
        return result

    def _exports_personal_data(self, paths):
        """Tell whether contacts or leads, or more of them than their names, are exported."""
        return self._name in PERSONAL or any(self._leads_to_personal_data(path) for path in paths)

    def _leads_to_personal_data(self, path):
        model, *names = self, *path.replace(".", "/").split("/")
        for name in names[:-1]:
            field = model._fields.get(name)
            if not field or not field.relational:
                return False
            model = self.env[field.comodel_name]
            if model._name in PERSONAL and names[-1] not in ("id", "name", "display_name"):
                return True
        return False

    def _prepare_export_log(self, paths):
        """Return the values of the log of one export."""
        return {
            "user_id": self.env.uid,
            "company_id": self.env.company.id,
            "model": self._name,
            "record_count": len(self),
            "field_names": ", ".join(paths),
            "domain": self.env.context.get("crm_core_export_domain", False),
        }
