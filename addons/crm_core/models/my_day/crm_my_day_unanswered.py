from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_my_day import SHOWN

# What nobody answered in two months is no work of today.
LOOK_BACK = timedelta(days=60)


class CrmMyDay(models.AbstractModel):
    _inherit = "crm.my.day"

    def _get_my_day_sections(self, user):
        """Add the customers who wait for an answer."""
        return [*super()._get_my_day_sections(user), self._get_unanswered_section(user)]

    def _get_answerable_domains(self, user):
        """Return {model: domain} of the documents whose customers this user answers; to be extended."""
        mine = Domain("user_id", "=", user.id)
        return {
            "crm.lead": mine & Domain("won_status", "=", "pending"),
            "sale.order": mine & Domain("state", "in", ("draft", "sent", "sale")),
            "res.partner": mine,
        }

    def _get_unanswered_section(self, user):
        """Return the last messages of customers nobody has answered, the oldest first."""
        title, rows = self.env._("Waiting for an answer"), self._find_unanswered(user)
        # sudo: a message on a document the caller may read; what is shown is who wrote and the subject.
        messages = self.env["mail.message"].sudo().browse([row[2] for row in rows[:SHOWN]])
        documents = {
            model: self.env[model].browse([row[1] for row in rows if row[0] == model])
            for model in {row[0] for row in rows}
        }
        records = [
            self._prepare_unanswered(
                message, documents[message.model].browse(message.res_id).with_prefetch(documents[message.model].ids)
            )
            for message in messages
        ]
        return self._prepare_section("unanswered", 40, title, "fa-reply", records, len(rows))

    def _find_unanswered(self, user):
        """Return (model, id, id of the message) of documents whose last word is the customer's, in one query.

        An answer is a message somebody of ours sent, or an activity done since. Notes among colleagues are none.
        """
        self.env["mail.message"].flush_model()
        parts = [
            self._get_unanswered_sql(model, self.env[model]._search(domain))
            for model, domain in self._get_answerable_domains(user).items()
            if self.env[model].has_access("read")
        ]
        if not parts:
            return []
        union = SQL(" UNION ALL ").join(parts)
        rows = SQL("SELECT model, res_id, id FROM (%s) AS unanswered ORDER BY date, id LIMIT 200", union)
        return self.env.execute_query(rows)

    def _get_unanswered_sql(self, model, documents):
        """Return the query of one model; for each document it reads one entry of the index on messages.

        :param documents: the query of the documents, with the caller's record rules in it
        """
        return SQL(
            """
            SELECT last.*
              FROM (%(documents)s) AS document (id)
        CROSS JOIN LATERAL (
                    SELECT message.model, message.res_id, message.id, message.date, message.author_id,
                           message.message_type, message.mail_activity_type_id
                      FROM mail_message message
                     WHERE message.model = %(model)s
                       AND message.res_id = document.id
                       AND (message.mail_activity_type_id IS NOT NULL
                            OR message.message_type IN ('email', 'comment', 'email_outgoing')
                               AND message.is_internal IS NOT TRUE)
                  ORDER BY message.id DESC
                     LIMIT 1
                   ) AS last
         LEFT JOIN res_partner author ON author.id = last.author_id
             WHERE last.mail_activity_type_id IS NULL
               AND last.message_type IN ('email', 'comment')
               AND last.date >= %(since)s
               AND (author.partner_share OR author.id IS NULL AND last.message_type = 'email')
            """,
            documents=documents.select(),
            model=model,
            since=fields.Datetime.now() - LOOK_BACK,
        )

    def _prepare_unanswered(self, message, document):
        """Return the line of a message, with the dialog to answer it."""
        who = message.author_id.name or message.email_from or ""
        written = fields.Datetime.context_timestamp(self, message.date)
        today = self._get_today()
        return self._prepare_record(
            document,
            message.subject or document.display_name,
            subtitle=" · ".join(dict.fromkeys(filter(None, [who, document.display_name]))),
            date=fields.Date.to_string(written.date()),
            time=written.strftime("%H:%M") if written.date() == today else False,
            late=written.date() < today,
            icon="fa-envelope-o",
            phone=message.author_id.phone,
            actions=[
                {
                    "action": self._prepare_answer(message, document),
                    "label": self.env._("Answer"),
                    "icon": "fa-reply",
                    "key": "d",
                }
            ],
        )

    def _prepare_answer(self, message, document):
        """Return the action that opens the composer of an answer."""
        subject = message.subject or document.display_name
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Answer"),
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": document._name,
                "default_res_ids": document.ids,
                "default_composition_mode": "comment",
                "default_partner_ids": message.author_id.ids,
                "default_subject": subject if subject.lower().startswith("re:") else f"Re: {subject}",
            },
        }
