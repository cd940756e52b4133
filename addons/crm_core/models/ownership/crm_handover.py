from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# Records handed over and committed together.
BATCH = 500
# So many are done at once while the user waits; the rest follows by itself.
AT_ONCE = 1000
RULES = [
    ("one", "One person"),
    ("round_robin", "Several people in turn"),
    ("team", "The members of each sales team"),
    ("area", "By area"),
]
# state -> what it may become
TRANSITIONS = {
    "draft": {"running"},
    "running": {"done"},
    "done": {"undoing"},
    "undoing": {"undone"},
    "undone": set(),
}
BUSY = ("running", "undoing")


class CrmHandover(models.Model):
    """The work of somebody who leaves or changes goes to others; every step is kept and can be undone.

    What is handed over are the scopes of :meth:`_get_handover_scopes`. All that concerns one customer
    goes to the same person. A batch takes what the leaver still has, so a crash repeats nothing.
    """

    _name = "crm.handover"
    _description = "Hand-over"
    _inherit = ["crm.job.mixin"]
    _order = "id desc"
    _rec_name = "from_user_id"
    _job_cron = "crm_core.ir_cron_handover"
    _job_batch_size = 1

    from_user_id = fields.Many2one(
        "res.users",
        "From",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('share', '=', False)]",
        context={"active_test": False},
    )
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    rule = fields.Selection(RULES, "Goes to", required=True, default="one")
    user_id = fields.Many2one(
        "res.users",
        "New owner",
        domain="[('share', '=', False), ('id', '!=', from_user_id), ('company_ids', 'in', company_id)]",
        help="Gets everything, or what the rule gives to nobody else.",
    )
    user_ids = fields.Many2many(
        "res.users",
        string="New owners",
        domain="[('share', '=', False), ('id', '!=', from_user_id), ('company_ids', 'in', company_id)]",
    )
    area_ids = fields.One2many("crm.handover.area", "handover_id", "Areas", copy=True)
    team_id = fields.Many2one(
        "crm.team",
        "Their team",
        compute="_compute_team_id",
        store=True,
        readonly=False,
        precompute=True,
        help="Whose members get what belongs to no team.",
    )
    scope_ids = fields.One2many(
        "crm.handover.scope", "handover_id", "What", compute="_compute_scope_ids", store=True, readonly=False
    )
    reason = fields.Char("Because", help="Shown to the new owners.")
    template_id = fields.Many2one(
        "mail.template",
        "Mail to the customers",
        domain="[('model', '=', 'res.partner')]",
        help="Sent to each contact that changes hands and has an e-mail address. Empty: no mail.",
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("running", "Running"),
            ("done", "Done"),
            ("undoing", "Being undone"),
            ("undone", "Undone"),
        ],
        "Progress",
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    rotation = fields.Integer(readonly=True, copy=False, help="Whose turn it is.")
    line_ids = fields.One2many("crm.handover.line", "handover_id", "Log")
    line_count = fields.Integer("Handed over", compute="_compute_line_counts")
    problem_count = fields.Integer("Not done", compute="_compute_line_counts")
    receiver_ids = fields.Many2many(
        "res.users",
        "crm_handover_receiver_rel",
        string="Receivers",
        compute="_compute_receiver_ids",
        store=True,
        help="Who may read this hand-over because something of it may become theirs.",
    )

    @api.depends("from_user_id")
    def _compute_team_id(self):
        for handover in self:
            handover.team_id = handover.from_user_id.sale_team_id

    @api.depends("from_user_id", "company_id")
    def _compute_scope_ids(self):
        """Propose everything the suite knows to hand over."""
        for handover in self:
            codes = [scope["code"] for scope in handover._get_handover_scopes()] if handover.from_user_id else []
            create = [fields.Command.create({"code": code, "selected": True}) for code in codes]
            handover.scope_ids = [fields.Command.clear(), *create]

    @api.depends("rule", "user_id", "user_ids", "area_ids.user_id", "team_id")
    def _compute_receiver_ids(self):
        for handover in self:
            handover.receiver_ids = handover._get_receivers()

    @api.depends("line_ids.state")
    def _compute_line_counts(self):
        counts = {
            (handover.id, state): count
            for handover, state, count in self.env["crm.handover.line"]._read_group(
                [("handover_id", "in", self.ids)], ["handover_id", "state"], ["__count"]
            )
        }
        for handover in self:
            handover.line_count = counts.get((handover.id, "done"), 0) + counts.get((handover.id, "undone"), 0)
            handover.problem_count = sum(counts.get((handover.id, state), 0) for state in ("failed", "skipped"))

    # ------------------------------------------------------------
    # Doing it
    # ------------------------------------------------------------

    def action_start(self):
        """Hand over: at once what a person can wait for, the rest in the background."""
        self.check_access("write")
        for handover in self:
            handover._check_ready()
            handover._set_state("running")
            handover._run_urgent()
            handover._run_at_once()

    def _set_state(self, state):
        """Go to the next state; the job starts from the beginning of its schedule."""
        self.ensure_one()
        if state not in TRANSITIONS[self.state]:
            raise UserError(
                self.env._(
                    "The hand-over from %(name)s cannot go on from here. Reload the page.", name=self.from_user_id.name
                )
            )
        # sudo: the states are read-only, they follow from what was done.
        self.sudo().write({"state": state, "job_state": "pending" if state in BUSY else "done", "attempts": 0})

    def _check_ready(self):
        """Refuse what cannot work, before anything is changed."""
        self.ensure_one()
        needs_one = self.rule in ("one", "team", "area")
        if (needs_one and not self.user_id) or (self.rule == "round_robin" and not self.user_ids):
            raise UserError(self.env._("Choose who takes over from %(name)s.", name=self.from_user_id.name))
        for user in self._get_receivers():
            self._check_receiver(user)

    def _check_receiver(self, user):
        values = {"name": user.name, "company": self.company_id.name, "leaver": self.from_user_id.name}
        if user == self.from_user_id:
            raise UserError(self.env._("%(name)s cannot take over from themselves. Choose somebody else.", **values))
        if not user.active or user.share:
            raise UserError(
                self.env._("%(name)s is archived or no employee. Choose who takes over from %(leaver)s.", **values)
            )
        if not self._works_here(user):
            raise UserError(
                self.env._(
                    "%(name)s does not work for %(company)s. Choose somebody who does, or give access first.", **values
                )
            )

    def _run_urgent(self):
        """Hand over, however much it is, what the host deletes when the leaver is archived."""
        for scope in self._get_selected_scopes():
            while scope.get("urgent") and self._run_scope(scope):
                pass

    def _run_at_once(self):
        """Do what a person can wait for; leave the rest to the cron."""
        done = 0
        while self.state in BUSY and done < AT_ONCE:
            done += self._run_batch()
        if self.state in BUSY:
            self._job_trigger()

    def _run_batch(self):
        """Do one batch, or note that all is done; return the number of records."""
        if self.state == "undoing":
            return self._undo_batch(BATCH)
        for scope in self._get_selected_scopes():
            done = self._run_scope(scope)
            if done:
                return done
        self._set_state("done")
        return 0

    def _run_scope(self, scope):
        """Hand one batch of a scope over and keep a line for each record; return their number."""
        records = self._get_scope_records(scope, BATCH)
        # As the manager who asked for it, also when the cron goes on; what is done was decided in action_start.
        handover = self.with_user(self.create_uid).sudo().with_company(self.company_id)
        for owner, group in handover._assign(scope, records.with_env(handover.env)).items():
            handover._hand_over(scope, group, owner)
        return len(records)

    def _job_run(self):
        """Do one batch; see :meth:`_job_set_done`."""
        self._run_batch()

    def _job_set_done(self):
        """Another batch follows as long as there is something to do."""
        if self.state in BUSY:
            due = {"job_state": "pending", "next_attempt_at": fields.Datetime.now(), "attempts": 0}
            self.write({**due, **self._job_no_error()})
        else:
            super()._job_set_done()

    @api.model
    def _job_due_domain(self):
        return Domain(super()._job_due_domain()) & Domain("state", "in", BUSY)

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_undo(self):
        """Give back what is still as the hand-over left it."""
        self.check_access("write")
        for handover in self:
            if not handover.from_user_id.active:
                raise UserError(
                    self.env._(
                        "%(name)s is archived and can own nothing. Restore the user first, then undo.",
                        name=handover.from_user_id.name,
                    )
                )
            handover._set_state("undoing")
            handover._run_at_once()

    def action_open_lines(self):
        """Show what was handed over."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_core.crm_handover_line_action")
        return {**action, "domain": [("handover_id", "=", self.id)], "context": {}}

    def action_open_problems(self):
        """Show what was not handed over, or not given back, and why."""
        return {**self.action_open_lines(), "context": {"search_default_problems": 1}}
