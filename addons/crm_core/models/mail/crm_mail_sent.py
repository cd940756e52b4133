from odoo import fields, models
from odoo.tools import SQL


class CrmMailSent(models.Model):
    """The mark that an automatic mail was dealt with for a record: the database keeps one."""

    _name = "crm.mail.sent"
    _description = "Automatic Mail Sent"
    _order = "id desc"
    _rec_name = "action_id"

    action_id = fields.Many2one("ir.actions.server", "Mail", required=True, index=True, ondelete="cascade")
    res_id = fields.Many2oneReference("Record", model_field="model", required=True)
    model = fields.Char(required=True)
    date = fields.Datetime(required=True)
    state = fields.Selection(
        [("sent", "Sent"), ("skipped", "Nobody to write to"), ("failed", "Failed")], required=True, default="sent"
    )
    error = fields.Char()

    _once = models.UniqueIndex("(action_id, model, res_id)", "This mail was sent for this record already.")

    def _mark(self, action, records):
        """Return new marks for records; those another worker marked are left out.

        :param action: the ``ir.actions.server`` that writes
        :param records: whose customers it writes to
        """
        now, uid = fields.Datetime.now(), self.env.uid
        rows = SQL(", ").join(
            SQL("(%s, %s, %s, %s, 'sent', %s, %s, %s, %s)", action.id, record.id, record._name, now, uid, now, uid, now)
            for record in records
        )
        # Rights: the automation alone comes here.
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_mail_sent
                       (action_id, res_id, model, date, state, create_uid, create_date, write_uid, write_date)
                     VALUES %s ON CONFLICT (action_id, model, res_id) DO NOTHING RETURNING id
                """,
                rows,
            )
        )
        return self.browse([mark_id for (mark_id,) in self.env.cr.fetchall()])
