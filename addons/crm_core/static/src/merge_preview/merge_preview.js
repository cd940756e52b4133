import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * What the contacts to be merged say where they differ; a click chooses which value stays.
 *
 * The server makes the table (`preview`) and gets back what was chosen (`winners`).
 */
export class MergePreview extends Component {
    static template = "crm_core.MergePreview";
    static props = { ...standardFieldProps };

    get preview() {
        return this.props.record.data[this.props.name] || { contacts: [], rows: [] };
    }

    choose(row, contact) {
        const winners = { ...(this.props.record.data.winners || {}), [row.name]: contact.id };
        return this.props.record.update({ winners });
    }
}

registry.category("fields").add("crm_merge_preview", {
    component: MergePreview,
    supportedTypes: ["json"],
});
