import { _t } from "@web/core/l10n/translation";
import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { deserializeDate, deserializeDateTime, toLocaleDateString, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { KeepLast } from "@web/core/utils/concurrency";
import { formatCurrency } from "@web/core/currency";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { useService } from "@web/core/utils/hooks";

const PAGE = 20;

/**
 * Everything that happened with a contact and its company, on a page of the contact's form.
 *
 * A notebook draws a page when it is opened: until then nothing is asked of the server.
 */
export class CrmTimeline extends Component {
    static template = "crm_core.Timeline";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        this.state = useState({ entries: [], kinds: [], figures: [], chosen: [], more: false });
        onWillStart(() => this.open(this.props.record.resId));
        onWillUpdateProps((props) => {
            if (props.record.resId !== this.resId) {
                // The form does not wait for the past of its next record.
                this.open(props.record.resId);
            }
        });
    }

    /** Show a contact; one that is not saved yet has no past. */
    async open(resId) {
        this.resId = resId;
        Object.assign(this.state, { entries: [], kinds: [], figures: [], chosen: [], more: false });
        if (!resId) {
            return;
        }
        const [kinds, figures] = await Promise.all([
            this.call("crm_timeline_kinds"),
            this.call("crm_timeline_figures"),
            this.load(),
        ]);
        if (resId === this.resId) {
            this.state.kinds = kinds;
            this.state.figures = this.getFigures(figures);
        }
    }

    call(method, kwargs = {}) {
        return this.orm.silent.call("res.partner", method, [[this.resId]], kwargs);
    }

    /** Load from the beginning; one entry more than shown tells whether there is another page. */
    load() {
        return this.loadAfter([]);
    }

    loadMore() {
        return this.loadAfter(this.state.entries);
    }

    async loadAfter(shown) {
        const entries = await this.keepLast.add(
            this.call("crm_timeline", {
                limit: PAGE + 1,
                before: shown.length ? shown.at(-1).key : false,
                kinds: this.state.chosen.length ? [...this.state.chosen] : false,
            })
        );
        this.state.more = entries.length > PAGE;
        this.state.entries = [...shown, ...entries.slice(0, PAGE)];
    }

    /** Add a kind to the filter or take it away; without any, everything is shown. */
    toggle(kind) {
        const { chosen } = this.state;
        this.state.chosen = chosen.includes(kind) ? chosen.filter((other) => other !== kind) : [...chosen, kind];
        return this.load();
    }

    showAll() {
        this.state.chosen = [];
        return this.load();
    }

    openEntry(entry) {
        if (entry.res_model === "res.partner" && entry.res_id === this.resId) {
            return;
        }
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: entry.res_model,
            res_id: entry.res_id,
            views: [[false, "form"]],
        });
    }

    /** Tell the figures in words; those the user may not see did not come. */
    getFigures({ bought, currency_id, last_purchase, open_quotes, open_opportunities, open_cases, satisfaction, rating_count }) {
        return [
            { label: _t("Bought"), value: bought === undefined ? undefined : formatCurrency(bought, currency_id) },
            { label: _t("Last purchase"), value: last_purchase === false ? "–" : last_purchase && this.formatDay(last_purchase) },
            { label: _t("Open quotes"), value: open_quotes },
            { label: _t("Open opportunities"), value: open_opportunities },
            { label: _t("Open cases"), value: open_cases },
            { label: _t("Satisfaction"), value: satisfaction && `${satisfaction} / 5 (${rating_count})` },
        ].filter(({ value }) => value !== undefined);
    }

    /** A moment in the user's time, a day as it is. */
    parse(date) {
        return date.includes("T")
            ? deserializeDateTime(date.replace("T", " ").replace("Z", ""))
            : deserializeDate(date);
    }

    formatDay(date) {
        return toLocaleDateString(this.parse(date));
    }

    formatDate(date) {
        const options = { showSeconds: false };
        return date.includes("T") ? toLocaleDateTimeString(this.parse(date), options) : this.formatDay(date);
    }
}

registry.category("view_widgets").add("crm_timeline", { component: CrmTimeline });
