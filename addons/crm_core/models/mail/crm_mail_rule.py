import logging

from odoo import fields, models
from odoo.fields import Domain

_logger = logging.getLogger(__name__)


class CrmMailRule(models.Model):
    """A mail that goes by itself when something happened some days ago. Off until somebody switches it on.

    Only what happens after it was switched on counts: nobody gets a welcome for an enquiry of last year.
    """

    _name = "crm.mail.rule"
    _description = "Automatic Mail"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=False)
    company_id = fields.Many2one("res.company", help="Empty: all companies.")
    pipeline_ids = fields.Many2many("crm.pipeline", string="Pipelines", help="Empty: all of them.")
    event = fields.Selection(
        [
            ("lead_created", "An opportunity was created"),
            ("quote_unanswered", "A quote was sent and not answered"),
            ("quote_expiring", "A quote expires soon"),
            ("quote_accepted", "A quote was accepted"),
        ],
        "When",
        required=True,
    )
    delay_days = fields.Integer("Days", help="After it happened; before the day a quote expires.")
    model = fields.Char(compute="_compute_model")
    template_id = fields.Many2one(
        "mail.template", "Mail", required=True, ondelete="restrict", domain="[('model', '=', model)]"
    )
    since = fields.Datetime("Switched on", readonly=True, copy=False)
    sent_ids = fields.One2many("crm.mail.rule.sent", "rule_id", "Marks", readonly=True)
    sent_count = fields.Integer("Sent", compute="_compute_sent_count")

    def _compute_model(self):
        for rule in self:
            rule.model = "crm.lead" if rule.event == "lead_created" else "sale.order"

    def _compute_sent_count(self):
        groups = self.env["crm.mail.rule.sent"]._read_group([("rule_id", "in", self.ids)], ["rule_id"], ["__count"])
        counts = {rule.id: count for rule, count in groups}
        for rule in self:
            rule.sent_count = counts.get(rule.id, 0)

    def write(self, vals):
        """What happened before a rule was switched on is none of its business."""
        if vals.get("active"):
            self.filtered(lambda rule: not rule.active).since = fields.Datetime.now()
        return super().write(vals)

    # ------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------

    def _cron_send(self, limit=50):
        """Send what is due, each mail once.

        :param limit: how many are sent before they are committed
        """
        for rule in self.search([("since", "!=", False)]):
            while records := rule._find_due(limit):
                rule._send_once(records)
                if not self.env["ir.cron"]._commit_progress(len(records)):
                    return

    def _find_due(self, limit):
        """Return records this rule has a mail for and that did not get it."""
        self.ensure_one()
        model = self.env[self.model]
        done = self.env["crm.mail.rule.sent"]._search([("rule_id", "=", self.id)])
        domain = Domain("id", "not in", done.subselect("res_id")) & self._get_due_domain()
        if self.company_id:
            domain &= Domain("company_id", "=", self.company_id.id)
        if self.pipeline_ids:
            field = "pipeline_id" if self.model == "crm.lead" else "opportunity_id.pipeline_id"
            domain &= Domain(field, "in", self.pipeline_ids.ids)
        return model.search(domain, limit=limit, order="id")

    def _get_due_domain(self):
        """Return the domain of what this rule waits for; a hook for more events."""
        self.ensure_one()
        now = fields.Datetime.now()
        until = fields.Datetime.subtract(now, days=self.delay_days)
        if self.event == "lead_created":
            period = Domain("create_date", ">=", self.since) & Domain("create_date", "<=", until)
            return period & Domain([("type", "=", "opportunity"), ("won_status", "=", "pending")])
        waiting = Domain([("state", "=", "sent"), ("quote_status", "in", ("sent", "viewed"))])
        if self.event == "quote_expiring":
            today = fields.Date.today()
            soon = fields.Date.add(today, days=self.delay_days)
            expiring = Domain([("validity_date", ">=", today), ("validity_date", "<=", soon)])
            return waiting & expiring & self._happened("sent", now)
        if self.event == "quote_unanswered":
            return waiting & self._happened("sent", until)
        return Domain("state", "=", "sale") & self._happened("accepted", until)

    def _happened(self, kind, until):
        """Return the domain of quotes with an event since the rule was switched on, until a moment."""
        event = Domain([("kind", "=", kind), ("date", ">=", self.since), ("date", "<=", until)])
        return Domain("quote_event_ids", "any", event)

    def _send_once(self, records):
        """Send to each record's customer; what fails is noted and not tried again."""
        self.ensure_one()
        fresh = self.env["crm.mail.rule.sent"]._mark(self, records)
        for mark in fresh:
            record = self.env[self.model].browse(mark.res_id)
            try:
                with self.env.cr.savepoint():
                    mark.state = "sent" if self._send(record) else "skipped"
            except Exception as error:  # one customer's mail must not stop the others'
                _logger.warning("The mail “%s” was not sent for %s", self.name, record, exc_info=True)
                mark.write({"state": "failed", "error": str(error)[:500]})

    def _send(self, record):
        """Write to the customer of a record, in its chatter; return whether there was somebody to write to."""
        partner = record.partner_id
        if not partner.email_normalized or partner.is_blacklisted:
            return False
        record.message_post_with_source(
            self.template_id,
            email_layout_xmlid="mail.mail_notification_light",
            message_type="auto_comment",
            subtype_xmlid="mail.mt_comment",
        )
        return True
