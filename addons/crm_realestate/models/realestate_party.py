from odoo import api, fields, models
from odoo.exceptions import ValidationError


class RealestateParty(models.Model):
    """Who is behind a property: owner, usufructuary, representative... Not for everybody's eyes."""

    _name = "realestate.party"
    _description = "Property Party"
    _order = "property_id, sequence, id"
    _rec_name = "partner_id"

    property_id = fields.Many2one("realestate.property", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="property_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    partner_id = fields.Many2one("res.partner", "Contact", required=True, index=True, ondelete="restrict")
    role = fields.Selection(
        [
            ("owner", "Owner"),
            ("usufruct", "Usufructuary"),
            ("representative", "Representative"),
            ("tenant", "Tenant"),
            ("notary", "Notary"),
            ("bank", "Bank"),
        ],
        required=True,
        default="owner",
    )
    share = fields.Float("Share (%)", digits=(5, 2), help="Part of the property, for owners.")
    phone = fields.Char(related="partner_id.phone")
    email = fields.Char(related="partner_id.email")

    _share_range = models.Constraint("CHECK (share >= 0 AND share <= 100)", "A share is between 0 and 100 %.")
    _once = models.UniqueIndex(
        "(property_id, partner_id, role)", "The same contact has this role on the property already."
    )

    @api.constrains("share", "role", "property_id")
    def _check_owner_shares(self):
        groups = self.env["realestate.party"]._read_group(
            [("property_id", "in", self.property_id.ids), ("role", "=", "owner")], ["property_id"], ["share:sum"]
        )
        for prop, total in groups:
            if total > 100.001:
                raise ValidationError(
                    self.env._(
                        "The owners of %(property)s have %(total)s %% together: lower a share.",
                        property=prop.display_name,
                        total=round(total, 2),
                    )
                )
