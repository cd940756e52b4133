import ast

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

MODELS = ("res.partner", "crm.lead")


class CrmSegment(models.Model):
    """A group of contacts or leads, saved as what they have in common; who is in it is asked anew each time."""

    _name = "crm.segment"
    _description = "Segment"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    model_name = fields.Selection(
        [("res.partner", "Contacts"), ("crm.lead", "Leads and opportunities")],
        "Of",
        required=True,
        default="res.partner",
    )
    domain = fields.Char(required=True, default="[]", string="Who is in it")
    user_id = fields.Many2one("res.users", "Responsible", default=lambda self: self.env.user)
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        help="Leave empty to share the segment among all companies.",
    )
    purpose_id = fields.Many2one(
        "crm.privacy.purpose",
        "Only who agreed to",
        ondelete="restrict",
        help="Mails and calls to this segment reach only contacts who agreed to this purpose.",
    )
    count = fields.Integer("How many", compute="_compute_count", help="Those you may see.")

    @api.depends("model_name", "domain")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_count(self):
        for segment in self:
            segment.count = segment._count()

    def _count(self):
        records = self.env[self.model_name] if self.model_name in MODELS else None
        if records is None or not records.has_access("read"):
            return 0
        try:
            return records.search_count(self._get_domain())
        except UserError:
            return 0

    @api.constrains("model_name", "domain")
    def _check_domain(self):
        for segment in self:
            segment._get_domain()

    def _get_domain(self):
        """Return who is in the segment as a ``Domain``.

        Only values and what the host's filters know ("today", "-30d"): nothing is evaluated.

        :raise ValidationError: it does not fit the model (a field may have gone with its addon)
        """
        self.ensure_one()
        try:
            domain = Domain(ast.literal_eval(self.domain or "[]"))
            domain.validate(self.env[self.model_name])
        except (ValueError, SyntaxError, TypeError, KeyError) as error:
            raise ValidationError(
                self.env._(
                    "The filter of the segment %(name)s is not understood: %(error)s. Choose its conditions again.",
                    name=self.name,
                    error=error,
                )
            ) from None
        return domain

    def _get_records(self):
        """Return who is in the segment, as far as the user may see them."""
        return self.env[self.model_name].search(self._get_domain())

    def _get_recipients(self, purpose_code=None):
        """Return whom one may write to among them: with an address that is not refused.

        What fills a mailing list, a campaign or a mail merge.

        :param purpose_code: code of a ``crm.privacy.purpose`` the person must have agreed to, by default the
            segment's own; contacts only
        """
        self.ensure_one()
        purpose_code = purpose_code or self.purpose_id.code
        address = "email_normalized"
        allowed = self._get_domain() & Domain(address, "!=", False) & Domain("is_blacklisted", "=", False)
        records = self.env[self.model_name].search(allowed)
        if purpose_code and self.model_name == "res.partner":
            records &= records._filter_consented(purpose_code)
        return records

    def action_open(self):
        """Open who is in it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": self.model_name,
            "domain": list(self._get_domain()),
            "views": [(False, "kanban"), (False, "list"), (False, "form")],
        }
