from datetime import datetime

from odoo import api, fields, models

from ..exceptions import ExchangeRejected
from ..tools import referral
from .automotive_oem_lead import LEAD_OUTCOME

#: What an event of the opportunity means to the maker.
EVENTS = {"test_drive_done": "test_drive", "quote_sent": "quoted", "vehicle_delivered": "won"}


class AutomotiveLeadReferral(models.Model):
    """The dealer's end of a maker's lead: which opportunity it became, and what the maker was told last."""

    _name = "automotive.lead.referral"
    _description = "Lead of a Maker"
    _inherit = ["crm.exchange.mixin"]
    _order = "id desc"
    _rec_name = "number"
    _check_company_auto = True

    number = fields.Char("Maker's number", readonly=True)
    peer_id = fields.Many2one("crm.exchange.peer", "Maker", required=True, readonly=True, index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    lead_id = fields.Many2one("crm.lead", "Opportunity", readonly=True, index="btree_not_null", ondelete="set null")
    user_id = fields.Many2one(related="lead_id.user_id")
    respond_by = fields.Datetime("React until", readonly=True)
    accepted_at = fields.Datetime("Reacted on", readonly=True)
    is_withdrawn = fields.Boolean("Taken back", readonly=True)
    reason = fields.Char("Why", readonly=True)
    outcome = fields.Selection(
        [("sent", "To accept"), *referral.STEPS],
        "The maker knows",
        default="sent",
        required=True,
        readonly=True,
        index=True,
    )

    _uuid_unique = models.UniqueIndex("(peer_id, uuid)")

    # ------------------------------------------------------------
    # Receiving
    # ------------------------------------------------------------

    @api.model
    def _exchange_receive(self, content, entry):
        """Keep a maker's lead as an intake of ours, or note that it was taken back."""
        try:
            data = referral.accept(content["data"])
        except ValueError as error:
            raise ExchangeRejected(self.env._("The field %(name)s cannot be used.", name=error)) from None
        record = self.search([("peer_id", "=", entry.peer_id.id), ("uuid", "=", content["subject"])])
        if data["state"] == "withdrawn":
            record._withdraw()
            return record or entry.peer_id, record.number or data["number"]
        record = record or self.create(self._prepare_referral(content, entry))
        record._take(data, content["id"])
        return record, record.number

    @api.model
    def _prepare_referral(self, content, entry):
        """Return the values of a lead that is new here."""
        return {"uuid": content["subject"], "peer_id": entry.peer_id.id, "company_id": entry.company_id.id}

    def _take(self, data, message_uuid):
        """Begin, or begin again after it was taken back."""
        self.write(
            {
                "number": data["number"],
                "respond_by": self._read_moment(data["respond_by"]),
                "is_withdrawn": False,
                "outcome": "sent",
                "accepted_at": False,
                "reason": False,
            }
        )
        pipeline = self.env.ref("crm_automotive_dealer.crm_pipeline_car_sale", raise_if_not_found=False)
        self.env["crm.intake"]._receive(
            "maker",
            "maker_lead",
            self._prepare_payload(data),
            external_id=message_uuid,
            company_id=self.company_id.id,
            pipeline_id=pipeline.id if pipeline else False,
            job_user_id=(self.peer_id.user_id or self.env.ref("base.user_admin")).id,
            automotive_referral_id=self.id,
        )

    @api.model
    def _read_moment(self, text):
        try:
            return datetime.fromisoformat(text).replace(tzinfo=None) if text else False
        except ValueError:
            return False

    def _prepare_payload(self, data):
        """Return the intake's payload: who it is, and the car as a car of ADF."""
        car = {name: data[name] for name in ("make", "model", "interest")}
        answers = {self.env._("Maker's lead"): f"{self.peer_id.name} {data['number']}"}
        return {
            "name": " ".join(filter(None, [data["make"], data["model"]])),
            "contact_name": data["name"],
            "company_name": data["company"],
            "country_code": data["country"],
            "message": data["comments"],
            "utm": {"source": self.peer_id.name},
            "answers": answers,
            "adf": {"vehicles": [{**car, "status": "new"}]},
            **{name: data[name] for name in ("email", "phone", "street", "zip", "city", "lang")},
        }

    def _withdraw(self):
        """The maker gives it to somebody else: whoever still works on the opportunity must know."""
        fresh = self.filtered(lambda record: not record.is_withdrawn)
        fresh.is_withdrawn = True
        for record in fresh.filtered(lambda record: record.lead_id.won_status == "pending"):
            maker = record.peer_id.name
            text = self.env._("%(maker)s took this lead back and gives it to another dealer.", maker=maker)
            record.lead_id.message_post(body=text)
            record.lead_id.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("The maker took it back: close it"),
                user_id=(record.lead_id.user_id or record.peer_id.user_id or self.env.user).id,
            )

    # ------------------------------------------------------------
    # Telling
    # ------------------------------------------------------------

    def action_accept(self):
        """Tell the maker that we look after it."""
        self._tell("accepted")

    def action_open_lead(self):
        """Open the opportunity."""
        self.ensure_one()
        return self.lead_id.get_formview_action()

    def _tell(self, outcome, reason=""):
        """Tell the makers what became of their leads, when it is news."""
        # sudo: whoever moves the opportunity tells; nobody writes here by hand.
        for record in self.sudo().filtered(lambda record: not record.is_withdrawn):
            # The host writes the reason of a loss after the loss.
            more = outcome == record.outcome and reason and reason != record.reason
            if more or referral.follows(record.outcome, outcome):
                record._note(outcome, reason)
                record._emit()

    def _tell_end(self):
        """Tell what ended, and what was taken up again after its end."""
        for record in self:
            status, again = record.lead_id.won_status, record.outcome in ("lost", "declined")
            if status == "won":
                record._tell("won")
            elif status == "lost":
                unseen = record.outcome in ("sent", "late", "declined")
                record._tell("declined" if unseen else "lost", record.lead_id.lost_reason_id.name or "")
            elif record.lead_id.active and again:
                record._tell("contacted")

    def _note(self, outcome, reason):
        reacted = {} if outcome == "late" or self.accepted_at else {"accepted_at": fields.Datetime.now()}
        self.write({"outcome": outcome, "reason": reason[: referral.REASON_LIMIT] or False, **reacted})

    def _emit(self):
        data = {"outcome": self.outcome, "reason": self.reason or ""}
        event = f"outcome:{self.outcome}:{self.reason}:{fields.Datetime.now().isoformat()}"
        self.env["crm.exchange.message"]._emit(self.peer_id, LEAD_OUTCOME, self, event, data, supersede=True)

    @api.model
    def _cron_late(self):
        """Have the person responsible look at leads nobody took in time, and say so to the maker."""
        late = self.search(
            [("outcome", "=", "sent"), ("is_withdrawn", "=", False), ("respond_by", "<", fields.Datetime.now())]
        )
        late._tell("late")
        for record in late.filtered("lead_id"):
            record.lead_id.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("%(maker)s waits for a reaction", maker=record.peer_id.name),
                user_id=(record.peer_id.user_id or record.lead_id.user_id or self.env.user).id,
            )
