from odoo import fields, models


class CrmWebFormRule(models.Model):
    """Who gets a submission with a certain answer."""

    _name = "crm.web.form.rule"
    _description = "Web Form Rule"
    _order = "sequence, id"
    _check_company_auto = True

    form_id = fields.Many2one("crm.web.form", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="form_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    # Not required: a copied rule gets the copied field in a second step.
    field_id = fields.Many2one(
        "crm.web.form.field", "Question", copy=False, ondelete="cascade", domain="[('form_id', '=', form_id)]"
    )
    value = fields.Char("Answer", required=True, help="Word for word, in the form's own language.")
    pipeline_id = fields.Many2one("crm.pipeline", check_company=True, ondelete="set null")
    team_id = fields.Many2one("crm.team", "Sales Team", check_company=True, ondelete="set null")
    user_id = fields.Many2one("res.users", "Salesperson", check_company=True, domain="[('share', '=', False)]")
    tag_ids = fields.Many2many("crm.tag", string="Tags")

    def _fits(self, answers):
        """Tell whether an answer, or one of several, is the one of this rule.

        :param answers: {technical key: answer}, as kept by the intake
        """
        self.ensure_one()
        answer = answers.get(self.field_id.name)
        given = answer if isinstance(answer, list) else [answer]
        return self.value.strip().casefold() in [str(value or "").strip().casefold() for value in given]
