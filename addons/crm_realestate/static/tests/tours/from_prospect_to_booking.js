import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

// A home somebody may sell with us: noted, valued, entrusted, on offer, visited, booked.
registry.category("web_tour.tours").add("crm_realestate_from_prospect_to_booking", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            trigger: ".o_app[data-menu-xmlid='crm_realestate.crm_realestate_menu']",
            content: "Open Real Estate",
            run: "click",
        },
        {
            trigger: ".o_menu_sections [data-menu-xmlid='crm_realestate.crm_realestate_menu_stock']",
            content: "Open the stock",
            run: "click",
        },
        {
            trigger: ".dropdown-item[data-menu-xmlid='crm_realestate.realestate_property_menu_capture']",
            content: "Open the prospects",
            run: "click",
        },
        {
            trigger: ".o_breadcrumb:contains('Prospects')",
        },
        {
            trigger: ".o-kanban-button-new",
            content: "Note a new one",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=name] input",
            run: "edit House of the tour",
        },
        {
            trigger: "button[name=action_valuate]:enabled",
            content: "It is a prospect: value it",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Valuation')",
        },
        {
            trigger: ".o_notebook_headers a[name=valuation]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=valuation_price] input",
            content: "Say what it is worth",
            run: "edit 320000",
        },
        {
            trigger: ".o_statusbar_buttons button[name=action_open_mandates]:enabled",
            content: "The owner entrusts it to us",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=price] input:value('320,000.00')",
            content: "The mandate begins with the valuation",
        },
        {
            trigger: ".o_field_widget[name=date_start] input[data-field=date_end]",
            content: "Say until when",
            run: "edit 12/31/2099 && press Tab",
        },
        {
            trigger: "button[name=action_sign]:enabled",
            content: "The owner signed",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Signed')",
        },
        {
            trigger: ".breadcrumb-item:contains('House of the tour') a, .o_back_button:contains('House of the tour') a",
            content: "Back to the property",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Entrusted')",
        },
        {
            trigger: ".o_statusbar_buttons button[name=action_activate]:enabled",
            content: "Put it on offer",
            run: "click",
        },
        {
            trigger: ".o_statusbar_status button.o_arrow_button_current:contains('Active')",
        },
        {
            trigger: ".ribbon:contains('Available')",
            content: "Clients can book it",
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
            trigger: ".breadcrumb-item:contains('House of the tour') a, .o_back_button:contains('House of the tour') a",
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
            trigger: ".o_field_widget[name=order_line]:contains('House of the tour')",
            content: "The quote is there",
        },
        {
            trigger: "button[name=action_open_bookings]",
        },
    ],
});
