import { registry } from "@web/core/registry";
import { sayTooSmall } from "./dismiss_steps";

registry.category("web_tour.tours").add("crm_realestate_matches_on_a_phone", {
    steps: () => [
        {
            trigger: ".o_kanban_record:contains('Flat for the tour') button[name=action_send]",
            content: "Note that it was proposed",
            run: "click",
        },
        {
            trigger:
                ".o_kanban_record:contains('Flat for the tour'):contains('Proposed'):not(:has(button[name=action_send]))",
        },
        {
            trigger: ".o_kanban_record:contains('Fourth home') button:contains('Dismiss')",
            content: "Note why another is nothing for them",
            run: "click",
        },
        ...sayTooSmall(),
        {
            trigger: "body:not(:has(.modal)) .o_kanban_view:not(:has(.o_kanban_record:contains('Fourth home')))",
        },
    ],
});
