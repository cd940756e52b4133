from odoo import api, fields, models


class CrmBillingJobFix(models.TransientModel):
    """Ask an accountant for the one thing that an invoice lacks, write it where it belongs and try again."""

    _name = "crm.billing.job.fix"
    _description = "What an invoice lacks"

    job_id = fields.Many2one("crm.billing.job", required=True)
    code = fields.Char(related="job_id.error_code")
    message = fields.Text(related="job_id.error_message", string="What is wrong")
    company_id = fields.Many2one(related="job_id.company_id")
    partner_id = fields.Many2one("res.partner", "Customer", compute="_compute_values", store=True)
    vat = fields.Char("Tax number", compute="_compute_values", store=True, readonly=False)
    street = fields.Char(compute="_compute_values", store=True, readonly=False)
    zip = fields.Char("ZIP", compute="_compute_values", store=True, readonly=False)
    city = fields.Char(compute="_compute_values", store=True, readonly=False)
    country_id = fields.Many2one("res.country", compute="_compute_values", store=True, readonly=False)
    email = fields.Char("E-mail", compute="_compute_values", store=True, readonly=False)
    credit_limit = fields.Float(compute="_compute_values", store=True, readonly=False)
    allow_once = fields.Boolean("Only for this invoice", default=True)
    reference = fields.Char("Customer's order number")
    journal_id = fields.Many2one(
        "account.journal", domain="[('type', '=', 'sale'), ('company_id', 'parent_of', company_id)]"
    )
    account_id = fields.Many2one(
        "account.account",
        "Income account",
        domain="[('company_ids', 'in', company_id), ('account_type', 'in', ('income', 'income_other'))]",
    )

    @api.depends("job_id")
    def _compute_values(self):
        for fix in self:
            partner = fix.job_id.order_id.partner_invoice_id
            firm = partner.commercial_partner_id.with_company(fix.company_id)
            fix.partner_id = firm if fix.code in ("E_NOVAT", "E_CREDIT") else partner
            for name in ("street", "zip", "city", "country_id", "email"):
                fix[name] = partner[name]
            fix.vat = firm.vat
            fix.credit_limit = firm.sudo().credit_limit  # sudo: after the job's ACL; shown to accountants only

    def action_apply(self):
        """Write what was entered, with the rights of the user, and try the job again."""
        self.ensure_one()
        job = self.job_id
        job._check_approver()
        partner = self.partner_id.with_company(job.company_id)
        if self.code == "E_NOVAT":
            partner.vat = self.vat
        elif self.code == "E_ADDR":
            partner.write({name: self[name] for name in ("street", "zip", "city")} | {"country_id": self.country_id.id})
        elif self.code == "E_NOMAIL":
            partner.email = self.email
        elif self.code == "E_PO":
            job.order_id.client_order_ref = self.reference
        elif self.code == "E_CREDIT":
            self._apply_credit(partner)
        elif self.code == "E_JOURNAL":
            job.sudo().journal_id = self.journal_id  # sudo: after the check; people never write jobs
        elif self.code == "E_ACCOUNT":
            products = job._get_products_without_account()
            products.property_account_income_id = self.account_id
        job.action_job_retry()
        return {"type": "ir.actions.act_window_close"}

    def _apply_credit(self, partner):
        """Allow it once, or raise the limit of the customer."""
        if self.allow_once:
            self.job_id.sudo().credit_allowed_by_id = self.env.uid  # sudo: after the check; people never write jobs
        else:
            partner.credit_limit = self.credit_limit
