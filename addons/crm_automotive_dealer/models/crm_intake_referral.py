from odoo import api, fields, models


class CrmIntake(models.Model):
    """Leads that come from a maker over the exchange."""

    _inherit = "crm.intake"

    automotive_referral_id = fields.Many2one(
        "automotive.lead.referral", "Maker's lead", readonly=True, index="btree_not_null", ondelete="restrict"
    )

    @api.model
    def _get_meta_fields(self):
        return (*super()._get_meta_fields(), "automotive_referral_id")

    @api.model
    def _get_targets(self):
        """A lead of the maker becomes a car sale whose outcome goes back."""
        return {**super()._get_targets(), "maker_lead": (self.env._("Car lead of the maker"), "_process_maker_lead")}

    def _prepare_partner_values(self, data):
        """As for ADF: a dealer's customer carries the dealer's company."""
        values = super()._prepare_partner_values(data)
        return {**values, "company_id": self.company_id.id} if self.automotive_referral_id else values

    def _process_maker_lead(self, data):
        """Make or extend the car sale and join it with the maker's lead."""
        referral = self.automotive_referral_id
        # Nobody is responsible yet: who looks after the link is, and hands it on.
        self.user_id = self.user_id or (not self.team_id and referral.peer_id.user_id)
        lead = self._create_or_extend_lead(data, "opportunity")
        self._add_cars(lead, self.payload["adf"]["vehicles"])
        referral.lead_id = lead
        self._hurry(lead, referral.respond_by)
        return lead.with_env(self.env)

    def _hurry(self, lead, respond_by):
        """Have the next step done before the maker gives the lead to somebody else."""
        if respond_by:
            late = lead.activity_ids.filtered(lambda step: step.date_deadline > respond_by.date())
            late.date_deadline = respond_by.date()

    def _get_first_step(self):
        """The maker waits: call today."""
        if not self.automotive_referral_id:
            return super()._get_first_step()
        return self.env._("Call: lead of %(maker)s", maker=self.automotive_referral_id.peer_id.name)
