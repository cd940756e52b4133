from odoo import api, fields, models
from odoo.exceptions import UserError


class CrmLead(models.Model):
    """Gates: what must be known about an opportunity before it enters a stage.

    Only a person who moves a card or edits the stage can be stopped. What the system does by itself - won, lost,
    an event - goes on, and what is missing is left as a task.
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

    def web_save(self, vals, specification, next_id=None):
        """Stop a person who moves opportunities through a gate that blocks; what they fill in with it counts."""
        before = self._get_stages_before(vals)
        result = super().web_save(vals, specification, next_id=next_id)
        if vals.get("stage_id"):
            created = self.browse(result[0]["id"]) if not self and not next_id else self
            (self or created)._check_gates(before)
        self._close_gate_tasks()
        return result

    def web_save_multi(self, vals_list, specification):
        """As :meth:`web_save`, for several at once."""
        before = {lead: lead.stage_id for lead, vals in zip(self, vals_list, strict=False) if vals.get("stage_id")}
        result = super().web_save_multi(vals_list, specification)
        self.filtered(lambda lead: lead in before)._check_gates(before)
        self._close_gate_tasks()
        return result

    def _get_stages_before(self, vals):
        return {lead: lead.stage_id for lead in self} if vals.get("stage_id") else {}

    def _check_gates(self, before):
        """Refuse what blocks, tell what only warns.

        :param before: {opportunity: the stage it was in}
        :raise UserError: a gate that blocks was entered with fields empty
        """
        refused, warned = [], []
        for lead, gates in self._get_entered_gates(before).items():
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

    def _get_entered_gates(self, before):
        """Return {opportunity, as superuser: the gates it passed}, without those that passed none."""
        # sudo: see _get_gate_missing.
        found = {
            lead: lead.stage_id._get_entered_gates(before.get(lead.sudo(False), lead.stage_id.browse()).sudo())
            for lead in self.sudo()
        }
        return {lead: gates for lead, gates in found.items() if gates}

    # ------------------------------------------------------------
    # Something else moves it
    # ------------------------------------------------------------

    def write(self, vals):
        """Leave a task where an opportunity passed a gate with fields empty; never stop it here."""
        before = self._get_stages_before(vals)
        result = super().write(vals)
        if before:
            self._plan_gate_tasks(before)
        return result

    def _plan_gate_tasks(self, before):
        """Ask the salespeople for what is missing, once for each opportunity."""
        gates = self._get_entered_gates(before)
        missing = {lead: lead._get_missing_fields(passed) for lead, passed in gates.items()}
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
