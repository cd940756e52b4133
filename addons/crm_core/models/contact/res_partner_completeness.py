from odoo import api, fields, models


class ResPartner(models.Model):
    """How much is known of a contact, and what is missing."""

    _inherit = "res.partner"

    data_completeness = fields.Integer(
        "Completeness", compute="_compute_data_completeness", groups="base.group_user", help="In percent."
    )
    data_missing = fields.Char("Missing", compute="_compute_data_completeness", groups="base.group_user")

    @api.depends(lambda self: self._get_completeness_depends())
    def _compute_data_completeness(self):
        for partner in self:
            names = partner._get_completeness_fields()
            missing = [name for name in names if not partner[name]]
            partner.data_completeness = round(100 * (len(names) - len(missing)) / len(names))
            labels = [partner._fields[name]._description_string(self.env) for name in missing]
            partner.data_missing = ", ".join(labels)

    @api.model
    def _get_completeness_depends(self):
        return [*self._get_person_fields(), *self._get_company_fields(), "is_company", "parent_id"]

    def _get_completeness_fields(self):
        """Return what should be known of this contact."""
        self.ensure_one()
        return self._get_company_fields() if self.is_company else self._get_person_fields()

    @api.model
    def _get_person_fields(self):
        """Return what should be known of a person; a hook."""
        return ["name", "email", "phone", "street", "zip", "city", "country_id", "lang", "user_id"]

    @api.model
    def _get_company_fields(self):
        """Return what should be known of a company; a hook."""
        return [*self._get_person_fields(), "vat", "website", "industry_id"]
