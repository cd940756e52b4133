import { registry } from "@web/core/registry";

const ENTRY = ".o_crm_timeline_entry";

registry.category("web_tour.tours").add("crm_core_timeline_tour", {
    steps: () => [
        {
            content: "The form asks nothing of the timeline",
            trigger: ".o_form_view .o_notebook:not(:has(.o_crm_timeline))",
        },
        {
            content: "How well the contact is known",
            trigger: ".o_notebook .nav-link[name='crm_relationship']",
            run: "click",
        },
        {
            content: "Level, score and what is missing in the data",
            trigger: ".o_notebook .tab-pane.active:has(.o_field_widget[name='relationship_score']) .o_field_widget[name='data_missing']:contains('City')",
        },
        {
            content: "Open the timeline",
            trigger: ".o_notebook .nav-link[name='crm_timeline']",
            run: "click",
        },
        {
            content: "The figures are there",
            trigger: ".o_crm_timeline:contains('Open quotes'):contains('Bought')",
        },
        {
            content: "A page of entries, the newest first",
            trigger: `${ENTRY}:first:contains('Message 25')`,
        },
        {
            content: "Show more",
            trigger: `.o_crm_timeline:has(${ENTRY}:eq(19)):not(:has(${ENTRY}:eq(20))) .o_crm_timeline_more`,
            run: "click",
        },
        {
            content: "Everything is shown",
            trigger: `.o_crm_timeline:has(${ENTRY}:contains('Message 1')):not(:has(.o_crm_timeline_more))`,
        },
        {
            content: "Nothing of a kind says so",
            trigger: ".o_crm_timeline button[data-kind='meeting']",
            run: "click",
        },
        {
            trigger: ".o_crm_timeline_empty:contains('Nothing of this kind yet')",
        },
        {
            trigger: ".o_crm_timeline button[data-kind='meeting'].btn-secondary",
            run: "click",
        },
        {
            content: "Only quotes",
            trigger: ".o_crm_timeline button[data-kind='order']",
            run: "click",
        },
        {
            content: "Open the quote",
            trigger: `.o_crm_timeline:not(:has(${ENTRY}[data-kind='message'])) ${ENTRY}[data-kind='order']`,
            run: "click",
        },
        {
            content: "The quote is open, the contact is the way back",
            trigger: "body:has(.o_form_view .o_field_widget[name='order_line']) .o_breadcrumb:contains('Tessa Tour')",
        },
    ],
});
