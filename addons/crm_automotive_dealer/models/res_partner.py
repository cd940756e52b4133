from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    vehicle_party_ids = fields.One2many(
        "automotive.vehicle.party",
        "partner_id",
        "Vehicles",
        groups="crm_automotive_dealer.group_crm_automotive_dealer_user",
    )

    def _crm_timeline_sources(self):
        """Show what the customer said about the car to those who may read it."""
        feedback = {
            "kind": "feedback",
            "label": self.env._("Feedback"),
            "icon": "fa-comment-o",
            "model": "automotive.feedback",
            "domain": [("partner_id", "in", self._crm_timeline_partners().ids)],
            "date": "create_date",
            "fields": ["create_date", "name", "kind", "state", "text", "user_id"],
            "prepare": self._prepare_feedback_entry,
        }
        return [*super()._crm_timeline_sources(), feedback]

    def _prepare_feedback_entry(self, feedback):
        """Return the parts of a timeline entry."""
        labels = (self._get_label(feedback, "kind"), self._get_label(feedback, "state"))
        title = f"{feedback.name}: {' · '.join(labels)}"
        return {"title": title, "text": feedback.text, "author": self._get_name(feedback.user_id)}
