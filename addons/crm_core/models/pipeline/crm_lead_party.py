from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CrmLeadParty(models.Model):
    """Who takes part in an opportunity, and as what: feeds contracts and tells whom to call.

    Not unique in the database: the merge of contacts would delete what clashes, on other opportunities too.
    """

    _name = "crm.lead.party"
    _description = "Party of an opportunity"
    _order = "lead_id, sequence, id"
    _rec_name = "partner_id"

    lead_id = fields.Many2one("crm.lead", "Opportunity", required=True, index=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", "Contact", required=True, index=True, ondelete="cascade")
    # Verticals add theirs with ``selection_add``.
    role = fields.Selection(
        [
            ("buyer", "Buyer"),
            ("seller", "Seller"),
            ("decision_maker", "Decision maker"),
            ("payer", "Payer"),
            ("guarantor", "Guarantor"),
            ("other", "Other"),
        ],
        required=True,
        default="buyer",
    )
    sequence = fields.Integer(default=10)
    note = fields.Char(help="For example: signs on behalf of the company.")
    email = fields.Char(related="partner_id.email", string="E-mail")
    phone = fields.Char(related="partner_id.phone")

    @api.constrains("lead_id", "partner_id", "role")
    def _check_twice(self):
        """One contact has a role of an opportunity once; it may have several roles."""
        for party in self:
            if len(party.lead_id.party_ids.filtered(lambda other, party=party: other._key() == party._key())) > 1:
                raise ValidationError(
                    self.env._(
                        "%(partner)s is already there as %(role)s. Remove one of the two lines.",
                        partner=party.partner_id.display_name,
                        role=party._get_role_label(),
                    )
                )

    @api.depends("partner_id", "role")
    def _compute_display_name(self):
        for party in self:
            party.display_name = f"{party._get_role_label()}: {party.partner_id.display_name or ''}"

    def _key(self):
        return self.partner_id.id, self.role

    def _get_role_label(self):
        """Return the role in the user's language."""
        return dict(self._fields["role"]._description_selection(self.env)).get(self.role, "")

    def _unlink_repeated(self):
        """After a merge: keep one of the lines that say the same of the same opportunity."""
        seen = set()
        for party in self.sorted("id"):
            key = (party.lead_id.id, *party._key())
            if key in seen:
                party.unlink()
            seen.add(key)
