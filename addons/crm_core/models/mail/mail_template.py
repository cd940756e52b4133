from odoo import fields, models


class MailTemplate(models.Model):
    _inherit = "mail.template"

    trace_count = fields.Integer("Followed mails", compute="_compute_trace_counts")
    trace_opened = fields.Integer("Opened", compute="_compute_trace_counts")
    trace_clicked = fields.Integer("Clicked", compute="_compute_trace_counts")
    trace_answered = fields.Integer("Answered", compute="_compute_trace_counts")
    trace_bounced = fields.Integer("Bounced", compute="_compute_trace_counts")

    def _compute_trace_counts(self):
        """Count the mails of each template by what became of them, in one query."""
        kinds = ("opened", "clicked", "answered", "bounced")
        # sudo: figures of a template, for whoever reads it; of the companies at hand only.
        groups = (
            self.env["crm.mail.trace"]
            .sudo()
            ._read_group(
                [("template_id", "in", self.ids), ("company_id", "in", self.env.companies.ids)],
                ["template_id"],
                ["__count", *(f"{kind}_date:count" for kind in kinds)],
            )
        )
        counts = {template.id: numbers for template, *numbers in groups}
        for template in self:
            numbers = counts.get(template.id, (0,) * 5)
            template.trace_count = numbers[0]
            for kind, number in zip(kinds, numbers[1:], strict=True):
                template[f"trace_{kind}"] = number

    def send_mail_batch(
        self, res_ids, force_send=False, raise_exception=False, email_values=None, email_layout_xmlid=False
    ):
        """Tell the mails which template they are written from."""
        return super(MailTemplate, self.with_context(crm_mail_template_id=self.id)).send_mail_batch(
            res_ids,
            force_send=force_send,
            raise_exception=raise_exception,
            email_values=email_values,
            email_layout_xmlid=email_layout_xmlid,
        )

    def action_open_traces(self):
        """List the followed mails written from this template."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_core.crm_mail_trace_action")
        return {**action, "domain": [("template_id", "=", self.id)]}
