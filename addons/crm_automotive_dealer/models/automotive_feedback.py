import json

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..exceptions import ExchangeRejected
from ..tools import disclosure as disclosure_tools

PURPOSE = "oem_share_feedback"
SUBMITTED = "automotive.feedback.submitted.v1"
INFORMED = "automotive.feedback.informed.v1"
VERDICT = "automotive.feedback.verdict.v1"
WITHDRAWN = "automotive.feedback.withdrawn.v1"
REPLIED = "automotive.feedback.replied.v1"
DISPUTED = "automotive.feedback.disputed.v1"
ACKED = "automotive.feedback.acked.v1"
QUESTION = "automotive.feedback.question.v1"
ANSWERED = "automotive.feedback.answered.v1"

#: The way of a feedback: {state: (states it comes from, time stamp)}.
LADDER = {
    "draft": (("queued",), None),
    "queued": (("draft",), "queued_at"),
    "delivered": (("queued",), "delivered_at"),
    "acked": (("queued", "delivered"), "acked_at"),
    "answered": (("queued", "delivered", "acked", "reopened", "disputed"), "answered_at"),
    "disputed": (("answered", "informed"), "disputed_at"),
    "informed": (("answered",), "informed_at"),
    "closed": (("informed",), "closed_at"),
    "reopened": (("informed", "closed"), "reopened_at"),
}
# Working days until the customer has an answer; Ley 10/2025 art. 13: fifteen for a complaint.
DUE_DAYS = {"complaint": 15}
FROZEN = {"kind", "topic_id", "severity", "text", "vehicle_id", "partner_id", "disclosure", "peer_id"}


