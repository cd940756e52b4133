from odoo import api, fields, models
from odoo.exceptions import UserError

# In the context: the system moves opportunities, not a person.
PASSING = "crm_core_passing_gates"


class CrmLead(models.Model):
    """Gates: what must be known about an opportunity before it enters a stage.

    Only a person who moves it can be stopped, see ADR 17. What the system does by itself - won, lost, an event, an
    automation - goes on, and what is missing is left as a task.
    """

    _inherit = "crm.lead"

    gate_message = fields.Char("Missing", compute="_compute_gate_message")

    @api.depends("stage_id", "pipeline_id")
    def _compute_gate_message(self):
        """Say on the form what the stages so far ask for and nobody has filled in."""
        for lead in self:
            lead.gate_message = ", ".join(lead._get_gate_missing()) if lead.won_status == "pending" else False

    def _get_gate_missing(self):
        """Return the labels of what the stages up to this one ask for and is empty."""
        # sudo: which fields a stage needs is the manager's to set and everybody's to know.
        lead = self.sudo()
        return lead._get_missing_fields(lead.stage_id._get_entered_gates(lead.stage_id.browse()))

    def _get_missing_fields(self, gates):
        """Return the labels of the fields these gates ask for that are empty here."""
        self.ensure_one()
        names = dict.fromkeys(gates.required_field_ids.sorted("id").mapped("name"))
        return [self._fields[name]._description_string(self.env) for name in names if not self[name]]

    # ------------------------------------------------------------
    # A person moves it
    # ------------------------------------------------------------

    def write(self, vals):
        """Let opportunities through the gates of the stage they are moved to; what is filled in with the move counts.

        A person is stopped, whatever way they come: the card, the form, an import, the API.

        :raise UserError: a gate that blocks was entered with fields empty
        """
        # sudo: see _get_gate_missing. Where there is no gate, nothing is asked.
        gated = vals.get("stage_id") and self.env["crm.stage"].sudo().browse(vals["stage_id"])._get_gates()
        before = self.grouped("stage_id") if gated else {}
        result = super().write(vals)
        for stage, leads in before.items():
            for entered, moved in leads.grouped("stage_id").items():
                moved._pass_gates(entered.sudo()._get_entered_gates(stage.sudo()))
        return result

    def _pass_gates(self, gates):
        """Stop the person who moved these opportunities, or leave what is missing as a task.

        :param gates: the ``crm.stage`` they entered that ask for something
        """
        if not gates:
            return
        if not self.env.su and not self.env.context.get(PASSING):
            self._check_gates(gates)
        self._plan_gate_tasks(gates)

    def web_save(self, vals, specification, next_id=None):
        """A card made by a person in the middle of a pipeline passes the gates before it."""
        result = super().web_save(vals, specification, next_id=next_id)
        if not self and vals.get("stage_id"):
            created = self.browse(result[0]["id"])
            created._pass_gates(created.sudo().stage_id._get_entered_gates(created.sudo().stage_id.browse()))
        self._close_gate_tasks()
        return result

    def web_save_multi(self, vals_list, specification):
        """What is filled in closes the task that asked for it, here as well."""
        result = super().web_save_multi(vals_list, specification)
        self._close_gate_tasks()
        return result

    def _check_gates(self, gates):
        """Refuse what blocks, tell what only warns.

        :param gates: see :meth:`_pass_gates`
        :raise UserError: a gate that blocks was entered with fields empty
        """
        refused, warned = [], []
        # sudo: see _get_gate_missing.
        for lead in self.sudo():
            blocking = lead._get_missing_fields(gates.filtered(lambda gate: gate.gate_mode == "block"))
            missing = lead._get_missing_fields(gates)
            if blocking:
                refused.append(self._describe_missing(lead, blocking))
            elif missing:
                warned.append(self._describe_missing(lead, missing))
        if refused:
            raise UserError("\n".join(refused))
        if warned:
            notice = {"type": "warning", "title": self.env._("Something is missing"), "message": "\n".join(warned)}
            self.env.user._bus_send("simple_notification", notice)

    def _describe_missing(self, lead, missing):
        return self.env._(
            "“%(lead)s”: the stage %(stage)s asks for %(fields)s. Fill it in on the opportunity.",
            lead=lead.name,
            stage=lead.stage_id.name,
            fields=", ".join(missing),
        )

    # ------------------------------------------------------------
    # Something else moves it
    # ------------------------------------------------------------

    def _passing(self):
        """Return the same opportunities as the system moves them: gates leave a task and stop nothing."""
        return self.with_context(**{PASSING: True})

    def action_set_won(self):
        """Winning is never stopped."""
        return super(CrmLead, self._passing()).action_set_won()

    def _on_stage_event(self, event):
        """What happened has happened."""
        return super(CrmLead, self._passing())._on_stage_event(event).with_env(self.env)

    def convert_opportunity(self, partner, user_ids=False, team_id=False):
        """A lead that becomes an opportunity enters its first stage by itself."""
        return super(CrmLead, self._passing()).convert_opportunity(partner, user_ids=user_ids, team_id=team_id)

    def _merge_opportunity(self, user_id=False, team_id=False, auto_unlink=True, max_length=5):
        """Merged opportunities are where the furthest of them was."""
        merged = super(CrmLead, self._passing())._merge_opportunity(
            user_id=user_id, team_id=team_id, auto_unlink=auto_unlink, max_length=max_length
        )
        return merged.with_env(self.env)

    def _plan_gate_tasks(self, gates):
        """Ask the salespeople for what is missing, once for each opportunity."""
        # sudo: see _get_gate_missing.
        missing = {lead: lead._get_missing_fields(gates) for lead in self.sudo()}
        missing = {lead: fields_ for lead, fields_ in missing.items() if fields_}
        if not missing:
            return
        planned = {task.res_id: task for task in self.browse([lead.id for lead in missing])._get_gate_tasks()}
        values = []
        for lead, labels in missing.items():
            summary = self.env._("Fill in: %(fields)s", fields=", ".join(labels))
            if lead.id in planned:
                planned[lead.id].summary = summary
            else:
                values.append(lead._prepare_gate_task(summary))
        self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True).create(values)

    def _prepare_gate_task(self, summary):
        """Return the values of the task about missing fields."""
        return {
            "activity_type_id": self.env.ref("mail.mail_activity_data_warning").id,
            "summary": summary,
            "date_deadline": fields.Date.context_today(self),
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": self.id,
            "user_id": self._get_next_step_user().id,
            "automated": True,
        }

    def _get_gate_tasks(self):
        """Return the open tasks about missing fields of these opportunities."""
        kind = self.env.ref("mail.mail_activity_data_warning")
        domain = [("res_model", "=", self._name), ("res_id", "in", self.ids), ("automated", "=", True)]
        # sudo: the task may be somebody else's.
        return self.env["mail.activity"].sudo().search([*domain, ("activity_type_id", "=", kind.id)])

    def _close_gate_tasks(self):
        """Close the tasks about fields that were filled in meanwhile; asks nothing where there is no gate."""
        gated = self.sudo().filtered(lambda lead: lead.stage_id._get_entered_gates(lead.stage_id.browse()))
        complete = gated.filtered(lambda lead: not lead._get_gate_missing())
        if complete:
            complete._get_gate_tasks().action_feedback(self.env._("Complete"))
