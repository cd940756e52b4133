import { Component, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const SHOWN = 8;

/** The placeholders of a template: type to find one, click to copy it, paste it into the text. */
export class CrmPlaceholderPicker extends Component {
    static template = "crm_core.CrmPlaceholderPicker";
    static props = { ...standardFieldProps };

    setup() {
        this.notification = useService("notification");
        this.state = useState({ search: "" });
    }

    get found() {
        const words = this.state.search.toLowerCase().split(/\s+/).filter(Boolean);
        const all = this.props.record.data[this.props.name] || [];
        const matches = ({ group, label, text }) => {
            const whole = `${group} ${label} ${text}`.toLowerCase();
            return words.every((word) => whole.includes(word));
        };
        return words.length ? all.filter(matches).slice(0, SHOWN) : [];
    }

    async copy(text) {
        try {
            await browser.navigator.clipboard.writeText(text);
        } catch {
            // Without HTTPS a browser has no clipboard for pages: the text stays there to be selected.
            return this.notification.add(_t("Select %s and copy it.", text), { type: "info" });
        }
        this.notification.add(_t("Copied: paste %s where you want it.", text), { type: "success" });
    }
}

registry.category("fields").add("crm_placeholder_picker", { component: CrmPlaceholderPicker, supportedTypes: ["json"] });
