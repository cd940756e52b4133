import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** What a document lacks, each with a link to where it is filled in. */
export class CrmDocumentMissing extends Component {
    static template = "crm_core.CrmDocumentMissing";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
    }

    get entries() {
        return this.props.record.data[this.props.name] || [];
    }

    canOpen(entry) {
        return entry.res_id && entry.res_model !== this.props.record.resModel;
    }

    open(entry) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: entry.res_model,
            res_id: entry.res_id,
            views: [[false, "form"]],
        });
    }
}

registry.category("fields").add("crm_document_missing", { component: CrmDocumentMissing, supportedTypes: ["json"] });
