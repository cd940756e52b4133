import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// Nothing may be wider than a telephone.
const fits = {
    content: "The page is no wider than the screen",
    trigger: "main",
    run() {
        const { scrollWidth, clientWidth } = document.documentElement;
        if (scrollWidth > clientWidth) {
            throw new Error(`The page is ${scrollWidth} wide on a screen of ${clientWidth}`);
        }
    },
};

const sendDocument = [
    {
        content: "Keep it: the text is filled in",
        trigger: ".o_form_button_save",
        run: "click",
    },
    {
        content: "Nothing is missing: ask for the signature",
        trigger: "button[name='action_send']",
        run: "click",
    },
    {
        trigger: ".o_statusbar_status .o_arrow_button_current:contains('Sent')",
    },
];

// The agent: what a client looks for, what fits, a visit with its sheet.
tours.add("estate_story_visit", {
    steps: () => [
        {
            content: "Somebody looks for a home",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='partner_id'] input",
            run: "edit Ana Buyer",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('Ana Buyer')",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='price_max'] input",
            run: "edit 250000",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger: ".o_form_saved",
        },
        {
            content: "See what fits",
            trigger: "button[name='action_open_matches']:enabled",
            run: "click",
        },
        {
            content: "Plan a visit",
            trigger: ".o_data_row:contains('Flat of the story') button[name='action_plan_visit']",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='partner_ids']:contains('Ana Buyer')",
        },
        {
            trigger: "button[name='action_plan']:enabled",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Planned')",
        },
        {
            content: "The visit sheet",
            trigger: "button[name='action_open_crm_documents']",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='template_id'] input:value('Visit sheet')",
        },
        ...sendDocument,
    ],
});

// Buyer and owner, on a telephone: read and sign.
tours.add("estate_story_sign", {
    steps: () => [
        {
            content: "The property is named",
            trigger: ".o_crm_document_portal:contains('Flat of the story')",
        },
        fits,
        {
            content: "Take the name as the signature",
            trigger: ".o_web_sign_auto_button",
            run: "click",
        },
        {
            trigger: ".o_portal_sign_submit:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".alert-success",
        },
    ],
});

// The agent: what the visitor thought, the offer, the booking, the deposit.
tours.add("estate_story_offer", {
    steps: () => [
        {
            content: "They like it",
            trigger: ".o_field_widget[name='interest'] input[data-value='yes']",
            run: "click",
        },
        {
            trigger: "button[name='action_done']:enabled",
            run: "click",
        },
        {
            content: "They make an offer",
            trigger: "button[name='action_new_offer']:enabled",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='partner_id'] input:value('Ana Buyer')",
        },
        {
            trigger: ".o_field_widget[name='amount'] input",
            run: "edit 240000",
        },
        {
            content: "Present it to the owner",
            trigger: "button[name='action_send']:enabled",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Presented')",
        },
        {
            content: "The owner accepts: it is booked",
            trigger: "button[name='action_accept']:enabled",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('On hold')",
        },
        {
            content: "Ask for the deposit",
            trigger: "button[name='action_create_deposit_quote']:enabled",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='order_line']:contains('Flat of the story')",
        },
        {
            trigger: ".o_statusbar_buttons button[name='action_quotation_send']:eq(0)",
            run: "click",
        },
        {
            trigger: ".modal button[name='action_send_mail']:enabled",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Quotation Sent')",
        },
    ],
});

// The buyer, on a telephone: accept the deposit.
tours.add("estate_story_deposit", {
    steps: () => [
        {
            content: "Accept",
            trigger: "a[data-bs-target='#modalaccept']:visible",
            run: "click",
        },
        {
            content: "Take the name as the signature",
            trigger: ".modal canvas.o_web_sign_signature",
            run: "canvasNotEmpty",
        },
        {
            trigger: ".modal .o_portal_sign_submit:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".alert-success",
        },
    ],
});

// The agent: the contract, with buyer and owner filled in.
tours.add("estate_story_contract", {
    steps: () => [
        {
            content: "The deposit confirmed the booking",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Confirmed')",
        },
        {
            trigger: "button[name='action_open_crm_documents']",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name='template_id'] input",
            run: "edit Sale contract",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('Sale contract')",
            run: "click",
        },
        ...sendDocument,
    ],
});
