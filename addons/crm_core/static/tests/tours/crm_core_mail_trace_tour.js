import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("crm_core_mail_trace_tour", {
    steps: () => [
        {
            content: "The message says that Kai opened it",
            trigger: ".o-mail-Message:contains('our offer') .o_crm_mail_trace[title^='Kai: Opened']",
        },
    ],
});
