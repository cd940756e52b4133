import { Component, onWillStart, useRef, useState } from "@odoo/owl";
import { deserializeDate, toLocaleDateString } from "@web/core/l10n/dates";
import { formatCurrency } from "@web/core/currency";
import { KeepLast } from "@web/core/utils/concurrency";
import { registry } from "@web/core/registry";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { useService } from "@web/core/utils/hooks";

/**
 * What a salesperson has to do today, on one screen and without a mouse if wanted.
 *
 * The server says what is shown and what can be done with it: `crm.my.day` describes the shape.
 */
export class MyDay extends Component {
    static template = "crm_core.MyDay";
    static props = { ...standardActionServiceProps };
    static path = "my-day";

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.root = useRef("root");
        this.keepLast = new KeepLast();
        this.state = useState({ user: false, users: [], figures: [], sections: [] });
        onWillStart(() => this.load(this.props.state?.userId));
        this.useKeys();
    }

    /** Move with j and k or the arrows, open with Enter (the browser's own), do with a letter. */
    useKeys() {
        const options = { allowRepeat: true, area: () => this.root.el };
        for (const [keys, step] of [[["j", "arrowdown"], 1], [["k", "arrowup"], -1]]) {
            for (const key of keys) {
                useHotkey(key, () => this.move(step), options);
            }
        }
    }

    async load(userId = this.state.user?.id) {
        const day = await this.keepLast.add(this.orm.call("crm.my.day", "get_my_day", [], { user_id: userId || false }));
        Object.assign(this.state, day);
    }

    get rows() {
        return [...this.root.el.querySelectorAll(".o_crm_my_day_open")];
    }

    move(step) {
        const { rows } = this;
        const current = document.activeElement?.closest(".o_crm_my_day_record");
        const index = rows.findIndex((row) => current?.contains(row));
        const next = index < 0 ? 0 : Math.min(Math.max(index + step, 0), rows.length - 1);
        rows[next]?.focus();
    }

    open({ open }) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: open.model,
            res_id: open.id,
            views: [[false, "form"]],
        });
    }

    /** Do something with a record on the server, follow it up if asked to, and look again. */
    async run(record, { method }) {
        const action = await this.orm.call(record.model, method, [[record.id]]);
        if (action && typeof action === "object") {
            await this.action.doAction(action, { onClose: () => this.load() });
        }
        await this.load();
    }

    showAll({ action }) {
        return this.action.doAction(action);
    }

    formatFigure({ value, currency_id }) {
        return currency_id ? formatCurrency(value, currency_id) : value;
    }

    formatDay(date) {
        return toLocaleDateString(deserializeDate(date));
    }
}

registry.category("actions").add("crm_core.my_day", MyDay);
