from odoo import api, fields, models


class CrmPrivacyPurpose(models.Model):
    """What personal data is used for, and what makes that lawful (GDPR article 6)."""

    _name = "crm.privacy.purpose"
    _description = "Purpose of Processing"
    _order = "sequence, name"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Stable name that programs and forms use, for example: newsletter.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", "Controller", default=lambda self: self.env.company)
    lawful_basis = fields.Selection(
        [
            ("consent", "Consent"),
            ("contract", "Contract"),
            ("legal_obligation", "Legal obligation"),
            ("vital_interests", "Vital interests"),
            ("public_task", "Public task"),
            ("legitimate_interests", "Legitimate interests"),
        ],
        required=True,
        default="consent",
    )
    text = fields.Text(
        "Sentence shown to the person",
        translate=True,
        help="What the person agrees to, word for word. Each consent keeps the text it was given on.",
    )

    _code_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "This controller has another purpose with the same code."
    )

    @api.model
    def _find(self, code, company=None):
        """Return the purpose of a company with this code; one without company serves all.

        :param code: the code, for example ``newsletter``
        :param company: a ``res.company``, by default the current one
        """
        company = company or self.env.company
        found = self.sudo().search([("code", "=", code), ("company_id", "in", [company.id, False])])
        return found.sorted(lambda purpose: not purpose.company_id)[:1]
