import { Component } from "@odoo/owl";
import { Domain } from "@web/core/domain";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { registry } from "@web/core/registry";
import { STATIC_ACTIONS_GROUP_NUMBER } from "@web/search/action_menus/action_menus";
import { useService } from "@web/core/utils/hooks";
import { user } from "@web/core/user";

const MODELS = ["res.partner", "crm.lead"];

/** Keep what is filtered in a list of contacts or leads as a segment. */
export class SaveSegment extends Component {
    static template = "crm_core.SaveSegment";
    static components = { DropdownItem };
    static props = {};

    setup() {
        this.action = useService("action");
    }

    save() {
        const { searchModel, config } = this.env;
        // "uid" and days become values: the segment is the same for everybody.
        const domain = new Domain(new Domain(searchModel.domain).toList({ ...user.context, uid: user.userId }));
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "crm.segment",
            views: [[false, "form"]],
            context: {
                default_model_name: searchModel.resModel,
                default_domain: domain.toString(),
                default_name: searchModel.facets.map((facet) => facet.values.join(" ")).join(", ") || config.getDisplayName(),
            },
        });
    }
}

registry.category("cogMenu").add(
    "crm-save-segment",
    {
        Component: SaveSegment,
        groupNumber: STATIC_ACTIONS_GROUP_NUMBER,
        isDisplayed: async ({ config, searchModel }) =>
            ["kanban", "list"].includes(config.viewType) &&
            MODELS.includes(searchModel?.resModel) &&
            (await user.hasGroup("sales_team.group_sale_salesman")),
    },
    { sequence: 20 }
);
