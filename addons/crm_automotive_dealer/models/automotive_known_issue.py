from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

ISSUE_PUBLISHED = "automotive.issue.published.v1"


class AutomotiveKnownIssue(models.Model):
    """Cases that are alike, with one answer for all; published, every dealer has it before asking."""

    _name = "automotive.known.issue"
    _description = "Known Issue"
    _inherit = ["automotive.publication.mixin"]
    _order = "id desc"
    _check_company_auto = True

    _publication_type = ISSUE_PUBLISHED
    _publication_texts = {"name": 128, "topic": 256, "model": 256, "customer_text": 4000, "dealer_text": 4000}

    name = fields.Char(required=True, tracking=True)
    topic = fields.Char(help="Shown at feedback on this topic; empty: on all.")
    model = fields.Char(help="Shown at feedback about this model; empty: about all.")
    customer_text = fields.Text("Answer", help="The answer to every case, which the dealer tells the customer.")
    dealer_text = fields.Text("What dealers do")
    case_ids = fields.One2many("automotive.oem.case", "issue_id", "Cases")
    case_count = fields.Integer("Cases of it", compute="_compute_case_counts")
    open_case_count = fields.Integer("To answer", compute="_compute_case_counts")

    _uuid_unique = models.UniqueIndex("(company_id, uuid)")

    def _compute_case_counts(self):
        if not self.env["automotive.oem.case"].has_access("read"):
            self.case_count = self.open_case_count = 0
            return
        groups = self.env["automotive.oem.case"]._read_group(
            [("issue_id", "in", self.ids)], ["issue_id", "state"], ["__count"]
        )
        for issue in self:
            mine = [(state, count) for found, state, count in groups if found == issue]
            issue.case_count = sum(count for _state, count in mine)
            issue.open_case_count = sum(count for state, count in mine if state not in ("answered", "closed"))

    def _check_publishable(self):
        if not (self.customer_text or "").strip():
            raise UserError(self.env._("Write the answer of “%(issue)s” first.", issue=self.name))

    def action_answer_all(self):
        """Send the answer to every case that waits for one."""
        self.ensure_one()
        self._check_own()
        self._check_publishable()
        waiting = self.case_ids.filtered(lambda case: case.state not in ("answered", "closed"))
        waiting.answer = self.customer_text
        waiting.action_answer()
        message = self.env._("%(count)s cases are answered.", count=len(waiting))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "type": "success", "next": {"type": "ir.actions.act_window_close"}},
        }

    @api.model
    def _find_for(self, company, model, topic):
        """Return what makers told a dealer about a model and a topic.

        :param model: name of the model, may be empty
        :param topic: name of the topic, may be empty: then only issues of the whole model
        """
        domain = Domain("company_id", "=", company.id) & Domain("origin_peer_id", "!=", False)
        domain &= Domain("state", "=", "published")
        domain &= Domain("model", "in", [model, "", False]) & Domain("topic", "in", [topic, "", False])
        return self.search(domain, limit=5)
