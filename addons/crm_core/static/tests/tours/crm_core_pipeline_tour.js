import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("crm_core_pipeline_tour", {
    url: "/odoo",
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open CRM",
            trigger: ".o_app[data-menu-xmlid='crm.crm_menu_root']",
            run: "click",
        },
        {
            content: "Open the configuration",
            trigger: "[data-menu-xmlid='crm.crm_menu_config']",
            run: "click",
        },
        {
            content: "Pipelines",
            trigger: "[data-menu-xmlid='crm_core.crm_pipeline_menu_config']",
            run: "click",
        },
        {
            content: "Create one",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "A name is enough",
            trigger: ".o_field_widget[name='name'] input",
            run: "edit After-sales",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "It is usable at once: open its opportunities",
            trigger: "button[name='action_open_opportunities']:not([disabled])",
            run: "click",
        },
        {
            content: "Its own columns are there",
            trigger: ".o_kanban_header:contains('New')",
        },
        {
            content: "Create an opportunity",
            trigger: ".o-kanban-button-new",
            run: "click",
        },
        {
            content: "Give it a name",
            trigger: ".o_kanban_quick_create .o_field_widget[name='name'] input",
            run: "edit Repair of the gate",
        },
        {
            content: "Add",
            trigger: ".o_kanban_quick_create .o_kanban_add",
            run: "click",
        },
        {
            content: "It is in the first column",
            trigger: ".o_kanban_record:contains('Repair of the gate')",
        },
    ],
});
