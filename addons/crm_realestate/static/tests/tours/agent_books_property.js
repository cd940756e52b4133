import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("crm_realestate_agent_books_property", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            trigger: ".o_app[data-menu-xmlid='crm_realestate.crm_realestate_menu']",
            content: "Open Real Estate",
            run: "click",
        },
        {
            trigger: ".o_kanban_record:contains('Flat for the tour')",
            content: "Open the property",
            run: "click",
        },
        {
            trigger: "button[name=action_new_visit]:enabled",
            content: "Plan a visit",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=partner_ids] input",
            content: "Say who comes",
            run: "edit Tessa Tour",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('Tessa Tour')",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=partner_ids]:contains('Tessa Tour')",
        },
        {
            trigger: "button[name=action_plan]:enabled",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Planned')",
        },
        {
            trigger: ".breadcrumb-item:contains('Flat for the tour') a, .o_back_button:contains('Flat for the tour') a",
            content: "Back to the property",
            run: "click",
        },
        {
            trigger: "button[name=action_open_visits]:contains('1')",
        },
        {
            trigger: "button[name=action_new_booking]:enabled",
            content: "Book it",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=partner_ids] input",
            run: "edit Tessa Tour",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('Tessa Tour')",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=partner_ids]:contains('Tessa Tour')",
        },
        {
            trigger: "button[name=action_hold]:enabled",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status button.o_arrow_button_current:contains('On hold')",
        },
        {
            trigger: "button[name=action_create_deposit_quote]:enabled",
            content: "Ask for the deposit",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=order_line]:contains('Flat for the tour')",
            content: "The quote is there",
        },
        {
            trigger: "button[name=action_open_bookings]",
        },
    ],
});
