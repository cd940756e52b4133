from odoo import fields, models


class CrmMergeLog(models.Model):
    """Who merged which contacts, and what the ones that are gone said."""

    _name = "crm.merge.log"
    _description = "Merge of Contacts"
    _order = "id desc"
    _rec_name = "partner_id"

    # With the contact goes what is known about the ones merged into it: it is personal data of the same person.
    partner_id = fields.Many2one(
        "res.partner", "Kept contact", required=True, index=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one(related="partner_id.company_id")
    user_id = fields.Many2one("res.users", "Merged by", default=lambda self: self.env.user, readonly=True)
    date = fields.Datetime("Merged on", default=fields.Datetime.now, readonly=True)
    line_ids = fields.One2many("crm.merge.log.line", "log_id", "Merged contacts", readonly=True)
