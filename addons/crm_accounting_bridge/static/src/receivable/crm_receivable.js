import { _t } from "@web/core/l10n/translation";
import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { deserializeDate, toLocaleDateString } from "@web/core/l10n/dates";
import { formatCurrency } from "@web/core/currency";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { useService } from "@web/core/utils/hooks";

/** The id of the customer of a form: the record itself, or what one of its fields names. */
function getPartnerId({ record, partnerField }) {
    return partnerField ? record.data[partnerField]?.id : record.resId;
}

const props = { ...standardWidgetProps, partnerField: { type: String, optional: true } };
const extractProps = ({ attrs }) => ({ partnerField: attrs.partner_field });
const fieldDependencies = ({ attrs }) =>
    attrs.partner_field ? [{ name: attrs.partner_field, type: "many2one" }] : [];

/** What both widgets do: ask the server about the customer of the form, again when the customer changes. */
class AboutCustomer extends Component {
    static props = props;

    setup() {
        this.orm = useService("orm");
        this.state = useState({ answer: false });
        onWillStart(() => this.load(this.props));
        onWillUpdateProps((next) => {
            if (getPartnerId(next) !== this.partnerId) {
                // The form does not wait for it.
                this.load(next);
            }
        });
    }

    async load(from) {
        this.partnerId = getPartnerId(from);
        this.state.answer = false;
        if (this.partnerId) {
            const asked = this.partnerId;
            const answer = await this.orm.silent.call("res.partner", this.constructor.method, [[asked]]);
            if (asked === this.partnerId) {
                this.state.answer = answer;
            }
        }
    }
}

/** One line above the form when the customer is overdue: to know before calling. */
export class CrmReceivableAlert extends AboutCustomer {
    static template = "crm_accounting_bridge.ReceivableAlert";
    static method = "crm_receivable_warning";
}

/** What a customer owes: figures, invoices, receipts and open quotes. */
export class CrmReceivableCard extends AboutCustomer {
    static template = "crm_accounting_bridge.ReceivableCard";
    static method = "crm_receivables";

    get cards() {
        return this.state.answer || [];
    }

    formatAmount(amount, currencyId) {
        return formatCurrency(amount, currencyId);
    }

    formatDay(day) {
        return day ? toLocaleDateString(deserializeDate(day)) : "";
    }

    getFigures(card) {
        const amount = (value) => this.formatAmount(value, card.currency_id);
        const delay = card.average_delay;
        return [
            { label: _t("Open"), value: amount(card.open) },
            {
                label: _t("Overdue"),
                value: amount(card.overdue),
                note: card.overdue_since ? _t("since %s", this.formatDay(card.overdue_since)) : "",
                danger: card.overdue > 0,
            },
            {
                label: _t("Credit left"),
                value: card.credit_limit ? amount(card.credit_rest) : _t("No limit"),
                note: card.credit_limit ? _t("of %s", amount(card.credit_limit)) : "",
                danger: card.credit_limit && card.credit_rest < 0,
            },
            {
                label: _t("Last payment"),
                value: card.last_payment ? amount(card.last_payment.amount) : "–",
                note: card.last_payment ? this.formatDay(card.last_payment.date) : "",
            },
            {
                label: _t("Pays on average"),
                value: delay === false ? "–" : delay > 0 ? _t("%s days late", delay) : _t("in time"),
            },
        ];
    }

    getLists(card) {
        return [
            { key: "invoices", title: _t("Invoices"), rows: card.invoices },
            { key: "payments", title: _t("Payments"), rows: card.payments },
            { key: "quotes", title: _t("Open quotes"), rows: card.quotes },
        ].filter(({ rows }) => rows.length);
    }
}

registry.category("view_widgets").add("crm_receivable_alert", {
    component: CrmReceivableAlert,
    extractProps,
    fieldDependencies,
});
registry.category("view_widgets").add("crm_receivable_card", {
    component: CrmReceivableCard,
    extractProps,
    fieldDependencies,
});
