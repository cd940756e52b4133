import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("crm_accounting_bridge_receivable_tour", {
    steps: () => [
        {
            content: "Before the call: the customer is overdue",
            trigger: ".o_crm_receivable_alert:contains('1,000.00')",
        },
        {
            content: "The whole story",
            trigger: ".o_notebook a[name='crm_receivables']",
            run: "click",
        },
        {
            content: "What is left of the credit",
            trigger: ".o_crm_receivable_card:contains('1,500.00'):contains('10 days late')",
        },
        {
            content: "Invoices have their PDF",
            trigger: ".o_crm_receivable_card a[href^='/crm_accounting_bridge/receivable/']",
        },
    ],
});
