from odoo import api, fields, models, tools
from odoo.exceptions import UserError


class CrmWebFormVersion(models.Model):
    """A form as it was published: what a visitor saw and agreed to can be shown for ever."""

    _name = "crm.web.form.version"
    _description = "Web Form Version"
    _order = "number desc, id desc"
    _rec_name = "number"

    form_id = fields.Many2one("crm.web.form", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="form_id.company_id", store=True)
    number = fields.Integer("Version", required=True, readonly=True, aggregator=None)
    schema = fields.Json(required=True, readonly=True)
    schema_hash = fields.Char("SHA-256", required=True, readonly=True)
    create_date = fields.Datetime("Published on", readonly=True)
    create_uid = fields.Many2one("res.users", "Published by", readonly=True)

    _number_unique = models.UniqueIndex("(form_id, number)")

    @api.depends("number", "form_id.name")
    @api.depends_context("crm_web_form_name")
    def _compute_display_name(self):
        for version in self:
            name = self.env._("Version %(number)s", number=version.number)
            # Where versions of several forms stand together, as in the results.
            form = version.form_id.name if self.env.context.get("crm_web_form_name") else None
            version.display_name = f"{form} - {name}" if form else name

    @tools.ormcache("self.id")
    def _get_schema(self):
        """Return ``schema``, for reading only: it never changes, so it is read and parsed once."""
        return self.schema

    def _get_keys(self, *targets):
        """Return the keys of the fields whose answers go to one of these places."""
        return [field["key"] for field in self._get_schema()["fields"] if field.get("maps_to") in targets]

    def write(self, vals):
        """Refuse: consents refer to what was shown. The company alone follows its form's."""
        if set(vals) - {"company_id"}:
            raise UserError(self.env._("A published version cannot be changed. Change the form and publish it again."))
        return super().write(vals)
