import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("crm_web_form_build", {
    url: "/odoo/crm-web-forms",
    steps: () => [
        {
            content: "Make a form",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Give it a title",
            trigger: ".o_field_widget[name=name] input, .o_field_widget[name=name] textarea",
            run: "edit Ask about a home",
        },
        {
            content: "It has the usual fields at once",
            trigger: ".o_field_widget[name=field_ids] .o_data_row:contains(E-mail)",
        },
        {
            content: "Ask one thing more",
            trigger: ".o_field_widget[name=field_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "Write the question",
            trigger: ".o_selected_row .o_field_widget[name=label] input",
            run: "edit Which home?",
        },
        {
            content: "Publish it",
            trigger: ".o_form_statusbar button[name=action_publish]:contains(Publish)",
            run: "click",
        },
        {
            content: "Wait until it is published",
            trigger: ".o_form_statusbar button[name=action_open_page]",
        },
        {
            content: "Look at it as visitors do",
            trigger: ".nav-link[name=preview]",
            run: "click",
        },
        {
            content: "The new question is asked",
            trigger: ".o_widget_crm_web_form_preview :iframe label:contains(Which home?)",
        },
        {
            content: "See how to share it",
            trigger: ".nav-link[name=share]",
            run: "click",
        },
        {
            content: "The link is there",
            trigger: ".o_field_widget[name=public_url]:contains(/crm/f/)",
        },
        {
            content: "So is the form as HTML",
            trigger: ".o_field_widget[name=snippet_html]:contains(which_home)",
        },
    ],
});

registry.category("web_tour.tours").add("crm_web_form_results", {
    url: "/odoo/crm-web-forms",
    steps: () => [
        {
            content: "Open the form",
            trigger: ".o_data_row .o_data_cell[name=name]:contains(Contact us)",
            run: "click",
        },
        {
            content: "See how visitors see it",
            trigger: ".nav-link[name=preview]",
            run: "click",
        },
        {
            content: "It is there; now on a phone",
            trigger: ".o_crm_web_form_preview",
        },
        {
            content: "Look at its results",
            trigger: ".nav-link[name=results]",
            run: "click",
        },
        {
            content: "The way from a look to a lead is drawn",
            trigger: ".o_field_widget[name=funnel_html] tr:contains(Seen):contains(1)",
        },
        {
            content: "Open all of it",
            trigger: "button[name=action_open_results]",
            run: "click",
        },
        {
            content: "Read the numbers",
            trigger: ".o_pivot_view .o_pivot th:contains(Sent)",
        },
    ],
});

registry.category("web_tour.tours").add("crm_web_form_quarantine", {
    url: "/odoo/crm-web-forms",
    steps: () => [
        {
            content: "Open the form",
            trigger: ".o_data_row .o_data_cell[name=name]:contains(Contact us)",
            run: "click",
        },
        {
            content: "See what was sent",
            trigger: "button[name=action_open_submissions]",
            run: "click",
        },
        {
            content: "The reason stands in the list",
            trigger: ".o_data_row:contains(looks like spam) .o_data_cell[name=name]",
            run: "click",
        },
        {
            content: "It says what speaks against it; it is a person all the same",
            trigger: "button[name=action_job_retry]:contains(Not spam)",
            run: "click",
        },
        {
            content: "It is among those to be processed",
            trigger: ".o_arrow_button_current:contains(Pending), .o_arrow_button_current:contains(Done)",
        },
    ],
});
