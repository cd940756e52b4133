from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import format_date


class RealestateRegistration(models.Model):
    """A client we brought to a promoter: for some months the fee of a sale to them is ours.

    A client is registered by one agency at a time; the database refuses a second registration.
    """

    _name = "realestate.registration"
    _description = "Client Registration"
    _inherit = ["crm.state.mixin"]
    _order = "date_start desc, id desc"
    _rec_name = "partner_id"
    _check_company_auto = True

    _transitions = {
        "announced": ("registered", "cancelled"),
        "registered": ("cancelled",),
        "cancelled": ("announced",),
    }

    development_id = fields.Many2one(
        "realestate.development", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="development_id.company_id", store=True)
    partner_id = fields.Many2one("res.partner", "Client", required=True, index=True, ondelete="restrict")
    broker_id = fields.Many2one("res.partner", "Other agency", help="Empty: we brought the client ourselves.")
    user_id = fields.Many2one(
        "res.users", "Agent", domain="[('share', '=', False)]", default=lambda self: self.env.user
    )
    state = fields.Selection(
        [("announced", "Announced"), ("registered", "Registered"), ("cancelled", "Cancelled")],
        required=True,
        default="announced",
        index=True,
        help="Announced clients are registered at their first visit.",
    )
    date_start = fields.Date("From")
    date_end = fields.Date("Until", compute="_compute_date_end", store=True, readonly=False)
    is_over = fields.Boolean(compute="_compute_is_over")

    _dated = models.Constraint(
        "CHECK (state <> 'registered' OR (date_start IS NOT NULL AND date_end >= date_start))",
        "A registration has a first and a last day.",
    )
    # int4range makes plain integers fit for GiST without the btree_gist extension.
    _one_agency = models.Constraint(
        "EXCLUDE USING gist (int4range(development_id, development_id, '[]') WITH =,"
        " int4range(partner_id, partner_id, '[]') WITH =, daterange(date_start, date_end, '[]') WITH &&)"
        " WHERE (state = 'registered')",
        "The client is registered with this promoter already at that time.",
    )

    @api.depends("date_start", "development_id")
    def _compute_date_end(self):
        for registration in self:
            days = registration.development_id.registration_days
            start = registration.date_start
            registration.date_end = start + timedelta(days=days - 1) if start and days else False

    @api.depends("date_end")
    def _compute_is_over(self):
        today = fields.Date.context_today(self)
        for registration in self:
            registration.is_over = bool(registration.date_end and registration.date_end < today)

    def action_register(self):
        """Register from today.

        :raise ValidationError: somebody registered the client; says who and until when
        """
        today = fields.Date.context_today(self)
        for registration in self:
            registration._check_free(today)
            registration.write({"date_start": today, "state": "registered"})

    def action_cancel(self):
        """Give the client free."""
        self.write({"state": "cancelled"})

    def _check_free(self, start):
        """Refuse a client somebody registered."""
        # sudo: other agents' registrations count as well.
        other = self.sudo().search(
            Domain("id", "!=", self.id)
            & Domain("development_id", "=", self.development_id.id)
            & Domain("partner_id", "=", self.partner_id.id)
            & Domain("state", "=", "registered")
            & Domain("date_end", ">=", start),
            limit=1,
        )
        if other:
            raise ValidationError(
                self.env._(
                    "%(client)s is registered for %(development)s by %(who)s until %(until)s.",
                    client=self.partner_id.name,
                    development=self.development_id.name,
                    who=other.broker_id.name or other.user_id.name,
                    until=format_date(self.env, other.date_end),
                )
            )

    @api.model
    def _on_first_visit(self, visits):
        """Register the announced clients who came to see a unit.

        :param visits: visits that took place
        """
        wanted = Domain("state", "=", "announced") & Domain(
            "development_id", "in", visits.property_id.development_id.ids
        )
        for registration in self.search(wanted & Domain("partner_id", "in", visits.partner_ids.ids)):
            if not registration._is_taken():
                registration.action_register()

    def _is_taken(self):
        """Tell whether somebody else registered the client."""
        try:
            self._check_free(fields.Date.context_today(self))
        except ValidationError:
            return True
        return False
