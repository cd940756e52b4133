from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    handover_user_id = fields.Many2one(
        "res.users",
        "Hand over to",
        domain="[('share', '=', False), ('id', '!=', id)]",
        copy=False,
        groups="sales_team.group_sale_manager,base.group_erp_manager",
        help="When this user is archived, contacts, open deals, quotes, activities and meetings go to this person "
        "first. Empty: nothing is handed over.",
    )

    def action_archive(self):
        """Hand over first: the host deletes the activities of archived users and ends their memberships."""
        self._hand_over_before_archive()
        return super().action_archive()

    def write(self, vals):
        """As in :meth:`action_archive`, for whoever archives by writing."""
        if vals.get("active") is False:
            self._hand_over_before_archive()
        return super().write(vals)

    def _hand_over_before_archive(self):
        """Hand over what the users have to their successors, company by company; without one nothing happens."""
        # sudo: who may archive a user may not read all that is handed over.
        for user in self.sudo().filtered(lambda user: user.active and user.handover_user_id):
            for company in user.company_ids:
                handover = self.env["crm.handover"].sudo().create(user._prepare_handover(company))
                if any(handover._count_scopes().values()):
                    handover.action_start()
                else:
                    handover.unlink()

    def _prepare_handover(self, company):
        """Return the values of the hand-over when this user is archived; a hook."""
        self.ensure_one()
        return {
            "from_user_id": self.id,
            "company_id": company.id,
            "rule": "one",
            "user_id": self.handover_user_id.id,
            "reason": self.env._("The user was archived."),
        }

    def action_crm_handover(self):
        """Prepare a hand-over from this user."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Hand over"),
            "res_model": "crm.handover",
            "views": [(False, "form")],
            "context": {"default_from_user_id": self.id, "default_user_id": self.handover_user_id.id},
        }
