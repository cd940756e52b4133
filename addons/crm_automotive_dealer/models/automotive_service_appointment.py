from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command

FOLLOW_UP_DAYS = 3


class AutomotiveServiceAppointment(models.Model):
    """A customer's car comes to the workshop: a place is kept, the jobs are agreed, recalls are done on the way."""

    _name = "automotive.service.appointment"
    _description = "Service Appointment"
    _inherit = ["automotive.slot.mixin", "automotive.satisfaction.mixin"]
    _order = "start desc, id desc"
    _check_company_auto = True

    _slot_states = ("confirmed", "in_work")
    _slot_resource = "bay_id"
    _transitions = {
        "requested": ("confirmed", "cancelled"),
        "confirmed": ("requested", "in_work", "no_show", "cancelled"),
        "in_work": ("done",),
        "done": (),
        "no_show": ("confirmed",),
        "cancelled": ("requested", "confirmed"),
    }

    vehicle_id = fields.Many2one(
        "automotive.vehicle", "Car", required=True, index=True, check_company=True, ondelete="restrict", tracking=True
    )
    partner_id = fields.Many2one(compute="_compute_partner_id", store=True, readonly=False, precompute=True)
    bay_id = fields.Many2one(
        "automotive.bay", "Place", index="btree_not_null", check_company=True, ondelete="restrict", tracking=True
    )
    user_id = fields.Many2one(string="Adviser")
    state = fields.Selection(selection_add=[("in_work", "In work"), ("done",)], ondelete={"in_work": "set default"})
    request = fields.Text("What the customer says")
    odometer = fields.Integer("Odometer (km)", copy=False, aggregator=None)
    job_ids = fields.One2many("automotive.service.job", "appointment_id", "Jobs")
    to_ask_count = fields.Integer("To be asked", compute="_compute_to_ask_count")
    open_recall_count = fields.Integer(related="vehicle_id.open_recall_count")
    reminded_at = fields.Datetime(readonly=True, copy=False)

    _positive = models.Constraint("CHECK (stop > start)", "An appointment must end after it begins.")
    _bay_needed = models.Constraint(
        "CHECK (bay_id IS NOT NULL OR state NOT IN ('confirmed', 'in_work'))",
        "Choose a place in the workshop before the appointment is confirmed.",
    )
    # int4range makes plain integers fit for GiST without the btree_gist extension.
    _bay_overlap = models.Constraint(
        "EXCLUDE USING gist (int4range(bay_id, bay_id, '[]') WITH =, tsrange(start, stop, '[)') WITH &&)"
        " WHERE (state IN ('confirmed', 'in_work'))",
        "The place is taken at that time. Choose another time or another place.",
    )

    @api.depends("vehicle_id")
    def _compute_partner_id(self):
        for appointment in self:
            appointment.partner_id = appointment.partner_id or appointment.vehicle_id.owner_id

    @api.depends("job_ids.approval")
    def _compute_to_ask_count(self):
        for appointment in self:
            appointment.to_ask_count = len(appointment.job_ids.filtered(lambda job: job.approval == "asked"))

    @api.depends("vehicle_id.display_name", "partner_id.name")
    def _compute_display_name(self):
        for appointment in self:
            parts = [appointment.vehicle_id.display_name, appointment.partner_id.name]
            appointment.display_name = " · ".join(filter(None, parts)) or self.env._("Appointment")

    # ------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------

    def action_confirm(self):
        """Keep a place: the one chosen, or the first that is free."""
        for appointment in self:
            appointment.bay_id = appointment.bay_id or appointment._find_free_bay()
            appointment.write({"state": "confirmed"})

    def _find_free_bay(self):
        """Return the first place that is free at the time, or the first one, whose clash is then told."""
        bays = self.env["automotive.bay"].search([("company_id", "=", self.company_id.id)])
        taken = self.sudo().search(
            [
                ("bay_id", "in", bays.ids),
                ("state", "in", self._slot_states),
                ("start", "<", self.stop),
                ("stop", ">", self.start),
            ]
        )
        return (bays - taken.bay_id)[:1] or bays[:1]

    def action_start(self):
        """The car is here."""
        self.write({"state": "in_work"})

    def action_done(self):
        """The car can be fetched; nothing was done that nobody agreed to."""
        self.job_ids._check_done()
        self.write({"state": "done"})

    def action_add_recalls(self):
        """Put the open recalls of the car on the list of jobs."""
        for appointment in self:
            known = appointment.job_ids.recall_line_id
            lines = appointment.vehicle_id.recall_line_ids.filtered_domain(
                appointment.vehicle_id._get_open_recall_domain()
            )
            appointment.job_ids = [
                Command.create({"name": f"{line.recall_id.name}: {line.recall_id.title}", "recall_line_id": line.id})
                for line in lines - known
            ]

    def _on_state(self, state):
        super()._on_state(state)
        for appointment in self:
            if state == "confirmed":
                appointment._book_recalls()
            elif state == "done":
                appointment._on_done()

    def _book_recalls(self):
        """The maker hears that an appointment is made."""
        self.action_add_recalls()
        waiting = self.job_ids.recall_line_id.filtered(lambda line: line.state in ("open", "notified"))
        waiting.write({"state": "booked"})

    def _on_done(self):
        """Note the service and the recalls, ask the customer, and have somebody call."""
        done = self.job_ids.filtered("done")
        performed = done.recall_line_id.filtered(lambda line: line.state != "performed")
        performed.write({"state": "performed"})
        vehicle, today = self.vehicle_id, fields.Date.context_today(self)
        if self.odometer > vehicle.odometer:
            vehicle.odometer = self.odometer
        if done.filtered("is_service"):
            vehicle.write({"last_service_date": today, "last_service_odometer": self.odometer or vehicle.odometer})
        self.campaign_target_id.filtered(lambda target: target.state != "sold").action_sold()
        self._plan_question()
        self.activity_schedule(
            "mail.mail_activity_data_call",
            summary=self.env._("Ask whether the car is well"),
            date_deadline=today + timedelta(days=FOLLOW_UP_DAYS),
            user_id=self.user_id.id or self.env.uid,
        )

    def _get_satisfaction_template(self):
        return self.env.ref("crm_automotive_dealer.mail_template_satisfaction_service")

    # ------------------------------------------------------------
    # Reminder
    # ------------------------------------------------------------

    @api.model
    def _cron_remind(self):
        """Remind the customers of tomorrow, once."""
        now = fields.Datetime.now()
        soon = [("start", ">", now), ("start", "<=", now + timedelta(days=1))]
        due = self.search([("state", "=", "confirmed"), ("reminded_at", "=", False), *soon])
        due.write({"reminded_at": now})
        reachable = due.filtered(lambda appointment: appointment.partner_id.email_normalized)
        self.env.ref("crm_automotive_dealer.mail_template_service_reminder").send_mail_batch(reachable.ids)
