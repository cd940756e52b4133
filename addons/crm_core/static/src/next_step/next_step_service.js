import { registry } from "@web/core/registry";
import { rpcBus } from "@web/core/network/rpc";
import { session } from "@web/session";

const CLOSING = new Set(["action_done", "action_feedback"]);

/**
 * Propose the next step wherever an activity was marked as done: chatter, list, kanban, systray.
 *
 * It listens to what the client asked the server instead of changing each of these places. Where no pipeline
 * suggests anything it does not even listen.
 */
export const nextStepService = {
    dependencies: ["action", "orm"],

    start(env, { action, orm }) {
        if (!session.crm_next_step) {
            return;
        }
        rpcBus.addEventListener("RPC:RESPONSE", async ({ detail }) => {
            const { model, method, args } = detail.data.params || {};
            if (detail.error || model !== "mail.activity" || !CLOSING.has(method)) {
                return;
            }
            const next = await orm.silent.call("mail.activity", "get_next_step_action", [args[0]]);
            if (next) {
                await action.doAction(next, { onClose: () => action.doAction("soft_reload") });
            }
        });
    },
};

registry.category("services").add("crm_core.next_step", nextStepService);
