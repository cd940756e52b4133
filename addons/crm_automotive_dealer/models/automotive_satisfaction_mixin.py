from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

# Asked while the memory is fresh, and nobody more often than this.
ASK_AFTER = timedelta(hours=24)
REST = timedelta(days=30)
DETRACTOR = 1


class AutomotiveSatisfactionMixin(models.AbstractModel):
    """Something a customer is asked about once, with one question by a signed link: the host's rating.

    Who is not content opens a complaint, and a person hears of it at once.
    """

    _name = "automotive.satisfaction.mixin"
    _description = "Asked About Satisfaction"
    _inherit = ["rating.mixin", "mail.activity.mixin"]

    ask_at = fields.Datetime("Ask the customer on", readonly=True, copy=False, index="btree_not_null")
    asked_at = fields.Datetime("Asked on", readonly=True, copy=False)

    def _plan_question(self):
        """Ask the customer tomorrow; a hook decides whom nobody asks."""
        self.write({"ask_at": fields.Datetime.now() + ASK_AFTER})

    def _get_satisfaction_template(self):
        """Return the mail template that asks; to be implemented."""
        raise NotImplementedError

    def _rating_get_partner(self):
        return self.partner_id

    def _rating_get_operator(self):
        """Nobody in particular is rated."""
        return self.env["res.partner"]

    # ------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------

    @api.model
    def _cron_ask(self):
        """Ask what is due, in batches; a customer who was asked lately is left in peace."""
        due = Domain("ask_at", "<=", fields.Datetime.now()) & Domain("asked_at", "=", False)
        records = self.search(due, limit=200)
        self.env["ir.cron"]._commit_progress(remaining=len(records))
        for record in records:
            record._ask()
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _ask(self):
        """Send the question, unless it cannot or must not be sent."""
        self.asked_at = fields.Datetime.now()
        partner = self.partner_id
        if partner.email_normalized and not partner.is_blacklisted and not self._was_asked_lately():
            self.rating_send_request(self._get_satisfaction_template(), lang=partner.lang, force_send=False)

    def _was_asked_lately(self):
        ratings = self.env["rating.rating"].sudo()
        lately = [("partner_id", "=", self.partner_id.id), ("create_date", ">", fields.Datetime.now() - REST)]
        return bool(ratings.search_count([*lately, ("res_model", "like", "automotive.")], limit=1))

    # ------------------------------------------------------------
    # Hearing
    # ------------------------------------------------------------

    def rating_apply(self, rate, token=None, rating=None, feedback=None, subtype_xmlid=None, notify_delay_send=False):
        """Open a complaint when the customer is not content; once, however often the link is used."""
        first = not self.rating_ids.filtered(lambda known: known.consumed and known.rating <= DETRACTOR)
        rating = super().rating_apply(rate, token, rating, feedback, subtype_xmlid, notify_delay_send)
        if rate <= DETRACTOR:
            self._on_detractor(rating, first)
        return rating

    def _on_detractor(self, rating, first):
        """Open the complaint of somebody who is not content, and alert the person responsible; or add their words."""
        self.ensure_one()
        # sudo: the customer answers a public link; what follows is the dealer's own work.
        complaints = self.env["automotive.feedback"].sudo().with_company(self.company_id)
        known = complaints.search([("origin", "=", f"{self._name},{self.id}")], limit=1)
        if known:
            if known.state == "draft" and rating.feedback:
                known.text = rating.feedback
            return known
        if not first:
            return complaints
        complaint = complaints.create(self._prepare_complaint(rating))
        complaint.activity_schedule(
            "mail.mail_activity_data_call",
            summary=self.env._("%(name)s is not content: call today", name=self.partner_id.name),
            user_id=(self.user_id or self.env.ref("base.user_admin")).id,
        )
        return complaint

    def _prepare_complaint(self, rating):
        """Return the values of the complaint: a draft, for nothing leaves without a person."""
        return {
            "kind": "complaint",
            "text": rating.feedback or self.env._("Not content with: %(what)s", what=self.display_name),
            "partner_id": self.partner_id.id,
            "vehicle_id": self.vehicle_id.id,
            "company_id": self.company_id.id,
            "user_id": self.user_id.id,
            "origin": f"{self._name},{self.id}",
        }
