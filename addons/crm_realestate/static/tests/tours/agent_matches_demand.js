import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";
import { sayTooSmall } from "./dismiss_steps";

registry.category("web_tour.tours").add("crm_realestate_agent_matches_demand", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            trigger: ".o_app[data-menu-xmlid='crm_realestate.crm_realestate_menu']",
            content: "Open Real Estate",
            run: "click",
        },
        {
            trigger: ".o_menu_sections [data-menu-xmlid='crm_realestate.realestate_demand_menu']",
            content: "Open the demands",
            run: "click",
        },
        {
            trigger: ".o_list_view",
        },
        {
            trigger: ".o_list_button_add",
            content: "Write down what somebody looks for",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=partner_id] input",
            run: "edit Tessa Tour",
        },
        {
            trigger: ".o-autocomplete--dropdown-item:contains('Tessa Tour')",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=price_max] input",
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
            trigger: "button[name=action_open_matches]:enabled",
            content: "See what fits",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains('Flat for the tour'):contains('4 % over the budget')",
            content: "It says why it is not perfect",
        },
        {
            trigger: ".o_data_row:contains('Flat for the tour') button[name=action_plan_visit]",
            content: "Plan a visit",
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
            trigger: ".breadcrumb-item:contains('What fits') a, .o_back_button:contains('What fits') a",
            content: "Back to the matches",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains('Flat for the tour'):contains('Interested')",
        },
        {
            trigger: ".o_data_row:contains('Fourth home') button:has(.fa-times)",
            content: "Note why another is nothing for them",
            run: "click",
        },
        ...sayTooSmall(),
        {
            trigger: "body:not(:has(.modal)) .o_list_view:not(:has(.o_data_row:contains('Fourth home')))",
        },
        {
            trigger: ".o_data_row:contains('Second home') .o_list_record_selector input",
            content: "Choose others for a day of visits",
            run: "click",
        },
        {
            trigger: ".o_data_row:contains('Third home') .o_list_record_selector input",
            run: "click",
        },
        {
            trigger: "button[name=action_plan_visits]:enabled",
            run: "click",
        },
        {
            trigger: ".modal .o_data_row:contains('Third home'):contains(':')",
            content: "Each has its time",
        },
        {
            trigger: ".modal button[name=action_plan]:enabled",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal)) .o_data_row:contains('Third home'):contains('Planned')",
        },
    ],
});
