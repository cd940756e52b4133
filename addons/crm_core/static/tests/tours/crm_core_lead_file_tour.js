import { registry } from "@web/core/registry";

const row = (name) => `.o_data_row:contains('${name}')`;

/** Drop a file on an element as a browser does. */
function drop(element) {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["%PDF-1.4\n1 0 obj\n<<>>\nendobj\n"], "card.pdf", { type: "application/pdf" }));
    for (const type of ["dragover", "drop"]) {
        element.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
    }
}

registry.category("web_tour.tours").add("crm_core_lead_file_tour", {
    steps: () => [
        {
            content: "What is missing",
            trigger: "button[name='action_open_files']",
            run: "click",
        },
        {
            content: "Drop the card on its line",
            trigger: `${row("Identity card")} td[name='name']`,
            run: ({ anchor }) => drop(anchor),
        },
        {
            content: "It is there",
            trigger: `${row("Identity card")}:contains('Received') .o_attachment:contains('card.pdf')`,
        },
        {
            content: "The payslip came by e-mail",
            trigger: `${row("Payslip")} button[name='action_choose_from_messages']`,
            run: "click",
        },
        {
            content: "That one",
            trigger: ".modal .o_field_widget[name='attachment_ids'] label:contains('pay.pdf')",
            run: "click",
        },
        {
            content: "Take it",
            trigger: ".modal button[name='action_take']",
            run: "click",
        },
        {
            content: "It is there, too",
            trigger: `body:not(:has(.modal)) ${row("Payslip")}:contains('Received')`,
        },
    ],
});
