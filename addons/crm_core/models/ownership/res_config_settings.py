from odoo import api, fields, models

RULES = ("crm_core.res_partner_rule_own_portfolio", "crm_core.res_partner_rule_all_portfolios")


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    crm_own_portfolio = fields.Boolean(
        "Own portfolio only", help="Salespeople without “All Documents” see only contacts they work with or nobody has."
    )

    @api.model
    def get_values(self):
        """Tell whether the rules of the portfolio are on."""
        return {**super().get_values(), "crm_own_portfolio": self.env.ref(RULES[0]).active}

    def set_values(self):
        """Switch the rules of the portfolio."""
        super().set_values()
        rules = self.env["ir.rule"].union(*map(self.env.ref, RULES))
        if rules[0].active != self.crm_own_portfolio:
            rules.active = self.crm_own_portfolio
