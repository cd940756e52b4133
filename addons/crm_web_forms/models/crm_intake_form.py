from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.misc import hash_sign, verify_hash_signed

from odoo.addons.crm_core.tools.payload import clean_payload

SCOPE = "crm_web_forms.confirm"
CONFIRM_LIFE = timedelta(days=7)


class CrmIntake(models.Model):
    """A submission after it was taken: confirmed by its sender, answered, told to colleagues."""

    _inherit = "crm.intake"

    confirm_sent_on = fields.Datetime("Asked to confirm on", readonly=True, copy=False)
    confirmed_on = fields.Datetime("Confirmed on", readonly=True, copy=False)
    replied_on = fields.Datetime("Answered on", readonly=True, copy=False)
    proof = fields.Selection(
        [("solved", "Work done"), ("key", "Key of a server"), ("no", "None")],
        "Proof of a person",
        default="no",
        readonly=True,
    )

    # ------------------------------------------------------------
    # Processing
    # ------------------------------------------------------------

    def _job_run(self):
        """End or wait what nobody confirmed; process the rest."""
        if self._is_expired():
            return self.write({"job_state": "cancelled", "error_code": "E_UNCONFIRMED", **self._prepare_unconfirmed()})
        if self._must_confirm("all"):
            return self._wait_for_confirmation()
        return super()._job_run()

    def _get_together(self):
        """What waits for its sender is not processed, neither alone nor with others."""
        together = super()._get_together()
        return together.filtered(lambda intake: not intake._must_confirm("all"))

    def _process(self):
        blocked = super()._process()
        self.filtered(lambda intake: intake.lead_id and intake not in blocked)._plan_result_steps()
        done = self.filtered(lambda intake: intake.form_id and intake not in blocked)
        done._move_files()
        for intake in done:
            intake._follow_up()
        return blocked

    def _plan_result_steps(self):
        """Plan today what the points say, also where the pipeline plans nothing by itself."""
        told = self.filtered(lambda intake: intake._get_result().next_step and not intake.lead_id.activity_ids)
        for (result, user), intakes in told.grouped(lambda intake: (intake._get_result(), intake._get_doer())).items():
            leads = intakes.lead_id if user else intakes.lead_id.browse()
            leads.activity_schedule(
                "mail.mail_activity_data_todo",
                fields.Date.context_today(self),
                summary=result.with_context(lang=user.lang).next_step,
                user_id=user.id,
            )

    def _get_doer(self):
        """Return who does the first step: the salesperson, else the leader of the team, else who watches the queue."""
        lead = self.lead_id
        people = (lead.user_id, lead.team_id.user_id, self.job_user_id)
        return next((user for user in people if user.active), self.env["res.users"])

    def _follow_up(self):
        """Write to the sender and to colleagues what the form says."""
        if self._must_confirm("consent") and self._get_granted():
            self._ask_to_confirm()
        self._reply()
        self._tell_colleagues()

    def _must_confirm(self, mode):
        """Tell whether this waits for its sender."""
        return self.form_id.confirm == mode and not self.confirmed_on

    def _is_expired(self):
        asked_on = self.confirm_sent_on if self._must_confirm("all") else None
        return bool(asked_on) and asked_on + CONFIRM_LIFE <= fields.Datetime.now()

    def _prepare_unconfirmed(self):
        return {"error_message": self.env._("Nobody confirmed the address within a week.")}

    def _wait_for_confirmation(self):
        """Ask the sender to confirm; it goes on when they do and ends when they do not."""
        self._ask_to_confirm()
        message = self.env._("Waits until the person confirms the address by e-mail.")
        if not self.confirm_sent_on:
            message = self.env._("Too many mails were sent; the person was not asked to confirm. Try again later.")
        self.write(
            {
                "job_state": "retry",
                "next_attempt_at": fields.Datetime.now() + CONFIRM_LIFE,
                "error_code": "E_CONFIRM",
                "error_message": message,
            }
        )

    def _job_set_done(self):
        """Not done while it waits for its sender."""
        waiting = self.filtered(lambda intake: intake.error_code == "E_CONFIRM" and intake._must_confirm("all"))
        return super(CrmIntake, self - waiting)._job_set_done()

    def _ask_to_confirm(self):
        if self.email and self.form_id._send_confirmation(self.email, self._get_lang(), self._get_confirm_url()):
            self.confirm_sent_on = fields.Datetime.now()

    def _reply(self):
        """Answer once, to an address that is a person's: one that did the work, confirmed, or came with a key."""
        trusted = self.proof in ("solved", "key") or self.confirmed_on or self.form_id.proof_mode == "off"
        if self.email and trusted and not self.replied_on and self.form_id._send_reply(self.email, self._get_lang()):
            self.replied_on = fields.Datetime.now()

    def _tell_colleagues(self):
        """Tell those who want to know about each new one."""
        people = self.form_id.notify_ids.partner_id
        if people and self.lead_id:
            self.lead_id.message_notify(
                partner_ids=people.ids,
                subject=self.name or self.form_id.name,
                body=self.env._("%(form)s was sent.", form=self.form_id.name),
            )

    def _move_files(self):
        """Hand the files over to what was made."""
        domain = [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        # sudo: they belong to the submission, which whoever works it off may process.
        files = self.env["ir.attachment"].sudo().search(domain)
        for intake in self.filtered("lead_id"):
            mine = files.filtered(lambda file, intake=intake: file.res_id == intake.id)
            if mine:
                mine.write({"res_model": "crm.lead", "res_id": intake.lead_id.id})
                intake.lead_id.message_post(body=self.env._("Files of the sender"), attachment_ids=mine.ids)

    # ------------------------------------------------------------
    # Consent
    # ------------------------------------------------------------

    def _get_granted(self):
        return [
            consent for consent in (self.payload or {}).get("consents") or [] if consent.get("decision") == "granted"
        ]

    def _record_consents(self, data):
        """Consents that need a confirmation wait for it."""
        ready = self.filtered(lambda intake: intake.form_id.confirm in (False, "no") or intake.confirmed_on)
        return super(CrmIntake, ready)._record_consents(data)

    def _prepare_consent(self, purpose, consent):
        """Say on which form and page it was given, and when it was confirmed."""
        known = {
            "intake_id": self.id,
            "form_version_id": self.version_id.id,
            "page_url": self.page_url,
            "confirmed_on": self.confirmed_on,
        }
        return super()._prepare_consent(purpose, consent) | (known if self.form_id else {})

    # ------------------------------------------------------------
    # Confirmation
    # ------------------------------------------------------------

    def _get_confirm_url(self):
        """Return the address of the page with the button; good as long as the mail is."""
        # sudo: the key that signs is the database's own.
        token = hash_sign(self.sudo().env, SCOPE, [self.id, self.receipt], expiration=CONFIRM_LIFE)
        return f"{self.get_base_url()}/crm/f/confirm/{token}"

    @api.model
    def _find_by_token(self, token):
        """Return the submission a confirmation is about, or none."""
        try:
            found = verify_hash_signed(self.sudo().env, SCOPE, token or "")
        except (ValueError, TypeError, IndexError):  # not base64, not ours, cut off
            found = None
        if not found:
            return self.browse()
        return self.search([("id", "=", found[0]), ("receipt", "=", found[1])], limit=1)

    def _confirm(self):
        """Note that whoever has the address confirmed it, once, and go on."""
        self.ensure_one()
        if self.confirmed_on:
            return
        self.confirmed_on = fields.Datetime.now()
        if self.job_state == "done":
            self.with_company(self.company_id)._record_consents({self: clean_payload(self.payload or {})})
        elif self.error_code in ("E_CONFIRM", "E_UNCONFIRMED"):
            self.write({"job_state": "pending", "next_attempt_at": fields.Datetime.now(), **self._job_no_error()})
            self._job_trigger()
