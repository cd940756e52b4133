import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("crm_core_document_tour", {
    steps: () => [
        {
            content: "The documents of the opportunity",
            trigger: "button[name='action_open_crm_documents']",
            run: "click",
        },
        {
            content: "A new one, the template is proposed",
            trigger: ".o_field_widget[name='template_id'] input:value('Bicycle contract')",
        },
        {
            content: "Fill it in",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "What is missing is said, and whose it is",
            trigger: ".o_field_widget[name='missing'] a:contains('Seller: Tax ID')",
            run: "click",
        },
        {
            content: "The contact is open: add the number",
            trigger: ".o_field_widget[name='vat'] input",
            run: "edit 12345678",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Back to the document",
            trigger: ".o_form_saved .o_back_button, .o_form_saved:not(:has(.o_back_button))",
        },
        {
            trigger: ".o_breadcrumb .o_back_button, .breadcrumb-item:last a",
            run: "click",
        },
        {
            content: "Fill it in again",
            trigger: "button[name='action_refresh']",
            run: "click",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "Nothing is missing any more: send it",
            trigger: "button[name='action_send']",
            run: "click",
        },
        {
            trigger: ".o_arrow_button_current:contains('Sent')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_core_document_sign_tour", {
    steps: () => [
        {
            content: "The text is there",
            trigger: ".o_crm_document_portal:contains('sells a bicycle')",
        },
        {
            content: "Nothing is wider than the screen",
            trigger: "#sign",
            run() {
                if (document.documentElement.scrollWidth > document.documentElement.clientWidth) {
                    throw new Error(`The page is ${document.documentElement.scrollWidth} wide`);
                }
            },
        },
        {
            content: "The name is filled in: take it as the signature",
            trigger: ".o_web_sign_auto_button",
            run: "click",
        },
        {
            trigger: ".o_portal_sign_submit:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Signed",
            trigger: ".alert-success",
        },
    ],
});
