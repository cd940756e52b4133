import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("crm_core_intake_tour", {
    steps: () => [
        {
            content: "Open what waits for a person",
            trigger: ".o_data_row .o_data_cell:contains('Which Twin')",
            run: "click",
        },
        {
            content: "The reason is said",
            trigger: ".alert-warning:contains('Several contacts fit')",
        },
        {
            content: "Choose the second candidate",
            trigger: ".o_field_widget[name='candidate_ids'] .o_data_row:contains('Twin B') button",
            run: "click",
        },
        {
            content: "The opportunity is there, of the chosen contact",
            trigger: ".o_form_view .o_field_widget[name='partner_id'] input:value(Twin B)",
        },
    ],
});
