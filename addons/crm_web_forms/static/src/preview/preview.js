import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, useState } from "@odoo/owl";

/** The form as visitors will see it, on a desktop or on a phone; loaded again each time it is saved. */
export class CrmWebFormPreview extends Component {
    static template = "crm_web_forms.Preview";
    static props = { ...standardWidgetProps };

    setup() {
        this.state = useState({ phone: false });
    }

    get url() {
        const { uuid, write_date: saved } = this.props.record.data;
        return `/crm/f/${uuid}/preview?saved=${saved ? saved.toMillis() : ""}`;
    }
}

registry.category("view_widgets").add("crm_web_form_preview", { component: CrmWebFormPreview });
