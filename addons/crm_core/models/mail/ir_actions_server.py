import logging

import psycopg2

from odoo import api, fields, models

_logger = logging.getLogger(__name__)


class IrActionsServer(models.Model):
    """A mail to the customer of a record, which an automation rule sends once."""

    _inherit = "ir.actions.server"

    state = fields.Selection(
        selection_add=[("crm_mail", "Write to the customer, once"), ("followers",)], ondelete={"crm_mail": "cascade"}
    )
    crm_mail_model = fields.Char("Record in whose chatter it is written", compute="_compute_crm_mail_model")
    crm_mail_template_id = fields.Many2one(
        "mail.template",
        "Mail to the customer",
        domain="[('model', '=', crm_mail_model)]",
        ondelete="restrict",
        compute="_compute_crm_mail_template_id",
        readonly=False,
        store=True,
    )
    crm_mail_sent_ids = fields.One2many("crm.mail.sent", "action_id", "Mails sent", readonly=True)

    @api.depends("model_id")
    def _compute_crm_mail_model(self):
        for action in self:
            action.crm_mail_model = action.model_name and self._get_mailed(self.env[action.model_name])._name

    @api.depends("state", "model_id")
    def _compute_crm_mail_template_id(self):
        for action in self:
            if action.state != "crm_mail" or action.crm_mail_template_id.model != action.crm_mail_model:
                action.crm_mail_template_id = False

    @api.model
    def _get_mailed(self, records):
        """Return the records in whose chatter the customer is written to; a hook.

        They have a ``partner_id`` and a chatter.

        :param records: what an automation rule found
        """
        return records.order_id if records._name == "crm.quote.event" else records

    def _name_depends(self):
        return [*super()._name_depends(), "crm_mail_template_id"]

    def _generate_action_name(self):
        self.ensure_one()
        if self.state == "crm_mail" and self.crm_mail_template_id:
            return self.env._("Write “%(template)s”", template=self.crm_mail_template_id.name)
        return super()._generate_action_name()

    def _run_action_crm_mail_multi(self, eval_context=None):
        """Write to each record's customer; what fails is noted and not tried again, and stops nobody else's mail."""
        records = (eval_context or {}).get("records") or (eval_context or {}).get("record")
        if not records or not self.crm_mail_template_id:
            return False
        for mark in self.env["crm.mail.sent"]._mark(self, self._get_mailed(records)):
            self._write_marked(mark)
        return False

    def _write_marked(self, mark):
        record = self.env[mark.model].browse(mark.res_id)
        try:
            with self.env.cr.savepoint():
                mark.state = "sent" if self._write_to_customer(record) else "skipped"
        except psycopg2.OperationalError:  # a conflict with another transaction: the host tries again
            raise
        except Exception as error:
            _logger.warning("The mail “%s” was not sent for %s", self.name, record, exc_info=True)
            mark.write({"state": "failed", "error": str(error)[:500]})

    def _write_to_customer(self, record):
        """Write to the customer of a record, in its chatter; return whether there was somebody to write to."""
        partner = record.partner_id
        if not partner.email_normalized or partner.is_blacklisted:
            return False
        record.message_post_with_source(
            self.crm_mail_template_id,
            email_layout_xmlid="mail.mail_notification_light",
            message_type="auto_comment",
            subtype_xmlid="mail.mt_comment",
        )
        return True
