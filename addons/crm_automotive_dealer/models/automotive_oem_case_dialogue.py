from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .automotive_feedback import DISPUTED, QUESTION, REPLIED

ASKABLE = ("new", "in_review", "reopened")


class AutomotiveOemCase(models.Model):
    """What the maker asks the dealer about a case, and what the dealer says against an answer."""

    _inherit = "automotive.oem.case"

    question = fields.Text("Question to the dealer", help="While it is open, the days do not count.")
    asked_on = fields.Date(readonly=True)
    question_number = fields.Integer("Questions", readonly=True, aggregator=None)
    reply = fields.Text("The dealer replies", readonly=True)
    dispute = fields.Text("The dealer disagrees", readonly=True)
    issue_id = fields.Many2one(
        "automotive.known.issue",
        "Known issue",
        index="btree_not_null",
        check_company=True,
        tracking=True,
        domain="[('origin_peer_id', '=', False), ('company_id', '=', company_id)]",
    )
    like_count = fields.Integer("Like this one", compute="_compute_like_count")

    # ------------------------------------------------------------
    # Like cases
    # ------------------------------------------------------------

    @api.depends("model", "topic")
    def _compute_like_count(self):
        """Count the other cases about the same topic of the same model; one query for all."""
        domain = Domain("model", "in", self.mapped("model")) & Domain("topic", "in", self.mapped("topic"))
        groups = self._read_group(domain, ["company_id", "model", "topic"], ["__count"])
        counts = {(company, model, topic): count for company, model, topic, count in groups}
        for case in self:
            alike = counts.get((case.company_id, case.model, case.topic), 0) if case.model and case.topic else 0
            case.like_count = max(alike - 1, 0)

    def action_open_like(self):
        """Open the cases about the same topic of the same model, to group them."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_automotive_dealer.automotive_oem_case_action")
        action["domain"] = [
            ("model", "=", self.model),
            ("topic", "=", self.topic),
            ("company_id", "=", self.company_id.id),
        ]
        action["context"] = {}
        return action

    @api.onchange("issue_id")
    def _onchange_issue_id(self):
        """Begin with the answer that is known already."""
        if not self.answer and self.state not in ("answered", "closed"):
            self.answer = self.issue_id.customer_text

    # ------------------------------------------------------------
    # Question
    # ------------------------------------------------------------

    def action_ask(self):
        """Ask the dealer: one message; until the reply is here, the days do not count."""
        for case in self:
            if case.state not in ASKABLE:
                raise UserError(self.env._("%(case)s cannot be asked about now.", case=case.name))
            if not (case.question or "").strip():
                raise UserError(self.env._("Write the question about %(case)s first.", case=case.name))
            case.write(
                {
                    "state": "waiting",
                    "asked_on": fields.Date.context_today(self),
                    "question_number": case.question_number + 1,
                    "user_id": case.user_id.id or self.env.uid,
                }
            )
            case._emit(QUESTION, f"question:{case.question_number}")

    def _prepare_told(self):
        return {**super()._prepare_told(), "question": self.question or ""}

    def _on_received(self, content, data):
        """React to a reply and to a disagreement."""
        super()._on_received(content, data)
        if content["type"] == REPLIED and self.state == "waiting":
            self._take_reply()
        elif content["type"] == DISPUTED and self.state in ("answered", "closed"):
            self._reopen(self.env._("The dealer disagrees: decide"))

    def _take_reply(self):
        """Go on; the days the dealer took are added."""
        company, today = self.company_id, fields.Date.context_today(self)
        taken = company._count_working_days(self.asked_on, today) if self.asked_on else 0
        due = company._add_working_days(self.answer_due, taken) if self.answer_due else False
        self.message_post(body=self.env._("Question: %(text)s", text=self.question))
        self.write({"state": "in_review", "answer_due": due, "question": False})
        self._ask_handler(self.env._("The dealer replied"))
