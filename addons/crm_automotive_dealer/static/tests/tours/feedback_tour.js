import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

function openApp(xmlid) {
    return [
        stepUtils.showAppsMenuItem(),
        { content: "open the app", trigger: `.o_app[data-menu-xmlid='${xmlid}']`, run: "click" },
    ];
}

// On a phone: a tap opens the list of cars instead of a drop-down.
registry.category("web_tour.tours").add("crm_automotive_dealer_capture", {
    steps: () => [
        { content: "what it is", trigger: "[name=kind] .o_selection_badge:contains('Concern')", run: "click" },
        { content: "look for the car", trigger: "[name=vehicle_id] input", run: "click" },
        { content: "choose it", trigger: ".modal .o_kanban_record:contains('1234KLM')", run: "click" },
        {
            content: "write it down",
            trigger: "[name=text] textarea",
            run: "edit The screen goes dark. Call 600 000 199.",
        },
        { content: "it matters", trigger: "[name=severity] .o_selection_badge:contains('High')", run: "click" },
        { content: "see what leaves", trigger: "[name=payload_preview]:contains('[phone]')" },
        { content: "and what does not", trigger: "[name=payload_preview]:contains('WVWZZZ1K*AW******')" },
        { content: "send it", trigger: "button[name=action_submit]", run: "click" },
        { content: "it is on its way", trigger: ".o_form_view:not(:has(button[name=action_submit]))" },
    ],
});

registry.category("web_tour.tours").add("crm_automotive_dealer_answer", {
    url: "/odoo",
    steps: () => [
        ...openApp("crm_automotive_dealer.automotive_maker_menu_root"),
        { content: "open the case", trigger: ".o_data_row .o_data_cell[name=model]", run: "click" },
        { content: "read it", trigger: "[name=text]:contains('The screen goes dark')" },
        { content: "write the answer", trigger: "[name=answer] textarea", run: "edit Update 2.1 repairs it" },
        { content: "send it", trigger: "button[name=action_answer]", run: "click" },
        { content: "it is answered", trigger: ".o_arrow_button_current:contains('Answered')" },
    ],
});

registry.category("web_tour.tours").add("crm_automotive_dealer_inform", {
    url: "/odoo",
    steps: () => [
        ...openApp("crm_automotive_dealer.crm_automotive_dealer_menu_root"),
        { content: "open the feedback", trigger: ".o_data_row .o_data_cell[name=name]", run: "click" },
        { content: "read the answer", trigger: "[name=answer]:contains('Update 2.1 repairs it')" },
        { content: "the customer knows", trigger: "button[name=action_inform_customer]", run: "click" },
        { content: "and is content", trigger: "button[name=action_solved]", run: "click" },
        { content: "done", trigger: ".o_arrow_button_current:contains('Closed')" },
    ],
});
