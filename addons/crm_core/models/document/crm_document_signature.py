from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import evidence

MOST_REMINDERS = 3


class CrmDocument(models.Model):
    _inherit = "crm.document"

    # ------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------

    def _ask_next(self):
        """Write to those whose turn it is and who were not asked yet."""
        turn = self.signer_ids.filtered(lambda signer: signer.is_turn and not signer.asked_on)
        self._write_to(turn, "crm_core.mail_template_document_sign")
        turn.write({"asked_on": fields.Datetime.now()})

    @api.model
    def _write_to(self, signers, template):
        """Queue an e-mail to each signer."""
        # sudo: the link is in it, which the sender need not know.
        mail = self.env.ref(template).sudo()
        for signer in signers.filtered("email"):
            mail.send_mail(signer.id, email_layout_xmlid="mail.mail_notification_light")

    def action_remind(self):
        """Ask those whose turn it is once more."""
        for document in self:
            document.check_access("write")
            if document.state != "sent" or document.is_expired:
                raise UserError(self.env._("%(name)s does not wait for a signature.", name=document.display_name))
            document._remind()

    def _remind(self):
        turn = self.signer_ids.filtered("is_turn")
        self._write_to(turn, "crm_core.mail_template_document_remind")
        for signer in turn:
            signer.write({"reminders": signer.reminders + 1, "asked_on": fields.Datetime.now()})

    @api.model
    def _cron_remind(self, limit=200):
        """Remind, where the document says after how many days; three times at most."""
        waiting = self.search([("state", "=", "sent"), ("reminder_days", ">", 0), ("is_expired", "=", False)])
        due = waiting.filtered(lambda document: document._is_reminder_due())[:limit]
        self.env["ir.cron"]._commit_progress(remaining=len(due))
        for document in due:
            document._remind()
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _is_reminder_due(self):
        before = fields.Datetime.now() - timedelta(days=self.reminder_days)
        turn = self.signer_ids.filtered("is_turn")
        return any(signer.asked_on < before and signer.reminders < MOST_REMINDERS for signer in turn if signer.asked_on)

    # ------------------------------------------------------------
    # What signing starts
    # ------------------------------------------------------------

    def _on_signature(self, signer):
        """One has signed: ask the next, or finish."""
        self.ensure_one()
        self.message_post(
            body=self.env._("Signed by %(name)s.", name=signer.signed_name), author_id=signer.partner_id.id
        )
        if any(other.state != "signed" for other in self.signer_ids):
            self._ask_next()
        else:
            self._seal({"state": "signed", "signed_on": signer.signed_on})
            self._on_signed()

    def _on_signed(self):
        """Everybody has signed: freeze the PDF soon, tell the record; a hook."""
        self._job_trigger()
        self._get_record()._on_document_signed(self)

    def _on_refusal(self, signer):
        """Somebody refuses: nobody else is asked, the owner decides what to do."""
        self.ensure_one()
        reason = self.env._("Refused by %(name)s: %(reason)s", name=signer.name, reason=signer.refusal_reason)
        self._cancel(reason)
        self.message_post(body=reason, author_id=signer.partner_id.id)
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Refused to sign"),
            note=reason,
            user_id=self.user_id.id or self.create_uid.id,
        )

    # ------------------------------------------------------------
    # Integrity
    # ------------------------------------------------------------

    def _get_content_hash(self):
        """Return the fingerprint of what is signed: text, title, number, and who signs."""
        self.ensure_one()
        return evidence.seal(
            {
                "reference": self.reference,
                "version": self.version,
                "title": self.name,
                "body": str(self.body or ""),
                "company": self.company_id.id,
                "signers": [
                    [signer.sequence, signer.role, signer.name or "", signer.email or ""] for signer in self.signer_ids
                ],
            }
        )

    def _get_chain(self):
        """Return who has signed, each after the one whose fingerprint is in the evidence; not by the clock."""
        # sudo: in which order they signed is no secret, the rest of the evidence is.
        signed = self.sudo().signer_ids.filtered(lambda signer: signer.state == "signed")
        after = {(signer.evidence or {}).get("before"): signer for signer in signed}
        chain, last = signed.browse(), evidence.NOTHING
        while last in after:
            signer = after.pop(last)
            chain += signer
            last = signer.evidence_hash
        return chain

    def _get_problems(self):
        """Compare the document with the fingerprints made when it was sent, signed and frozen.

        :return: sentences, none when nothing was changed
        """
        self.ensure_one()
        problems = []
        if self._get_content_hash() != self.content_hash:
            problems.append(self.env._("The text, the title or the signers were changed after it was sent."))
        signed = self.signer_ids.filtered(lambda signer: signer.state == "signed")
        if len(self._get_chain()) != len(signed):
            problems.append(self.env._("A signature was taken out, put in or moved."))
        for signer in signed:
            problems += signer._get_problems()
        if self.state == "signed" and any(signer.state != "signed" for signer in self.signer_ids):
            problems.append(self.env._("A signature is missing."))
        return problems + self._get_pdf_problems()

    def action_verify(self):
        """Tell whether anything was changed since."""
        self.ensure_one()
        problems = self._get_problems()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if problems else "success",
                "sticky": bool(problems),
                "title": self.env._("Changed!") if problems else self.env._("Unchanged"),
                "message": " ".join(problems) or self.env._("Text and signatures are as they were signed."),
            },
        }
