import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("crm_accounting_bridge_queue_tour", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open Invoicing",
            trigger: ".o_app[data-menu-xmlid='account.menu_finance']",
            run: "click",
        },
        {
            content: "Customers",
            trigger: "[data-menu-xmlid='account.menu_finance_receivables']",
            run: "click",
        },
        {
            content: "The queue",
            trigger: "[data-menu-xmlid='crm_accounting_bridge.crm_billing_job_menu']",
            run: "click",
        },
        {
            content: "The list says why it waits",
            trigger: ".o_data_row:contains('waits for approval') .o_data_cell[name='display_name']",
            run: "click",
        },
        {
            content: "So does the form",
            trigger: ".o_form_view .alert-warning:contains('Check it and press Approve')",
        },
        {
            content: "Approve",
            trigger: "button[name='action_approve']:not([disabled])",
            run: "click",
        },
        {
            content: "It is on its way",
            trigger: ".o_form_view .o_field_widget[name='approved_by_id']",
        },
    ],
});

registry.category("web_tour.tours").add("crm_accounting_bridge_invoice_tour", {
    steps: () => [
        {
            content: "Done: open the invoice",
            trigger: "button[name='action_open_move']",
            run: "click",
        },
        {
            content: "It is posted",
            trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Posted')",
        },
        {
            content: "Back to the job by the breadcrumb",
            trigger: ".o_breadcrumb a:contains(': ')",
            run: "click",
        },
        {
            content: "Open the quote",
            trigger: "button[name='action_open_order']",
            run: "click",
        },
        {
            content: "From the quote to what was accepted",
            trigger: "button[name='action_open_billing']:contains('Invoiced')",
            run: "click",
        },
        {
            content: "Instalment and invoice",
            trigger: ".o_field_widget[name='installment_ids']:contains('Invoiced')",
        },
    ],
});
