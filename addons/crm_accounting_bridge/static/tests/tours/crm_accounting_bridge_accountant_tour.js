import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("crm_accounting_bridge_policy_tour", {
    steps: () => [
        {
            content: "A ready policy",
            trigger: ".o_list_view button:contains('Ready policies'), .o_control_panel button:contains('Ready policies')",
            run: "click",
        },
        {
            content: "A deposit, then the balance",
            trigger: ".modal .o_radio_input[data-value='deposit']",
            run: "click",
        },
        {
            content: "Create it",
            trigger: ".modal button[name='action_create']",
            run: "click",
        },
        {
            content: "It is there",
            trigger: ".o_form_view .o_field_widget[name='name'] textarea, .o_form_view .o_field_widget[name='name'] input",
        },
        {
            content: "Try it on a quote",
            trigger: "button[name='action_simulate']",
            run: "click",
        },
        {
            content: "Which quote",
            trigger: ".modal .o_field_widget[name='order_id'] input",
            run: "edit Ana Buyer",
        },
        {
            content: "That one",
            trigger: ".modal .o-autocomplete--dropdown-item:contains('Ana Buyer')",
            run: "click",
        },
        {
            content: "The documents it would become",
            trigger: ".modal .o_field_widget[name='result_html']:contains('Deposit'):contains('121.00'):contains('1,089.00')",
        },
        {
            content: "Close",
            trigger: ".modal footer button:contains('Close')",
            run: "click",
        },
        {
            content: "Back",
            trigger: "body:not(:has(.modal)) .o_form_view",
        },
    ],
});

registry.category("web_tour.tours").add("crm_accounting_bridge_fix_tour", {
    steps: () => [
        {
            content: "What stopped in the night",
            trigger: ".o_data_row:contains('order number') .o_data_cell[name='display_name']",
            run: "click",
        },
        {
            content: "The fix is a button",
            trigger: "button[name='action_fix']:contains('Enter the order number')",
            run: "click",
        },
        {
            content: "The one thing that is missing",
            trigger: ".modal .o_field_widget[name='reference'] input",
            run: "edit PO 4711",
        },
        {
            content: "Save and try again",
            trigger: ".modal button[name='action_apply']",
            run: "click",
        },
        {
            content: "It is on its way",
            trigger: "body:not(:has(.modal)) .o_statusbar_status button.o_arrow_button_current:contains('Pending')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_accounting_bridge_export_tour", {
    steps: () => [
        {
            content: "A new export",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "For whom",
            trigger: ".o_field_widget[name='profile_id'] input",
            run: "edit Adviser",
        },
        {
            content: "Our adviser",
            trigger: ".o-autocomplete--dropdown-item:contains('Adviser')",
            run: "click",
        },
        {
            content: "What is in it",
            trigger: ".o_field_widget[name='preview_html']:contains('Debit')",
        },
        {
            content: "Export",
            trigger: "button[name='action_export']:not([disabled])",
            run: "click",
        },
        {
            content: "It has left; the file waits",
            trigger: "button[name='action_download']",
        },
    ],
});
