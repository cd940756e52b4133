from odoo import fields, models


class CrmHandoverArea(models.Model):
    """Who gets the customers of an area; the first that fits counts."""

    _name = "crm.handover.area"
    _description = "Hand-over Area"
    _order = "sequence, id"

    handover_id = fields.Many2one("crm.handover", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="handover_id.company_id")
    sequence = fields.Integer(default=10)
    country_id = fields.Many2one("res.country")
    state_id = fields.Many2one("res.country.state", domain="[('country_id', '=?', country_id)]")
    zip_prefix = fields.Char("ZIP begins with", help="For example: 43, or 43,08 for several.")
    user_id = fields.Many2one(
        "res.users",
        "New owner",
        required=True,
        ondelete="cascade",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )

    def _covers(self, partner):
        """Tell whether a contact is in this area; what is left empty fits everybody."""
        self.ensure_one()
        prefixes = tuple(filter(None, map(str.strip, (self.zip_prefix or "").split(","))))
        return (
            (not self.country_id or partner.country_id == self.country_id)
            and (not self.state_id or partner.state_id == self.state_id)
            and (not prefixes or (partner.zip or "").startswith(prefixes))
        )
