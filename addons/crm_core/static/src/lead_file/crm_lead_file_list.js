import { useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { ListRenderer } from "@web/views/list/list_renderer";
import { listView } from "@web/views/list/list_view";

/** The checklist of an opportunity: a file dropped on a line is what the line asks for. */
export class CrmLeadFileRenderer extends ListRenderer {
    static recordRowTemplate = "crm_core.CrmLeadFileRow";

    setup() {
        super.setup();
        this.http = useService("http");
        this.notification = useService("notification");
        this.over = useState({ id: false });
    }

    getRowClass(record) {
        return super.getRowClass(record) + (this.over.id === record.id ? " table-primary" : "");
    }

    onDragOver(record, ev) {
        if (ev.dataTransfer.types.includes("Files")) {
            ev.preventDefault();
            this.over.id = record.id;
        }
    }

    onDragLeave(ev) {
        if (!ev.currentTarget.contains(ev.relatedTarget)) {
            this.over.id = false;
        }
    }

    async onDrop(record, ev) {
        this.over.id = false;
        const files = [...ev.dataTransfer.files];
        if (!files.length) {
            return;
        }
        ev.preventDefault();
        if (await record.save()) {
            await this.send(record, files);
            await record.load();
        }
    }

    async send(record, files) {
        const params = { csrf_token: odoo.csrf_token, ufile: files };
        const answer = JSON.parse(await this.http.post(`/crm/lead_file/${record.resId}/drop`, params, "text"));
        if (answer.error) {
            this.notification.add(answer.error, { type: "danger" });
        }
    }
}

registry.category("views").add("crm_lead_file_list", { ...listView, Renderer: CrmLeadFileRenderer });
