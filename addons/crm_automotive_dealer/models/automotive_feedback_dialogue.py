from odoo import api, fields, models
from odoo.exceptions import UserError

from ..exceptions import ExchangeRejected
from ..tools import disclosure as disclosure_tools
from .automotive_feedback import DISPUTED, QUESTION, REPLIED


class AutomotiveFeedback(models.Model):
    """What the maker asks back, what we say against an answer, and what the maker has told already."""

    _inherit = "automotive.feedback"

    question = fields.Text("The maker asks", readonly=True, copy=False)
    reply = fields.Text("Our reply", copy=False)
    reply_leaves = fields.Text("What leaves of it", compute="_compute_reply_leaves")
    question_open = fields.Boolean("Question of the maker", readonly=True, copy=False)
    dispute = fields.Text("Why we disagree", copy=False, help="The maker decides again.")
    disputed_at = fields.Datetime("Disagreed on", readonly=True, copy=False)
    known_issue_ids = fields.Many2many(
        "automotive.known.issue", string="Known already", compute="_compute_known_issue_ids"
    )

    @api.depends("reply", "dispute", "disclosure_effective")
    def _compute_reply_leaves(self):
        for feedback in self:
            data = feedback._get_data()
            feedback.reply_leaves = data.get("reply") if feedback.question_open else data.get("dispute")

    @api.depends("vehicle_id", "topic_id", "company_id")
    def _compute_known_issue_ids(self):
        """Show what the maker told about this before it is asked again."""
        issues = self.env["automotive.known.issue"]
        for feedback in self:
            about = (feedback.vehicle_id.model_id.name, feedback.topic_id.name)
            feedback.known_issue_ids = issues._find_for(feedback.company_id, *about) if all(about) else issues

    def _get_facts(self):
        return {**super()._get_facts(), "reply": self.reply, "dispute": self.dispute}

    def _get_data_labels(self):
        more = {"reply": self.env._("Our reply"), "dispute": self.env._("Why we disagree")}
        return {**super()._get_data_labels(), **more}

    # ------------------------------------------------------------
    # Question
    # ------------------------------------------------------------

    @api.model
    def _exchange_receive_reply(self, content, entry):
        result = super()._exchange_receive_reply(content, entry)
        question = content["data"].get("question") or ""
        if content["type"] == QUESTION:
            if not isinstance(question, str) or not question.strip() or "\x00" in question:
                raise ExchangeRejected(self.env._("The field %(name)s cannot be used.", name="question"))
            result[0]._take_question(question[: disclosure_tools.TEXT_LIMIT])
        return result

    def _take_question(self, question):
        self.write({"question": question, "reply": False, "question_open": True})
        self._remind(self.env._("The maker asks something: reply"))

    def _take_answer(self, answer):
        """An answer settles what was asked and said before."""
        super()._take_answer(answer)
        self.question_open = False

    def action_reply(self):
        """Send our reply to the maker."""
        for feedback in self.filtered("question_open"):
            if not (feedback.reply or "").strip():
                raise UserError(self.env._("Write the reply about %(name)s first.", name=feedback.name))
            feedback.question_open = False
            feedback.activity_feedback(["mail.mail_activity_data_todo"])
            feedback._emit(REPLIED, f"replied:{fields.Datetime.now().isoformat()}")

    # ------------------------------------------------------------
    # Dispute
    # ------------------------------------------------------------

    def action_dispute(self):
        """Tell the maker that the answer will not do, and why: the case is open again there."""
        for feedback in self:
            feedback._require("disputed")
            if not (feedback.dispute or "").strip():
                raise UserError(self.env._("Write why we disagree about %(name)s first.", name=feedback.name))
            feedback._set_state("disputed")
            feedback.activity_feedback(["mail.mail_activity_data_todo"])
            feedback._emit(DISPUTED, f"disputed:{feedback.answered_at}")
