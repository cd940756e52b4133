import { Message } from "@mail/core/common/message";
import { onMounted, status, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { rpc } from "@web/core/network/rpc";
import { patch } from "@web/core/utils/patch";
import { session } from "@web/session";

// What became of the messages on the screen is asked for at once, not one by one.
const WAIT = 50;
let waiting = new Map();

function fetchTraces(messageId) {
    return new Promise((resolve) => {
        if (!waiting.size) {
            setTimeout(askForAll, WAIT);
        }
        waiting.set(messageId, [...(waiting.get(messageId) || []), resolve]);
    });
}

async function askForAll() {
    const asked = waiting;
    waiting = new Map();
    const found = await rpc("/web/dataset/call_kw/crm.mail.trace/get_message_traces", {
        model: "crm.mail.trace",
        method: "get_message_traces",
        args: [[...asked.keys()]],
        kwargs: {},
    });
    for (const [messageId, resolvers] of asked) {
        resolvers.forEach((resolve) => resolve(found[messageId] || []));
    }
}

patch(Message.prototype, {
    setup() {
        super.setup(...arguments);
        this.crmTraces = useState({ list: [] });
        onMounted(async () => {
            if (this.isCrmFollowed) {
                const list = await fetchTraces(this.message.id);
                if (status(this) !== "destroyed") {
                    this.crmTraces.list = list;
                }
            }
        });
    },

    get isCrmFollowed() {
        const { id, message_type: type, thread } = this.message;
        const written = ["comment", "auto_comment", "email_outgoing"].includes(type);
        return session.crm_mail_tracking && written && Number.isInteger(id) && thread?.model !== "discuss.channel";
    },

    get crmTraceIcon() {
        const has = (kind) => this.crmTraces.list.some((trace) => trace[kind]);
        if (has("bounced")) {
            return "fa-exclamation-triangle text-danger";
        }
        if (has("answered")) {
            return "fa-reply text-success";
        }
        if (has("clicked")) {
            return "fa-hand-pointer-o text-success";
        }
        return has("opened") ? "fa-envelope-open-o text-success" : "fa-envelope-o text-muted";
    },

    get crmTraceTitle() {
        const labels = {
            opened: _t("Opened"),
            clicked: _t("Clicked"),
            answered: _t("Answered"),
            bounced: _t("Bounced"),
        };
        return this.crmTraces.list
            .map((trace) => {
                const dated = Object.keys(labels)
                    .filter((kind) => trace[kind])
                    .map((kind) => `${labels[kind]} ${formatDateTime(deserializeDateTime(trace[kind]))}`);
                return `${trace.partner}: ${dated.join(", ") || _t("not opened yet")}`;
            })
            .join("\n");
    },
});