class AutomotiveFeedback(models.Model):
    """What a customer told the dealer about the car, and its way to the maker and back."""

    _name = "automotive.feedback"
    _description = "Feedback"
    _inherit = ["crm.exchange.mixin", "automotive.number.mixin", "automotive.deadline.mixin", "mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    _settled_states = ("answered", "informed", "closed")
    _escalation_group = "crm_automotive_dealer.group_crm_automotive_dealer_manager"

    name = fields.Char("Reference")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    kind = fields.Selection(
        [
            ("complaint", "Complaint"),
            ("concern", "Concern"),
            ("suggestion", "Suggestion"),
            ("preference", "Preference"),
            ("praise", "Praise"),
        ],
        required=True,
        default="complaint",
        tracking=True,
    )
    topic_id = fields.Many2one("automotive.feedback.topic")
    severity = fields.Selection(
        [("low", "Low"), ("medium", "Medium"), ("high", "High")], default="medium", required=True
    )
    text = fields.Text("In the customer's words", required=True)
    vehicle_id = fields.Many2one("automotive.vehicle", check_company=True, index="btree_not_null")
    partner_id = fields.Many2one(
        "res.partner",
        "Customer",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
    )
    origin = fields.Char(readonly=True, copy=False, index="btree_not_null", help="What the customer was asked about.")
    user_id = fields.Many2one("res.users", "Taken by", default=lambda self: self.env.user, check_company=True)
    peer_id = fields.Many2one(
        "crm.exchange.peer",
        "Goes to",
        compute="_compute_peer_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        domain="[('role', '=', 'maker'), ('company_id', '=', company_id)]",
    )

    # What may leave
    disclosure = fields.Selection(
        [
            ("aggregate", "Counted only, without the text"),
            ("pseudonymous", "The text, without who said it"),
            ("identified", "With name and contact, so that the maker can answer in person"),
        ],
        string="What the maker learns",
        required=True,
        default="pseudonymous",
        tracking=True,
    )
    disclosure_effective = fields.Selection(
        selection=lambda self: self._fields["disclosure"].selection, compute="_compute_disclosure_effective"
    )
    has_consent = fields.Boolean("Consent on file", compute="_compute_disclosure_effective")
    consent_text = fields.Text("Sentence to read out", compute="_compute_disclosure_effective")
    consent_given = fields.Boolean("The customer agrees", copy=False)
    payload_preview = fields.Html("What leaves", compute="_compute_payload_preview", sanitize=False)

    # The way
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("queued", "Queued"),
            ("delivered", "Delivered"),
            ("acked", "Confirmed"),
            ("answered", "Answered"),
            ("informed", "Customer informed"),
            ("closed", "Closed"),
            ("reopened", "Reopened"),
            ("disputed", "We disagree"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    revision = fields.Integer(readonly=True, copy=False, aggregator=None)
    queued_at = fields.Datetime("Submitted on", readonly=True, copy=False)
    delivered_at = fields.Datetime("Delivered on", readonly=True, copy=False)
    acked_at = fields.Datetime("Confirmed on", readonly=True, copy=False)
    answered_at = fields.Datetime("Answered on", readonly=True, copy=False)
    informed_at = fields.Datetime("Customer informed on", readonly=True, copy=False)
    closed_at = fields.Datetime("Closed on", readonly=True, copy=False)
    reopened_at = fields.Datetime("Reopened on", readonly=True, copy=False)
    answer_due = fields.Date(help="Fifteen working days for a complaint.")
    transfer_problem = fields.Char(readonly=True, copy=False)
    case_number = fields.Char("Maker's case", readonly=True, copy=False, index="btree_not_null")
    answer = fields.Text("Maker's answer", readonly=True, copy=False)
    solved = fields.Selection([("yes", "Solved"), ("no", "Not solved")], "Customer says", readonly=True, copy=False)
    rating = fields.Selection([(str(n), "★" * n) for n in range(1, 6)], "Satisfaction", copy=False)

    _uuid_unique = models.UniqueIndex("(uuid)")

    # ------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------

    @api.depends("vehicle_id")
    def _compute_partner_id(self):
        for feedback in self:
            feedback.partner_id = feedback.partner_id or feedback.vehicle_id.owner_id

    @api.depends("vehicle_id", "company_id")
    def _compute_peer_id(self):
        for feedback in self:
            found = feedback.peer_id._find_for("maker", feedback.company_id, feedback.vehicle_id.brand_id)
            feedback.peer_id = found if feedback.state == "draft" else feedback.peer_id

    @api.depends("disclosure", "partner_id", "consent_given", "company_id")
    def _compute_disclosure_effective(self):
        purposes = self.env["crm.privacy.purpose"]
        for feedback in self:
            feedback.has_consent = feedback._check_consent()
            feedback.consent_text = purposes._find(PURPOSE, feedback.company_id).text
            identified = feedback.disclosure == "identified"
            agreed = feedback.has_consent or (feedback.consent_given and feedback.partner_id and feedback.consent_text)
            feedback.disclosure_effective = "pseudonymous" if identified and not agreed else feedback.disclosure

    def _check_consent(self):
        """Tell whether the customer agreed, as of now, that the maker learns who speaks."""
        partner = self.partner_id._origin or self.partner_id
        if not partner or not isinstance(partner.id, int):
            return False
        return partner.with_company(self.company_id)._has_consent(PURPOSE)

    @api.depends(
        "disclosure_effective", "kind", "topic_id", "severity", "text", "vehicle_id", "partner_id", "peer_id", "state"
    )
    def _compute_payload_preview(self):
        for feedback in self:
            feedback.payload_preview = feedback._render_data(feedback._get_sent_data() or feedback._get_data())

    # ------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------

    def write(self, vals):
        """Keep what was sent as it was sent."""
        if FROZEN & set(vals):
            for feedback in self.filtered(lambda f: f.state != "draft"):
                raise UserError(
                    self.env._("%(name)s was submitted and keeps its words. Take a new feedback.", name=feedback.name)
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_submitted(self):
        for feedback in self.filtered(lambda f: f.state != "draft" or f.revision):
            raise UserError(self.env._("%(name)s was submitted and cannot be deleted.", name=feedback.name))

    # ------------------------------------------------------------
    # What leaves
    # ------------------------------------------------------------

    def _get_facts(self):
        """Return what is known, for ``tools.disclosure`` to choose from."""
        partner, vehicle = self.partner_id, self.vehicle_id
        day = self.create_date or fields.Datetime.now()
        return {
            "kind": self.kind,
            "topic": self.topic_id.name,
            "severity": self.severity,
            "brand": vehicle.brand_id.name,
            "model": vehicle.model_id.name,
            "model_year": vehicle.model_year,
            "reference": self.name if self._origin else "",
            "day": day.date().isoformat(),
            "text": self.text,
            "vin": vehicle.vin,
            "plate": vehicle.plate,
            "odometer": vehicle.odometer,
            "customer_ref": str(partner._origin.id or ""),
            "customer_name": partner.name,
            "customer_email": partner.email,
            "customer_phone": partner.phone,
            "language": partner.lang,
            "informed_on": self.informed_at and self.informed_at.date().isoformat(),
            "solved": {"yes": True, "no": False}.get(self.solved),
            "rating": int(self.rating or 0),
        }

    def _get_data(self):
        """Return exactly what is told to the maker, at the level that holds now."""
        self.ensure_one()
        # sudo: the key makes the tokens; it is used here and shown to nobody.
        key = self.peer_id.sudo().pseudonym_key or ""
        return disclosure_tools.feedback_data(self._get_facts(), self.disclosure_effective, key)

    def _get_sent_data(self):
        """Return what the last message about this record says, frozen; nothing before it was submitted."""
        if self.state == "draft" or not self._origin:
            return None
        # sudo: whoever reads the record may read what was told about it.
        domain = [("res_model", "=", self._name), ("res_id", "=", self._origin.id), ("payload", "!=", False)]
        message = self.env["crm.exchange.message"].sudo().search(domain, limit=1)
        return json.loads(message.payload)["data"] if message else None

    def _get_data_labels(self):
        """Return the words for the fields of a message."""
        return {
            "kind": self.env._("Kind"),
            "topic": self.env._("Topic"),
            "severity": self.env._("Severity"),
            "brand": self.env._("Brand"),
            "model": self.env._("Model"),
            "model_year": self.env._("Year"),
            "month": self.env._("Month"),
            "reference": self.env._("Our reference"),
            "day": self.env._("Day"),
            "text": self.env._("Text"),
            "vin_pattern": self.env._("Type of vehicle"),
            "odometer_about": self.env._("About (km)"),
            "customer_token": self.env._("Customer's token"),
            "vin": self.env._("VIN"),
            "odometer": self.env._("Odometer (km)"),
            "customer_name": self.env._("Name"),
            "customer_email": self.env._("E-mail"),
            "customer_phone": self.env._("Phone"),
            "language": self.env._("Language"),
            "informed_on": self.env._("Customer informed on"),
            "solved": self.env._("Solved"),
            "rating": self.env._("Satisfaction (1-5)"),
        }

    def _render_data(self, data):
        labels = self._get_data_labels()
        row = Markup('<tr><th class="text-nowrap pe-3 fw-normal text-muted">%s</th><td class="text-break">%s</td></tr>')
        rows = Markup("").join(row % (label, data[name]) for name, label in labels.items() if name in data)
        return (
            Markup('<table class="o_crm_automotive_dealer_preview table table-sm mb-0 w-100"><tbody>%s</tbody></table>')
            % rows
        )

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_submit(self):
        """Send the feedback to the maker: one message, in this transaction."""
        for feedback in self.filtered(lambda f: f.state == "draft"):
            feedback._check_peer()
            feedback._keep_consent()
            feedback.disclosure = feedback.disclosure_effective
            days = DUE_DAYS.get(feedback.kind)
            today = fields.Date.context_today(feedback)
            answered = feedback.disclosure != "aggregate"  # what is only counted has no answer
            due = days and answered and feedback.company_id._add_working_days(today, days)
            feedback.answer_due = due
            feedback.transfer_problem = False
            feedback._set_state("queued")
            feedback._emit(SUBMITTED, f"submitted:{feedback.revision}")

    def _check_peer(self):
        """Refuse to submit where nobody listens."""
        if not self.peer_id:
            self.peer_id = self.peer_id._find_for("maker", self.company_id, self.vehicle_id.brand_id)
        if not self.peer_id:
            raise UserError(
                self.env._(
                    "%(name)s cannot be sent: no maker is connected. Ask the exchange administrator to connect one.",
                    name=self.name,
                )
            )

    def _keep_consent(self):
        """Record the consent the customer just gave, with the sentence that was read out."""
        if self.consent_given and self.disclosure == "identified" and self.partner_id and not self.has_consent:
            source = self.env._("Feedback %(name)s", name=self.name)
            self.partner_id.with_company(self.company_id)._record_consent(PURPOSE, "granted", source, self.consent_text)
            self.invalidate_recordset(["has_consent", "disclosure_effective"])

    def action_inform_customer(self):
        """Note that the customer knows the answer."""
        for feedback in self:
            feedback._require("informed")
            feedback._set_state("informed")
            feedback.activity_feedback(["mail.mail_activity_data_todo"])
            feedback._emit(INFORMED, f"informed:{feedback.answered_at}")

    def action_solved(self):
        """The customer is content: the feedback is closed on both sides."""
        self._record_verdict("yes", "closed")

    def action_not_solved(self):
        """The customer is not content: the maker is asked again."""
        self._record_verdict("no", "reopened")

    def _record_verdict(self, solved, state):
        for feedback in self:
            feedback._require(state)
            feedback.solved = solved
            feedback._set_state(state)
            feedback._emit(VERDICT, f"verdict:{feedback.answered_at}:{solved}")

    def _require(self, state):
        """Refuse a step that is not next."""
        if self.state not in LADDER[state][0]:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(name)s is “%(now)s” and cannot become “%(next)s” yet.",
                    name=self.name, now=labels[self.state], next=labels[state],
                )
            )  # fmt: skip

    def _set_state(self, state):
        """Go one step on the ladder; what arrives late changes nothing.

        :return: whether the step was taken
        """
        self.ensure_one()
        sources, stamp = LADDER[state]
        if self.state not in sources:
            return False
        # What the line does has its time; the history tells what people did.
        record = self.with_context(mail_notrack=True) if state in ("delivered", "acked") else self
        record.write({"state": state, **({stamp: fields.Datetime.now()} if stamp else {})})
        return True

    # ------------------------------------------------------------
    # Exchange
    # ------------------------------------------------------------

    def _emit(self, kind, event):
        """Tell the maker the whole allowed state."""
        self.ensure_one()
        return self.env["crm.exchange.message"]._emit(
            self.peer_id, kind, self, event, self._get_data(), disclosure=self.disclosure_effective
        )

    def _exchange_refusal(self, message):
        """Send who speaks only while the customer agrees: asked again before each try."""
        if message.disclosure == "identified" and not self._check_consent():
            return self.env._("The customer withdrew the consent before this was sent.")
        return super()._exchange_refusal(message)

    def _exchange_delivered(self, message, body):
        """The maker has it; what the customer took back meanwhile is taken back there, too."""
        self.transfer_problem = False
        self._set_state("delivered")
        self._take_back()

    def _exchange_cancelled(self, message, reason):
        """What was not sent can be corrected and submitted again."""
        if message.type == SUBMITTED and self._set_state("draft"):
            self.write({"revision": self.revision + 1, "consent_given": False, "queued_at": False})
            if message.disclosure == "identified" and message._may_have_arrived():
                self._emit(WITHDRAWN, f"withdrawn:{self.revision}")
        self.transfer_problem = reason
        self._remind(self.env._("Not sent: %(reason)s", reason=reason))

    def _exchange_dead(self, message):
        """Tell the person who took it."""
        self.transfer_problem = message.last_error or self.env._("Could not be transferred")
        self._remind(self.env._("%(name)s did not reach the maker", name=self.name))

    def _take_back(self):
        """Take back what the customer withdrew while it was under way: only now it is known to have arrived."""
        if self.disclosure == "identified" and not self._check_consent():
            self._exchange_withdraw()

    def _exchange_withdraw(self):
        """Take back at the maker's who spoke, after the customer withdrew the consent."""
        for feedback in self.filtered(lambda f: f.disclosure == "identified" and f.state not in ("draft", "queued")):
            # Not through write(): the words stay, only the level falls.
            # pylint: disable-next=super-method-mismatch
            super(AutomotiveFeedback, feedback).write({"disclosure": "pseudonymous", "consent_given": False})
            feedback._emit(WITHDRAWN, f"withdrawn:{feedback.revision}")

    @api.model
    def _exchange_receive_reply(self, content, entry):
        """Take the maker's confirmation or answer in; both carry the whole state of the case."""
        feedback = self.search([("uuid", "=", content["subject"]), ("peer_id", "=", entry.peer_id.id)])
        case_number, answer = content["data"].get("case_number"), content["data"].get("answer") or ""
        if not feedback:
            raise ExchangeRejected(self.env._("There is no such feedback here."))
        if not isinstance(case_number, str) or not isinstance(answer, str) or "\x00" in answer + case_number:
            raise ExchangeRejected(self.env._("The case number or the answer is missing."))
        feedback.case_number = case_number[:64]
        if content.get("correlation_id"):
            self.env["crm.exchange.message"]._acknowledge(entry.peer_id, str(content["correlation_id"]))
        if content["type"] == ANSWERED:
            feedback._take_answer(answer)
        else:
            feedback._set_state("acked")
        feedback._take_back()
        return feedback, feedback.name

    def _take_answer(self, answer):
        """Show the maker's answer and ask the person who took the feedback to pass it on."""
        # What the customer said of a former answer does not hold for this one.
        self.write({"answer": answer[: disclosure_tools.TEXT_LIMIT], "solved": False})
        if self._set_state("answered"):
            self._remind(self.env._("Tell the customer what the maker answered"))

    def _remind(self, summary):
        self.activity_schedule("mail.mail_activity_data_todo", summary=summary, user_id=self.user_id.id or self.env.uid)
