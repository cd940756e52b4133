from odoo import api, fields, models


class CrmLead(models.Model):
    """An enquiry shows who may be asking, as long as nobody said so."""

    _inherit = "crm.lead"

    duplicate_contact_ids = fields.Many2many(
        "res.partner",
        string="Known contacts",
        compute="_compute_duplicate_contact_ids",
        export_string_translation=False,
    )
    duplicate_contact_count = fields.Integer(compute="_compute_duplicate_contact_ids", export_string_translation=False)
    duplicate_contact_hint = fields.Char(compute="_compute_duplicate_contact_ids", export_string_translation=False)

    @api.depends("partner_id", "email_from", "phone", "contact_name", "partner_name", "city")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_duplicate_contact_ids(self):
        unknown = self.filtered(lambda lead: not lead.partner_id)
        self.duplicate_contact_ids = self.duplicate_contact_hint = self.duplicate_contact_count = False
        found = self.env["res.partner"]._find_duplicates([lead._get_duplicate_question() for lead in unknown])
        for lead, answers in zip(unknown, found, strict=True):
            partners = self.env["res.partner"].union(*answers.values())
            lead.duplicate_contact_ids = partners[:5]
            lead.duplicate_contact_count = len(partners)
            lead.duplicate_contact_hint = ", ".join(answers)

    def _get_duplicate_question(self):
        return {
            "email": self.email_from,
            "phones": [self.phone],
            "vat": False,
            "name": self.contact_name or self.partner_name,
            "city": self.city,
            "country": self.country_id,
        }

    def action_take_contact(self):
        """Take the contact that was found as this lead's."""
        self.ensure_one()
        self.partner_id = self.duplicate_contact_ids[:1]
