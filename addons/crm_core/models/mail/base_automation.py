from odoo import api, fields, models

# The rules that wait for a moment; the others run when somebody saves.
TIMED = ("on_time", "on_time_created", "on_time_updated")


class BaseAutomation(models.Model):
    """Mails to customers are rules of the host, with a promise of their own: nothing is sent for the past."""

    _inherit = "base.automation"

    crm_mail_template_id = fields.Many2one(related="action_server_ids.crm_mail_template_id")
    crm_mail_moment = fields.Char("When", compute="_compute_crm_mail_moment")
    crm_mail_count = fields.Integer("Sent", compute="_compute_crm_mail_count")

    @api.depends("trg_date_range", "trg_date_range_type", "trg_date_range_mode")
    @api.depends_context("lang")
    def _compute_crm_mail_moment(self):
        unit, side = (
            dict(self._fields[name]._description_selection(self.env))
            for name in ("trg_date_range_type", "trg_date_range_mode")
        )
        for rule in self:
            words = (unit.get(rule.trg_date_range_type), side.get(rule.trg_date_range_mode))
            rule.crm_mail_moment = " ".join([str(rule.trg_date_range), *(word.lower() for word in words if word)])

    def _compute_crm_mail_count(self):
        domain = [("action_id", "in", self.action_server_ids.ids), ("state", "=", "sent")]
        counts = dict(self.env["crm.mail.sent"]._read_group(domain, ["action_id"], ["__count"]))
        for rule in self:
            rule.crm_mail_count = sum(counts.get(action, 0) for action in rule.action_server_ids)

    def write(self, vals):
        """Have a mail that is switched on go for what becomes due from now on.

        The host takes a rule that never ran, or was off for a year, to be late: it would thank for every order of that
        time (`_search_time_based_automation_records`).
        """
        switched_on = self.filtered(lambda rule: not rule.active) if vals.get("active") else self.browse()
        result = super().write(vals)
        mails = switched_on.filtered(lambda rule: "crm_mail" in rule.action_server_ids.mapped("state"))
        mails.filtered(lambda rule: rule.trigger in TIMED).last_run = fields.Datetime.now()
        return result
