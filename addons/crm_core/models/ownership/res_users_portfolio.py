from odoo import api, fields, models
from odoo.fields import Domain


class ResUsers(models.Model):
    """What each salesperson looks after, as far as the reader may see it."""

    _inherit = "res.users"

    portfolio_contact_count = fields.Integer("Contacts", compute="_compute_portfolio")
    portfolio_lead_count = fields.Integer("Open opportunities", compute="_compute_portfolio")
    portfolio_idle_count = fields.Integer("Without next step", compute="_compute_portfolio")
    portfolio_quote_count = fields.Integer("Open quotes", compute="_compute_portfolio")
    portfolio_late_count = fields.Integer("Late", compute="_compute_portfolio")

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_portfolio(self):
        """Count in one query for each figure, whatever the number of people."""
        for name, (model, domain) in self._get_portfolio_domains().items():
            counts = {}
            if self.env[model].has_access("read"):
                own = Domain("user_id", "in", self.ids) & Domain(domain)
                counts = dict(self.env[model]._read_group(own, ["user_id"], ["__count"]))
            for user in self:
                user[name] = counts.get(user, 0)

    @api.model
    def _get_portfolio_domains(self):
        """Return {figure: (model, domain)}; a hook."""
        opportunity = Domain("type", "=", "opportunity") & Domain("won_status", "=", "pending")
        late = Domain("date_deadline", "<", fields.Date.context_today(self))
        return {
            "portfolio_contact_count": ("res.partner", Domain.TRUE),
            "portfolio_lead_count": ("crm.lead", opportunity),
            "portfolio_idle_count": ("crm.lead", opportunity & Domain("activity_ids", "=", False)),
            "portfolio_quote_count": ("sale.order", Domain("state", "in", ("draft", "sent"))),
            "portfolio_late_count": ("mail.activity", late),
        }

    def action_open_portfolio(self):
        """Open the records behind a figure; the context names it."""
        self.ensure_one()
        model, domain = self._get_portfolio_domains()[self.env.context["crm_core_figure"]]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Portfolio of %(name)s", name=self.name),
            "res_model": model,
            "views": [(False, "list"), (False, "form")],
            "domain": list(Domain("user_id", "=", self.id) & domain),
        }

    @api.model
    def action_crm_portfolio(self):
        """Open the portfolios: a manager's of everybody, else one's own."""
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_core.res_users_action_portfolio")
        if not self.env.user.has_group("sales_team.group_sale_salesman_all_leads"):
            action["domain"] = [("id", "=", self.env.uid)]
        return action
