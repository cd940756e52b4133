import { Component, onWillStart, useRef, useState } from "@odoo/owl";
import { deserializeDate, toLocaleDateString } from "@web/core/l10n/dates";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { formatCurrency } from "@web/core/currency";
import { KeepLast } from "@web/core/utils/concurrency";
import { registry } from "@web/core/registry";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { useService } from "@web/core/utils/hooks";

// What is planned stands on the left, what somebody should think of on the right.
const LAST_PLANNED = 30;
const LETTERS = [..."abcdefghilmnopqrstuvwxyz"];

/**
 * What a salesperson has to do today, on one screen and without a mouse if wanted.
 *
 * The server says what is shown and what can be done with it: `crm.my.day` describes the shape.
 */
export class MyDay extends Component {
    static template = "crm_core.MyDay";
    static components = { Dropdown, DropdownItem };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.root = useRef("root");
        this.keepLast = new KeepLast();
        this.state = useState({ user: false, users: [], figures: [], sections: [] });
        onWillStart(() => this.load());
        this.useKeys();
    }

    /** Move with j and k or the arrows, open with Enter (the browser's own), do with a letter. */
    useKeys() {
        for (const [key, step] of [["j", 1], ["arrowdown", 1], ["k", -1], ["arrowup", -1]]) {
            useHotkey(key, () => this.move(step), { allowRepeat: true });
        }
        for (const letter of LETTERS) {
            useHotkey(letter, () => this.focused?.querySelector(`[data-key="${letter}"]`)?.click());
        }
    }

    get focused() {
        return document.activeElement?.closest(".o_crm_my_day_record");
    }

    get rows() {
        return [...this.root.el.querySelectorAll(".o_crm_my_day_open")];
    }

    get columns() {
        const { sections } = this.state;
        const planned = sections.filter(({ sequence }) => sequence <= LAST_PLANNED);
        const open = sections.filter(({ sequence }) => sequence > LAST_PLANNED);
        return [planned, open].filter((column) => column.length);
    }

    move(step) {
        const { rows, focused } = this;
        const index = rows.findIndex((row) => focused?.contains(row));
        const next = index < 0 ? 0 : Math.min(Math.max(index + step, 0), rows.length - 1);
        rows[next]?.focus();
    }

    async load(userId = this.state.user.id) {
        const request = this.orm.call("crm.my.day", "get_my_day", [], { user_id: userId || false });
        Object.assign(this.state, await this.keepLast.add(request));
    }

    /** Look again; whoever works with the keyboard stays where they were. */
    async refresh() {
        const index = this.rows.findIndex((row) => this.focused?.contains(row));
        await this.load();
        if (index >= 0) {
            await new Promise((resolve) => requestAnimationFrame(resolve));
            this.rows[Math.min(index, this.rows.length - 1)]?.focus();
        }
    }

    open({ open }) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: open.model,
            res_id: open.id,
            views: [[false, "form"]],
        });
    }

    /** Do something with a record, follow it up if asked to, and look again. */
    async run(record, { method, action }) {
        const next = action || (await this.orm.call(record.model, method, [[record.id]]));
        if (next && typeof next === "object") {
            await this.action.doAction(next, { onClose: () => this.refresh() });
        }
        await this.refresh();
    }

    showAll({ action }) {
        return action && this.action.doAction(action);
    }

    formatFigure({ value, currency_id }) {
        return currency_id ? formatCurrency(value, currency_id, { digits: [16, 0] }) : value;
    }

    formatDay(date) {
        return toLocaleDateString(deserializeDate(date));
    }
}

registry.category("actions").add("crm_core.my_day", MyDay);
