import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError

# The only thing that may happen to a proof after it was written: the contact is merged or erased.
MUTABLE = {"partner_id"}


class CrmPrivacyConsent(models.Model):
    """One decision of a person about one purpose. Append only: it is the proof.

    The state of today is the last decision; after a merge of contacts, decisions of both
    count, so that a refusal newer than any grant wins.
    """

    _name = "crm.privacy.consent"
    _description = "Consent"
    _order = "date desc, id desc"
    _rec_name = "purpose_id"

    # Without `ondelete=cascade`: the proof outlives the contact.
    partner_id = fields.Many2one("res.partner", "Contact", index=True, ondelete="set null")
    purpose_id = fields.Many2one("crm.privacy.purpose", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="purpose_id.company_id", store=True)
    decision = fields.Selection(
        [("granted", "Granted"), ("refused", "Refused"), ("withdrawn", "Withdrawn")], required=True
    )
    date = fields.Datetime("Decided on", required=True, default=fields.Datetime.now)
    source = fields.Char(help="Where it was decided: a form, a call, a meeting, a portal page.")
    text = fields.Text(help="The sentence the person saw.")
    text_hash = fields.Char("Text (SHA-256)", readonly=True)
    user_id = fields.Many2one("res.users", "Recorded by", default=lambda self: self.env.user, readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        """Freeze the sentence the person saw with its hash."""
        purposes = self.env["crm.privacy.purpose"]
        prepared = []
        for vals in vals_list:
            text = vals.get("text") or purposes.browse(vals.get("purpose_id")).text or ""
            prepared.append({**vals, "text": text, "text_hash": hashlib.sha256(text.encode()).hexdigest()})
        return super().create(prepared)

    def write(self, vals):
        """Refuse to change a proof."""
        if set(vals) - MUTABLE:
            raise UserError(
                self.env._("A consent is a proof and cannot be changed. Record a new decision of the person instead.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_proof(self):
        raise UserError(self.env._("A consent is a proof and cannot be deleted. Record a withdrawal instead."))
