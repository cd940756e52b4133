import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("crm_core_handover_tour", {
    steps: () => [
        {
            content: "Somebody leaves: prepare a hand-over",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "From whom",
            trigger: ".o_field_widget[name='from_user_id'] input",
            run: "edit Leo Leaver",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('Leo Leaver')",
            run: "click",
        },
        {
            content: "To whom",
            trigger: ".o_field_widget[name='user_id'] input",
            run: "edit Hanna Heir",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('Hanna Heir')",
            run: "click",
        },
        {
            content: "The preview counts the contacts",
            trigger: ".o_field_widget[name='scope_ids'] tr:contains('Contacts'):contains('2')",
        },
        {
            content: "Hand over",
            trigger: "button[name='action_start']",
            run: "click",
        },
        {
            content: "Done: look at what was handed over",
            trigger: "button[name='action_open_lines']:contains('2')",
            timeout: 60000, // a busy machine hands over slowly
            run: "click",
        },
        {
            content: "Each record is listed, with what the new owner must know",
            trigger: ".o_data_row:contains('Customer of Leo') button[name='action_open_brief']",
            run: "click",
        },
        {
            trigger: ".modal .o_crm_brief:contains('Promised and planned')",
        },
        {
            trigger: ".modal-footer button:contains('Close')",
            run: "click",
        },
        {
            content: "Back",
            trigger: ".o_back_button",
            run: "click",
        },
        {
            content: "It was a mistake",
            trigger: "button[name='action_undo']",
            run: "click",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "Everything is back",
            trigger: ".o_arrow_button_current:contains('Undone')",
        },
    ],
});
