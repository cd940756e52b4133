from odoo import api, fields, models
from odoo.exceptions import UserError

from ..exceptions import ExchangeRejected
from ..tools import disclosure as disclosure_tools
from .automotive_feedback import ACKED, ANSWERED, SUBMITTED, WITHDRAWN

# Working days until the dealer has an answer, so that the customer has it in time.
DUE_DAYS = {"complaint": 5}


class AutomotiveOemCase(models.Model):
    """The maker's own record of what a dealer's customer said: only what was allowed to leave."""

    _name = "automotive.oem.case"
    _description = "Maker's Case"
    _inherit = ["crm.exchange.mixin", "automotive.number.mixin", "automotive.deadline.mixin", "mail.thread"]
    _order = "id desc"

    # While the dealer is asked, the days do not count.
    _settled_states = ("answered", "closed", "waiting")
    _escalation_group = "crm_automotive_dealer.group_crm_automotive_dealer_maker_manager"

    name = fields.Char("Case")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    peer_id = fields.Many2one("crm.exchange.peer", "Dealer", required=True, readonly=True, index=True)
    dealer_code = fields.Char("Dealer's code", readonly=True)
    kind = fields.Selection(
        [
            ("complaint", "Complaint"),
            ("concern", "Concern"),
            ("suggestion", "Suggestion"),
            ("preference", "Preference"),
            ("praise", "Praise"),
        ],
        required=True,
        readonly=True,
    )
    severity = fields.Selection([("low", "Low"), ("medium", "Medium"), ("high", "High")], readonly=True)
    disclosure = fields.Selection(
        [("aggregate", "Counted only"), ("pseudonymous", "Without who said it"), ("identified", "With name")],
        readonly=True,
    )
    # What the dealer sent, as it was sent
    topic = fields.Char(readonly=True)
    text = fields.Text("What the customer says", readonly=True)
    reference = fields.Char("Dealer's reference", readonly=True)
    day = fields.Char(readonly=True)
    month = fields.Char(readonly=True)
    brand = fields.Char(readonly=True)
    model = fields.Char(readonly=True)
    model_year = fields.Integer("Year", readonly=True, aggregator=None)
    vin_pattern = fields.Char("Type of vehicle", readonly=True)
    vin = fields.Char("VIN", readonly=True, index="btree_not_null")
    odometer_about = fields.Integer("About (km)", readonly=True, aggregator=None)
    odometer = fields.Integer("Odometer (km)", readonly=True, aggregator=None)
    customer_token = fields.Char("Customer's token", readonly=True, index="btree_not_null")
    customer_name = fields.Char("Customer", readonly=True)
    customer_email = fields.Char("E-mail", readonly=True)
    customer_phone = fields.Char("Phone", readonly=True)
    language = fields.Char(readonly=True)
    informed_on = fields.Char("Customer informed on", readonly=True)
    solved = fields.Selection([("yes", "Solved"), ("no", "Not solved")], "Customer says", readonly=True)
    rating = fields.Integer("Satisfaction (1-5)", readonly=True, aggregator="avg")
    # Our work
    user_id = fields.Many2one("res.users", "Handled by", tracking=True)
    root_cause = fields.Char(tracking=True)
    answer = fields.Text(help="The dealer tells the customer. Write it so that it can be read out.")
    answer_number = fields.Integer("Answers", readonly=True, aggregator=None)
    answered_at = fields.Datetime("Answered on", readonly=True)
    state = fields.Selection(
        [
            ("new", "New"),
            ("in_review", "In review"),
            ("waiting", "Question to the dealer"),
            ("answered", "Answered"),
            ("reopened", "Reopened"),
            ("closed", "Closed"),
        ],
        default="new",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
    )

    _uuid_unique = models.UniqueIndex("(peer_id, uuid)")

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_review(self):
        """Take the case."""
        for case in self.filtered(lambda c: c.state in ("new", "reopened")):
            case.write({"state": "in_review", "user_id": case.user_id.id or self.env.uid})

    def action_answer(self):
        """Send the answer to the dealer: one message, in this transaction."""
        for case in self:
            if case.state not in ("new", "in_review", "waiting", "reopened"):
                raise UserError(self.env._("%(case)s has its answer already.", case=case.name))
            if not (case.answer or "").strip():
                raise UserError(self.env._("Write the answer of %(case)s first.", case=case.name))
            case.write(
                {
                    "state": "answered",
                    "answered_at": fields.Datetime.now(),
                    "answer_number": case.answer_number + 1,
                    "user_id": case.user_id.id or self.env.uid,
                }
            )
            case._emit(ANSWERED, f"answered:{case.answer_number}")

    # ------------------------------------------------------------
    # Exchange
    # ------------------------------------------------------------

    def _emit(self, kind, event, correlation=None):
        """Tell the dealer the whole state of the case."""
        messages = self.env["crm.exchange.message"]
        return messages._emit(self.peer_id, kind, self, event, self._prepare_told(), correlation=correlation)

    def _prepare_told(self):
        """Return what the dealer is told; to be extended."""
        return {"case_number": self.name, "state": self.state, "answer": self.answer or ""}

    @api.model
    def _exchange_receive(self, content, entry):
        """Make or update the case of a dealer's feedback; every message carries its whole state."""
        try:
            data = disclosure_tools.accept(content["data"])
        except ValueError as error:
            raise ExchangeRejected(self.env._("The field %(name)s cannot be used.", name=error)) from None
        if content.get("disclosure") not in disclosure_tools.LEVELS:
            raise ExchangeRejected(self.env._("The field %(name)s cannot be used.", name="disclosure"))
        case = self.search([("peer_id", "=", entry.peer_id.id), ("uuid", "=", content["subject"])])
        if not case and content["type"] == WITHDRAWN:
            return entry.peer_id, False  # it never arrived: nothing to take back
        values = self._prepare_snapshot(data, content["disclosure"])
        if case:
            case.write(values)
        else:
            case = self.create({**values, **self._prepare_case(content, entry, data)})
        case._on_received(content, data)
        return case, case.name

    def _on_received(self, content, data):
        """React to what arrived; to be extended.

        :param content: the whole message
        :param data: what it says, as it was accepted
        """
        self._follow(data)
        if content["type"] == SUBMITTED:
            self._emit(ACKED, f"acked:{content['id']}", correlation=content["id"])

    @api.model
    def _prepare_snapshot(self, data, level):
        """Return what was sent, and nothing where nothing was: what was taken back goes here, too."""
        names = [name for name in disclosure_tools.ALLOWED["identified"] if name not in ("solved", "kind")]
        return {
            **{name: data.get(name, False) for name in names},
            "kind": data["kind"],
            "disclosure": level,
            "solved": {True: "yes", False: "no"}.get(data.get("solved"), False),
        }

    @api.model
    def _prepare_case(self, content, entry, data):
        """Return the values of a new case that the dealer does not decide."""
        days = DUE_DAYS.get(data["kind"])
        today = fields.Date.context_today(self)
        return {
            "uuid": content["subject"],
            "peer_id": entry.peer_id.id,
            "company_id": entry.company_id.id,
            "dealer_code": entry.peer_id.remote_key,
            "answer_due": entry.company_id._add_working_days(today, days) if days else False,
            # What was only counted has no answer.
            "state": "closed" if content["disclosure"] == "aggregate" else "new",
        }

    def _follow(self, data):
        """Close or reopen the case as the customer's verdict says."""
        if data.get("solved") is True and self.state == "answered":
            self.state = "closed"
        elif data.get("solved") is False and self.state in ("answered", "closed"):
            self._reopen(self.env._("The customer is not content"))

    def _reopen(self, why):
        """Ask for another answer; the former one stays in the history, the days begin again."""
        self.message_post(body=self.env._("Former answer: %(text)s", text=self.answer))
        days = DUE_DAYS.get(self.kind)
        due = self.company_id._add_working_days(fields.Date.context_today(self), days) if days else False
        again = {"answer_due": due, "warned_on": False, "escalated_on": False}
        self.write({"state": "reopened", "answer": False, **again})
        self._ask_handler(why)

    def _ask_handler(self, summary):
        if self.user_id:
            self.activity_schedule("mail.mail_activity_data_todo", summary=summary, user_id=self.user_id.id)
