from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html


class AutomotiveCampaignTarget(models.Model):
    """A customer whom a campaign is told to, and what came of it. Stays at the dealer's."""

    _name = "automotive.campaign.target"
    _description = "Campaign Customer"
    _inherit = ["mail.thread", "mail.activity.mixin", "crm.state.mixin"]
    _order = "campaign_id desc, id"
    _rec_name = "partner_id"
    _check_company_auto = True

    _transitions = {
        "selected": ("contacted", "responded", "sold", "opted_out"),
        "contacted": ("responded", "sold", "opted_out"),
        "responded": ("sold", "opted_out"),
        "sold": (),
        "opted_out": ("responded",),
    }

    campaign_id = fields.Many2one(
        "automotive.campaign", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="campaign_id.company_id", store=True, index=True)
    partner_id = fields.Many2one("res.partner", "Customer", required=True, index=True, check_company=True)
    vehicle_id = fields.Many2one("automotive.vehicle", "Car", index="btree_not_null", check_company=True)
    phone = fields.Char(related="partner_id.phone")
    lead_id = fields.Many2one(
        "crm.lead", "Opportunity", readonly=True, index="btree_not_null", ondelete="set null", check_company=True
    )
    state = fields.Selection(
        [
            ("selected", "Chosen"),
            ("contacted", "Contacted"),
            ("responded", "Answered"),
            ("sold", "Sold"),
            ("opted_out", "Said no"),
        ],
        default="selected",
        required=True,
        index=True,
    )

    _partner_unique = models.UniqueIndex("(campaign_id, partner_id)")

    def _plan_call(self):
        summary = self.env._("Call about “%(campaign)s”", campaign=self.campaign_id.name)
        user = self.partner_id.user_id or self.env.user
        note = plaintext2html(self.campaign_id.call_script or "")
        self.activity_schedule("mail.mail_activity_data_call", summary=summary, note=note, user_id=user.id)

    def action_responded(self):
        """The customer is interested: an opportunity begins, with its next step."""
        for target in self:
            target.state = "responded"
            if not target.lead_id:
                target.lead_id = self.env["crm.lead"].create(target._prepare_lead())
                target.lead_id._ensure_next_step()

    def action_sold(self):
        """Something was sold."""
        self.write({"state": "sold"})

    def action_opted_out(self):
        """The customer said no to this campaign."""
        self.write({"state": "opted_out"})

    def _on_state(self, state):
        super()._on_state(state)
        if state in ("sold", "opted_out", "responded"):
            self.activity_feedback(["mail.mail_activity_data_call"])

    def _prepare_lead(self):
        """Return the values of the opportunity."""
        campaign = self.campaign_id
        pipeline = self.env.ref("crm_automotive_dealer.crm_pipeline_car_sale", raise_if_not_found=False)
        if not pipeline and campaign.kind == "new_vehicle":
            raise UserError(self.env._("There is no pipeline for car sales any more. Make the opportunity by hand."))
        return {
            "name": self.env._("%(campaign)s: %(name)s", campaign=campaign.name, name=self.partner_id.name),
            "type": "opportunity",
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "user_id": (self.partner_id.user_id or self.env.user).id,
            "pipeline_id": pipeline.id if campaign.kind == "new_vehicle" else False,
        }
