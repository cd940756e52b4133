import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

function openMenu(app, menu) {
    return [
        stepUtils.showAppsMenuItem(),
        { content: "open the app", trigger: `.o_app[data-menu-xmlid='${app}']`, run: "click" },
        { content: "open the menu", trigger: `.o_menu_sections [data-menu-xmlid='${menu}']`, run: "click" },
    ];
}

function edit(field, text, tag = "input") {
    return { content: `write ${field}`, trigger: `[name=${field}] ${tag}`, run: `edit ${text}` };
}

function press(name, then) {
    return [
        { content: name, trigger: `button[name=${name}]`, run: "click" },
        { content: `after ${name}`, trigger: then },
    ];
}

const state = (label) => `.o_arrow_button_current:contains('${label}')`;
const maker = "crm_automotive_dealer.automotive_maker_menu_root";
const dealer = "crm_automotive_dealer.crm_automotive_dealer_menu_root";

// ------------------------------------------------------------
// Campaign: from the maker to the dealer to the result
// ------------------------------------------------------------

registry.category("web_tour.tours").add("crm_automotive_dealer_campaign_maker", {
    url: "/odoo",
    steps: () => [
        ...openMenu(maker, "crm_automotive_dealer.automotive_campaign_menu_maker"),
        { content: "a new one", trigger: ".o_list_button_add", run: "click" },
        edit("name", "Spring check"),
        { content: "its words", trigger: ".nav-link[name=texts]", run: "click" },
        edit("customer_subject", "Ready for the sun?"),
        edit("customer_text", "We check the air conditioning.", "textarea"),
        edit("call_script", "Ask about the smell of the air", "textarea"),
        ...press("action_publish", state("Published")),
    ],
});

registry.category("web_tour.tours").add("crm_automotive_dealer_campaign_dealer", {
    url: "/odoo",
    steps: () => [
        ...openMenu(dealer, "crm_automotive_dealer.automotive_campaign_menu"),
        { content: "open it", trigger: ".o_data_cell[name=name]:contains('Spring check')", run: "click" },
        ...press("action_accept", "[name=decision]:contains('We take part')"),
        ...press("action_select_targets", "[name=target_ids] .o_data_row:contains('Carla Vives Roca')"),
        ...press("action_call_next", "[name=call_script]:contains('Ask about the smell of the air')"),
        { content: "who is called", trigger: "[name=phone]:contains('600 000 199'), [name=phone] input" },
        ...press("action_call_interested", "[name=target_ids] .o_data_row:contains('Answered')"),
    ],
});

registry.category("web_tour.tours").add("crm_automotive_dealer_campaign_result", {
    url: "/odoo",
    steps: () => [
        ...openMenu(maker, "crm_automotive_dealer.automotive_campaign_menu_maker"),
        { content: "open it", trigger: ".o_data_cell[name=name]:contains('Spring check')", run: "click" },
        { content: "what came of it", trigger: "[name=enrolment_ids] .o_data_row:contains('Takes part')" },
        { content: "one answered", trigger: "[name=enrolment_ids] .o_data_cell[name=responded]:contains('1')" },
    ],
});

// ------------------------------------------------------------
// A lead that came as ADF: test drive, quote, delivery
// ------------------------------------------------------------

registry.category("web_tour.tours").add("crm_automotive_dealer_drive", {
    steps: () => [
        { content: "choose the car", trigger: "[name=vehicle_id] input", run: "edit DEMO1" },
        { content: "this one", trigger: ".ui-autocomplete a:contains('DEMO1')", run: "click" },
        ...press("action_confirm", state("Confirmed")),
        { content: "the licence", trigger: "[name=licence_seen] input", run: "click" },
        ...press("action_start", state("On the road")),
        { content: "what they say", trigger: "[name=interest] input[data-value=yes]", run: "click" },
        ...press("action_done", state("Done")),
    ],
});

registry.category("web_tour.tours").add("crm_automotive_dealer_quote", {
    steps: () => [
        { content: "quote", trigger: "button[name=action_sale_quotations_new]", run: "click" },
        { content: "it begins with the car", trigger: "[name=order_line] .o_data_row:contains('Uno')" },
        ...press("action_confirm", state("Sales Order")),
        { content: "delivery", trigger: "button[name=action_open_delivery]", run: "click" },
        { content: "the list", trigger: "[name=check_ids] .o_data_row" },
    ],
});

registry.category("web_tour.tours").add("crm_automotive_dealer_delivery", {
    steps: () => [
        edit("signed_by", "Nora Ferrer"),
        { content: "let them sign", trigger: "[name=signature] .o_signature", run: "click" },
        { content: "the signature is drawn", trigger: ".modal canvas.o_web_sign_signature", run: "canvasNotEmpty" },
        { content: "take it", trigger: ".modal-footer .btn-primary:enabled", run: "click" },
        { content: "it is there", trigger: "[name=signature] img" },
        ...press("action_deliver", state("Delivered")),
    ],
});
