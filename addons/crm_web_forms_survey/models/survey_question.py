from odoo import fields, models


class SurveyQuestion(models.Model):
    _inherit = "survey.question"

    intake_key = fields.Selection(
        [
            ("contact_name", "Name of the contact"),
            ("company_name", "Name of the company"),
            ("email", "E-mail of the contact"),
            ("phone", "Phone of the contact"),
            ("message", "Message"),
        ],
        "Goes to",
        help="Empty: among the answers. An e-mail address and a nickname are found without it.",
    )

    lead_field = fields.Selection(
        lambda self: self.env["crm.web.form.field"]._selection_lead_field(),
        "Also fills",
        help="A field of the lead or opportunity that is made.",
    )

    def _get_intake_key(self):
        """Return the key of the intake's payload that the answer fills, or None."""
        self.ensure_one()
        if self.intake_key:
            return self.intake_key
        if self.save_as_email or self.validation_email:
            return "email"
        return "contact_name" if self.save_as_nickname else None
