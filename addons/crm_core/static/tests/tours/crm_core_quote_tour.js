import { registry } from "@web/core/registry";

// A promise: from the opportunity to the quote at the customer's in three clicks.
let clicks = 0;
const count = () => clicks++;

// Send, and send again in the mail.
const send = [
    {
        content: "Send it",
        trigger: ".o_statusbar_buttons button[name='action_quotation_send']:eq(0)",
        run: "click",
    },
    {
        content: "The mail is written",
        trigger: ".modal button[name='action_send_mail']:enabled",
        run: "click",
    },
    {
        content: "It is with the customer",
        trigger: ".o_statusbar_status .o_arrow_button_current:contains('Quotation Sent')",
    },
];

registry.category("web_tour.tours").add("crm_core_quote_tour", {
    steps: () => [
        {
            content: "Count the clicks from here",
            trigger: "button[name='action_sale_quotations_new']",
            run: () => document.addEventListener("click", count, { capture: true }),
        },
        {
            content: "A quote for the opportunity",
            trigger: "button[name='action_sale_quotations_new']",
            run: "click",
        },
        {
            content: "The template of the pipeline is in it",
            trigger: ".o_field_widget[name='order_line'] .o_data_row:contains('Advice')",
        },
        ...send,
        {
            content: "Three of them",
            trigger: ".o_form_view",
            run() {
                document.removeEventListener("click", count, { capture: true });
                if (clicks !== 3) {
                    throw new Error(`It took ${clicks} clicks to send a quote`);
                }
            },
        },
        {
            content: "The customer wants it cheaper: revise",
            trigger: "button[name='action_revise']",
            run: "click",
        },
        {
            content: "It has a number of its own",
            trigger: ".o_field_widget[name='name']:contains('-2')",
        },
        {
            content: "The price",
            trigger: ".o_field_widget[name='order_line'] .o_data_row:eq(0) td[name='price_unit']",
            run: "click",
        },
        {
            content: "Less",
            trigger: ".o_field_widget[name='order_line'] .o_data_row:eq(0) td[name='price_unit'] input",
            run: "edit 90",
        },
        ...send,
        {
            content: "What changed can be read",
            trigger: ".o_notebook_headers a[name='revision']",
            run: "click",
        },
        {
            content: "The price",
            trigger: ".o_crm_quote_changes:contains('90.00')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_core_quote_portal_tour", {
    steps: () => [
        {
            content: "The old link says that there is a new quote, and leads there",
            trigger: "[name='quote_superseded'] a[name='quote_current']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "What is different",
            trigger: "[name='quote_changes'] summary",
            run: "click",
        },
        {
            content: "The price",
            trigger: ".o_crm_quote_changes:contains('90.00')",
        },
        {
            content: "Sign",
            trigger: "#sale_order_sidebar_button a[data-bs-target='#modalaccept']",
            run: "click",
        },
        {
            content: "Who signs",
            trigger: ".modal .o_web_sign_name_and_signature input",
            run: "edit Tessa Tour",
        },
        {
            trigger: ".modal canvas.o_web_sign_signature",
            run: "canvasNotEmpty",
        },
        {
            content: "Accept",
            trigger: ".modal .o_portal_sign_submit:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Done",
            trigger: ".alert-success:contains('Thank You')",
        },
    ],
});
