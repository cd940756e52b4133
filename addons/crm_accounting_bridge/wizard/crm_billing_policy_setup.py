from odoo import fields, models


class CrmBillingPolicySetup(models.TransientModel):
    """Make a billing policy out of three that most companies want."""

    _name = "crm.billing.policy.setup"
    _description = "New billing policy"

    kind = fields.Selection(
        [
            ("approve", "Every signed quote waits for an accountant, who approves the invoice"),
            ("post", "Every signed quote is invoiced at once"),
            ("deposit", "A deposit at the signature, the balance at the end"),
        ],
        "What should happen",
        required=True,
        default="approve",
    )
    trigger = fields.Selection(
        [
            ("signed", "The customer signs"),
            ("paid", "The customer pays online"),
            ("confirmed", "The order is confirmed"),
        ],
        "When",
        required=True,
        default="signed",
    )
    deposit_percent = fields.Float("Deposit (%)", default=10)
    final_due = fields.Selection(
        [("manual", "When somebody says so"), ("delivered", "When everything is delivered")],
        "Balance",
        required=True,
        default="manual",
    )
    send = fields.Boolean("Send the invoice by e-mail")
    team_id = fields.Many2one("crm.team", "Only for the team", check_company=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    user_id = fields.Many2one(
        "res.users", "Who is told when one stops", required=True, default=lambda self: self.env.user, check_company=True
    )

    def action_create(self):
        """Make the policy and open it.

        :return: the action that opens it
        """
        self.ensure_one()
        policy = self.env["crm.billing.policy"].create(self._prepare_policy())
        return {
            "type": "ir.actions.act_window",
            "res_model": policy._name,
            "res_id": policy.id,
            "views": [(False, "form")],
        }

    def _prepare_policy(self):
        """Return the values of the policy; to be extended with ``kind``."""
        self.ensure_one()
        deposit = self.kind == "deposit"
        names = {
            "approve": self.env._("Invoice after approval"),
            "post": self.env._("Invoice at once"),
            "deposit": self.env._("Deposit of %(percent)g %%, then the balance", percent=self.deposit_percent),
        }
        return {
            "name": names[self.kind],
            "company_id": self.company_id.id,
            "team_id": self.team_id.id,
            "user_id": self.user_id.id,
            "trigger": self.trigger,
            "mode": "hold" if self.kind == "approve" else "send" if self.send else "post",
            "identity_rule": "companies",
            "deposit_percent": self.deposit_percent if deposit else 0,
            "final_due": self.final_due if deposit else "trigger",
        }
