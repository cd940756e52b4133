import psycopg2

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL

# No "you have been assigned" mail for each of thousands of records, no invitations.
QUIET = {
    "mail_auto_subscribe_no_notify": True,
    # One note for each record instead, written for the whole batch at once: see _note_change.
    "mail_notrack": True,
    "mail_activity_quick_update": True,
    "skip_attendee_notification": True,
}


class CrmHandover(models.Model):
    """How records change hands, one method for each kind that needs its own."""

    _inherit = "crm.handover"

    def _hand_over(self, scope, records, owner):
        """Give records to their new owner and keep a line for each.

        What refuses is tried alone, so that one record never stops the others.
        """
        followed = self._get_followed(records, owner)
        names = self._get_names(records)
        values = {
            record.id: {**self._prepare_line(scope, record, owner, followed), "name": names[record.id]}
            for record in records
        }
        failed = self._try_transfer(scope, records, owner)
        for record_id, note in failed.items():
            values[record_id] |= {"state": "failed", "note": note}
        self.env["crm.handover.line"].create(list(values.values()))
        self._note_change(records.filtered(lambda record: record.id not in failed), self.from_user_id, owner)
        if scope["code"] == "contact" and self.template_id:
            self._mail_customers(records.filtered(lambda partner: partner.id not in failed))

    def _try_transfer(self, scope, records, owner):
        """Transfer in one go, else one by one; return {id: why not}."""
        error = self._transfer_in_savepoint(scope, records, owner)
        if not error:
            return self._get_unmoved(scope, records, owner)
        if len(records) == 1:
            return {records.id: error}
        failed = {}
        for record in records:
            failed |= self._try_transfer(scope, record, owner)
        return failed

    def _transfer_in_savepoint(self, scope, records, owner):
        """Return why it did not work, or None."""
        transfer = scope.get("transfer") or self._transfer_records
        try:
            with self.env.cr.savepoint():
                transfer(scope, records.with_context(**QUIET), self.from_user_id, owner)
                self.env.flush_all()
        except (UserError, psycopg2.IntegrityError) as error:
            self.env.invalidate_all()
            return str(error)
        return None

    def _get_unmoved(self, scope, records, owner):
        """Return {id: why not} of what did not keep its new owner: it would be tried for ever."""
        field = records._fields[scope["field"]]
        value = owner.partner_id if field.comodel_name == "res.partner" else owner
        note = self.env._("It did not keep its new owner.")
        return {record.id: note for record in records.exists() if record[field.name] != value}

    def _get_followed(self, records, owner):
        """Return {(model, id)} of the documents the new owner follows already."""
        pairs = {self._get_document(record) for record in records}
        followers = self.env["mail.followers"].sudo().search(
            [
                ("partner_id", "=", owner.partner_id.id),
                ("res_model", "in", list({model for model, _number in pairs})),
                ("res_id", "in", list({number for _model, number in pairs})),
            ]
        )  # fmt: skip
        return {(row.res_model, row.res_id) for row in followers} & pairs

    def _get_document(self, record):
        """Return (model, id) of what people call the record: an activity's or a follower's document."""
        if record._name in ("mail.activity", "mail.followers"):
            return record.res_model, record.res_id
        return record._name, record.id

    def _get_names(self, records):
        """Return {id: what the log calls it}; a follower is called as what it follows."""
        if records._name != "mail.followers":
            return {record.id: record.display_name for record in records}
        names = {}
        for model, rows in records.grouped("res_model").items():
            documents = self.env[model].browse(rows.mapped("res_id")).exists()
            called = {document.id: document.display_name for document in documents}
            names |= {row.id: called.get(row.res_id) for row in rows}
        return names

    def _prepare_line(self, scope, record, owner, followed):
        """Return the values of the line of one record."""
        model, number = self._get_document(record)
        return {
            "handover_id": self.id,
            "scope": scope["code"],
            "row_id": record.id,
            "res_model": model,
            "res_id": number,
            "partner_id": record.mapped(scope["partner"])[:1].id if scope.get("partner") else False,
            "old_user_id": self.from_user_id.id,
            "new_user_id": owner.id,
            "followed": (model, number) in followed,
            "state": "done",
        }

    def _note_change(self, records, old, new):
        """Say in the history of the records who looked after them and who does now."""
        if isinstance(records, self.env.registry["mail.thread"]) and records:
            body = self.env._("Handed over from %(old)s to %(new)s.", old=old.name, new=new.name)
            text = f"{body} {self.reason}" if self.reason else body
            records._message_log_batch(bodies=dict.fromkeys(records.ids, text))

    def _mail_customers(self, partners):
        """Tell the customers who looks after them now; the mails leave with the queue."""
        with_address = partners.filtered("email")
        if with_address:
            self.template_id.send_mail_batch(with_address.ids)

    # ------------------------------------------------------------
    # Kinds
    # ------------------------------------------------------------

    def _transfer_records(self, scope, records, old, new):
        """Give records from one user to another; what else depends on the user stays as it is.

        :param scope: one of :meth:`_get_handover_scopes`
        :param records: of the scope's model, quiet and with the rights to write
        :param old: the ``res.users`` they belong to
        :param new: the ``res.users`` they go to
        """
        kept = [records._fields[name] for name in scope.get("keep", ())]
        with self.env.protecting(kept, records):
            records.write({scope["field"]: new.id})

    def _transfer_leads(self, scope, leads, old, new):
        """Leave the date of the first assignment alone: the statistics of the host count from it."""
        dates = [(lead.id, lead.date_open) for lead in leads if lead.date_open]
        self._transfer_records(scope, leads, old, new)
        if not dates:
            return
        leads.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE crm_lead SET date_open = old.date_open FROM (VALUES %s) AS old (id, date_open)"
                " WHERE crm_lead.id = old.id",
                SQL(", ").join(SQL("(%s, %s::timestamp)", number, date) for number, date in dates),
            )
        )
        leads.invalidate_recordset(["date_open"])

    def _transfer_meetings(self, scope, meetings, old, new):
        """The new owner holds the meeting and attends it instead; nobody is invited again."""
        attendees = [Command.unlink(old.partner_id.id), Command.link(new.partner_id.id)]
        meetings.write({"user_id": new.id, "partner_ids": attendees, "recurrence_update": "self_only"})

    def _transfer_followers(self, scope, followers, old, new):
        """The new owner follows instead, with the same subtypes; who followed already keeps their own."""
        followed = self._get_followed(followers, new)
        twice = followers.filtered(lambda row: (row.res_model, row.res_id) in followed)
        (followers - twice).write({"partner_id": new.partner_id.id})
        twice.unlink()
