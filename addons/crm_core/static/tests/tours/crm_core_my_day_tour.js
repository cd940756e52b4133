import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const row = (title) => `.o_crm_my_day_record:contains('${title}')`;

registry.category("web_tour.tours").add("crm_core_my_day_tour", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open CRM: the host's own screen comes first",
            trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']",
            run: "click",
        },
        {
            content: "My Day is one click away",
            trigger: "[data-menu-xmlid='crm_core.crm_my_day_menu']",
            run: "click",
        },
        {
            content: "What is late stands there",
            trigger: `[data-section='late'] ${row("Call Ana")}`,
        },
        {
            content: "Go to the first with the keyboard",
            trigger: ".o_crm_my_day",
            run: "press j",
        },
        {
            content: "It is focused; done with a letter",
            trigger: `.o_crm_my_day_record:has(.o_crm_my_day_open:focus):contains('Call Ana')`,
            run: "press d",
        },
        {
            content: "The pipeline suggests: the next step is filled in",
            trigger: ".modal .o_field_widget[name='summary'] input",
            run: "edit Send the brochure",
        },
        {
            content: "Plan it",
            trigger: ".modal button[name='action_confirm']:not(:disabled)",
            run: "click",
        },
        {
            content: "Gone from what is late",
            trigger: `.o_crm_my_day:not(:has([data-section='late']))`,
        },
        {
            content: "Put off what nobody has planned",
            trigger: `[data-section='idle'] ${row("Forgotten roof")} button[data-method='action_snooze']`,
            run: "click",
        },
        {
            content: "With a reason",
            trigger: ".modal .o_field_widget[name='reason'] input",
            run: "edit They decide in spring",
        },
        {
            content: "Put off",
            trigger: ".modal button[name='action_confirm']:not(:disabled)",
            run: "click",
        },
        {
            content: "Nothing is left",
            trigger: `.o_crm_my_day:not(:has([data-section='idle']))`,
        },
        {
            content: "What was agreed two days ago?",
            trigger: `[data-section='conclusions'] ${row("Plans of the roof")} button[data-method='action_conclude']`,
            run: "click",
        },
        {
            content: "This",
            trigger: ".modal .o_field_widget[name='feedback'] textarea",
            run: "edit She signs on Friday",
        },
        {
            content: "That is all",
            trigger: ".modal button[name='action_confirm']:not(:disabled)",
            run: "click",
        },
        {
            content: "Nobody asks any more",
            trigger: `.o_crm_my_day:not(:has([data-section='conclusions']))`,
        },
    ],
});

registry.category("web_tour.tours").add("crm_core_next_step_tour", {
    steps: () => [
        {
            content: "Mark as done in the history of the opportunity",
            trigger: ".o-mail-Activity-markDone",
            run: "click",
        },
        {
            content: "Done",
            trigger: ".o-mail-ActivityMarkAsDone button[aria-label='Done']",
            run: "click",
        },
        {
            content: "The next step is proposed",
            trigger: ".modal .o_field_widget[name='summary'] input",
            run: "edit Send the brochure",
        },
        {
            content: "Plan it",
            trigger: ".modal button[name='action_confirm']:not(:disabled)",
            run: "click",
        },
        {
            content: "It stands in the history; cancel it",
            trigger: ".o-mail-Activity:contains('Send the brochure') .btn-danger",
            run: "click",
        },
        {
            content: "Why",
            trigger: ".modal .o_field_widget[name='reason'] input",
            run: "edit They have it already",
        },
        {
            content: "Cancel",
            trigger: ".modal button[name='action_confirm']:not(:disabled)",
            run: "click",
        },
        {
            content: "What comes instead? Not now",
            trigger: ".modal:has(.o_field_widget[name='summary']) button:contains('Not now')",
            run: "click",
        },
        {
            content: "It is gone, and why stands in the history",
            trigger: ".o-mail-Chatter:not(:has(.o-mail-Activity)) .o-mail-Message:contains('They have it already')",
        },
    ],
});

registry.category("web_tour.tours").add("crm_core_pipeline_switch_tour", {
    steps: () => [
        {
            content: "Choose all opportunities of the list",
            trigger: ".o_list_table thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Open the actions",
            trigger: ".o_control_panel .o_cp_action_menus .dropdown-toggle:contains('Actions')",
            run: "click",
        },
        {
            content: "Move",
            trigger: ".o-dropdown-item:contains('Move to another pipeline')",
            run: "click",
        },
        {
            content: "Where to",
            trigger: ".modal .o_field_widget[name='pipeline_id'] input",
            run: "edit After-sales",
        },
        {
            content: "That one",
            trigger: ".o-autocomplete--dropdown-item:contains('After-sales')",
            run: "click",
        },
        {
            content: "A stage is proposed for each",
            trigger: ".modal .o_data_row:contains('Offer out') td[name='target_stage_id']:contains('Proposal')",
        },
        {
            content: "Move",
            trigger: ".modal button[name='action_confirm']:not(:disabled)",
            run: "click",
        },
        {
            content: "They are there",
            trigger: "body:not(:has(.modal)) .o_data_row:contains('Proposal')",
        },
    ],
});
