from odoo import models


class AutomotiveCampaignTarget(models.Model):
    """What a customer of a campaign came for: a place in the workshop, a test drive, a car."""

    _inherit = "automotive.campaign.target"

    def action_book(self):
        """Choose a time with the customer: the workshop, or a test drive of an opportunity that begins.

        :return: the form of the appointment; what is saved there closes the call
        """
        self.ensure_one()
        sale = self.campaign_id.kind == "new_vehicle"
        model = "automotive.test.drive" if sale else "automotive.service.appointment"
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Test drive") if sale else self.env._("Workshop appointment"),
            "res_model": model,
            "views": [(False, "form")],
            "context": {f"default_{name}": value for name, value in self._prepare_booking().items()},
        }

    def _prepare_booking(self):
        """Return what an appointment of this customer begins with; a hook."""
        values = {"campaign_target_id": self.id, "partner_id": self.partner_id.id, "company_id": self.company_id.id}
        if self.campaign_id.kind == "new_vehicle":
            return {**values, "model_id": self.campaign_id.model_ids[:1].id}
        return {**values, "vehicle_id": self.vehicle_id.id, "request": self.campaign_id.name}

    def _on_booked(self, slot):
        """The customer comes: the call is over. A test drive belongs to an opportunity.

        :param slot: the appointment or test drive that was made
        """
        self.ensure_one()
        self._close_call()
        if "lead_id" in slot:
            self.action_responded()
            slot.lead_id = slot.lead_id or self.lead_id
        elif self.state != "sold":
            self.state = "responded"
