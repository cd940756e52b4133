from odoo import models


class AccountJournal(models.Model):
    _inherit = "account.journal"

    def _fill_sale_purchase_dashboard_data(self, dashboard_data):
        """Count what waits in the billing queue, on the first sales journal of each company."""
        result = super()._fill_sale_purchase_dashboard_data(dashboard_data)
        attention = self._count_billing("crm.billing.job", [("job_state", "in", ("blocked", "failed"))])
        differences = self._count_billing("crm.billing.difference", [("state", "=", "open")])
        for journals in self.filtered(lambda journal: journal.type == "sale").grouped("company_id").values():
            journal = journals.sorted(lambda journal: (journal.sequence, journal.id))[0]
            dashboard_data[journal.id].update(
                billing_attention=attention.get(journal.company_id, 0),
                billing_differences=differences.get(journal.company_id, 0),
            )
        return result

    def _count_billing(self, model, domain):
        """Return how many records the user sees, by company; none where he may not look."""
        records = self.env[model]
        if not records.has_access("read"):
            return {}
        return dict(
            records._read_group([*domain, ("company_id", "in", self.company_id.ids)], ["company_id"], ["__count"])
        )

    def action_open_billing_queue(self):
        """Open what waits for a person."""
        return self.env["ir.actions.act_window"]._for_xml_id("crm_accounting_bridge.crm_billing_job_action")

    def action_open_billing_differences(self):
        """Open what the nightly audit found."""
        return self.env["ir.actions.act_window"]._for_xml_id("crm_accounting_bridge.crm_billing_difference_action")
