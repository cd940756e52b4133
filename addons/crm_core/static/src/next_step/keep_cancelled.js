import { Activity } from "@mail/core/web/activity";
import { ActivityListPopoverItem } from "@mail/core/web/activity_list_popover_item";
import { patch } from "@web/core/utils/patch";
import { session } from "@web/session";

/**
 * Where the loop is used, an activity that is cancelled asks why and stays in the history; elsewhere the host deletes it.
 */
const isKept = (activity) => session.crm_kept_activities?.includes(activity.res_model);

async function cancel({ orm, action }, activity, onClose) {
    const dialog = await orm.call("mail.activity", "action_cancel", [[activity.id]]);
    await action.doAction(dialog, { onClose });
}

patch(Activity.prototype, {
    async unlink() {
        const { activity, onActivityChanged } = this.props;
        if (!isKept(activity)) {
            return super.unlink();
        }
        const thread = this.thread;
        await cancel(this.env.services, activity, async () => {
            onActivityChanged(thread);
            await thread.fetchNewMessages();
        });
    },
});

patch(ActivityListPopoverItem.prototype, {
    unlink() {
        const { activity, onActivityChanged } = this.props;
        return isKept(activity)
            ? cancel(this.env.services, activity, () => onActivityChanged?.())
            : super.unlink();
    },
});
