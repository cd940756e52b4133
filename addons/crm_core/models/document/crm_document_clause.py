import ast

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ...tools import placeholder


class CrmDocumentClause(models.Model):
    """A paragraph that several templates use, maybe only under a condition."""

    _name = "crm.document.clause"
    _description = "Document clause"
    _order = "sequence, name, id"

    name = fields.Char("Title", required=True, translate=True)
    code = fields.Char(required=True, help="What a template calls it by: {{ clause.code }}")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    model_id = fields.Many2one(
        "ir.model",
        "Only for",
        ondelete="cascade",
        domain=[("transient", "=", False), ("abstract", "=", False)],
        help="Needed for a condition and for {{ record... }}.",
    )
    model = fields.Char(related="model_id.model", string="Model name")
    condition = fields.Char(help="Empty: the clause always holds.")
    body = fields.Html(sanitize_style=False, translate=False)
    template_ids = fields.Many2many("crm.document.template", string="Templates")

    _code_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "Another clause has the same code. Choose another one."
    )

    @api.constrains("code")
    def _check_code(self):
        for clause in self:
            if not placeholder.PATH.fullmatch(clause.code) or "." in clause.code:
                raise ValidationError(
                    self.env._("“%(code)s”: use small letters, digits and single _ only.", code=clause.code)
                )

    @api.constrains("condition", "model_id")
    def _check_condition(self):
        """A condition is plain data over fields that may be printed."""
        for clause in self.filtered("condition"):
            if not clause.model_id:
                raise ValidationError(
                    self.env._("“%(name)s”: choose which records the condition is about.", name=clause.name)
                )
            clause.sudo(False)._check_condition_fields()

    def _check_condition_fields(self):
        renderer = self.env["crm.document.renderer"]
        try:
            domain = self._get_condition()
            domain.validate(self.env[self.model])
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
            raise ValidationError(
                self.env._("“%(name)s”: this condition cannot be understood: %(error)s", name=self.name, error=error)
            ) from None
        for condition in domain.iter_conditions():
            renderer._check_steps(self.model, condition.field_expr.split("."), condition.field_expr)

    @api.constrains("body", "code", "model_id")
    def _check_body(self):
        """Every template that uses the clause must still be able to fill it."""
        # As for a template: not as superuser.
        own = self.sudo(False)
        renderer = own.env["crm.document.renderer"]
        for clause in own:
            renderer._check(clause.body, clause.model or "", None)
            clause.template_ids._check_body()

    def _get_condition(self):
        """Return the condition as a domain; literals only, nothing is evaluated.

        :raise ValueError: it is none
        """
        self.ensure_one()
        return Domain(ast.literal_eval(self.condition or "[]"))

    def _holds(self, record):
        """Tell whether the clause belongs into the document of a record, as the user may read it."""
        self.ensure_one()
        if self.model and self.model != record._name:
            return False
        return not self.condition or bool(record.filtered_domain(self._get_condition()))
