import { registry } from "@web/core/registry";

const PREVIEW = ".o_crm_merge_preview";

registry.category("web_tour.tours").add("crm_core_merge_tour", {
    steps: () => [
        {
            content: "Two contacts wait in the queue, with the reason",
            trigger: ".o_data_row:contains('Tessa Twice'):contains('same phone') button[name='action_merge']",
            run: "click",
        },
        {
            content: "The preview shows both addresses, the kept contact's wins",
            trigger: `.modal ${PREVIEW} tr[data-row='email'] label.fw-bold:contains('tessa@example.com')`,
        },
        {
            content: "What only one of them says is filled in",
            trigger: `${PREVIEW} tr[data-row='function'] label.fw-bold:contains('Director')`,
        },
        {
            content: "Choose the other address",
            trigger: `${PREVIEW} tr[data-row='email'] label:contains('twice@example.com') input`,
            run: "click",
        },
        {
            content: "It wins now",
            trigger: `${PREVIEW} tr[data-row='email'] label.fw-bold:contains('twice@example.com')`,
        },
        {
            content: "Merge",
            trigger: ".modal button[name='action_merge']",
            run: "click",
        },
        {
            content: "Done",
            trigger: ".modal:contains('no more contacts to merge') button[special='cancel']:contains('Close')",
            run: "click",
        },
        {
            content: "Another pair is not the same person",
            trigger: "body:not(:has(.modal)) .o_data_row:contains('Xaver One') button[name='action_dismiss']",
            run: "click",
        },
        {
            content: "The queue is empty",
            trigger: ".o_list_view:not(:has(.o_data_row:contains('Xaver One')))",
        },
    ],
});
