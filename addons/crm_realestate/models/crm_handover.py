from odoo import models
from odoo.fields import Domain

from .realestate_property_life import ON_OUR_BOOKS


class CrmHandover(models.Model):
    _inherit = "crm.handover"

    def _get_handover_scopes(self):
        """What an agent who leaves hands over besides; visits follow their meetings."""
        own, company = self._get_own_domains()
        states = {
            "realestate.property": (self.env._("Properties"), ON_OUR_BOOKS, None),
            "realestate.mandate": (self.env._("Mandates"), ("draft", "signed"), None),
            "realestate.demand": (self.env._("Demands"), ("active", "paused"), "partner_id.commercial_partner_id"),
            "realestate.offer": (self.env._("Offers"), ("draft", "sent"), "partner_id.commercial_partner_id"),
            "realestate.booking": (
                self.env._("Bookings"),
                ("draft", "waiting", "held", "confirmed", "contracted"),
                "payer_id.commercial_partner_id",
            ),
        }
        scopes = [
            {
                "code": model.replace(".", "_"),
                "label": label,
                "model": model,
                "domain": own & company & Domain("state", "in", open_states),
                "field": "user_id",
                **({"partner": partner} if partner else {}),
            }
            for model, (label, open_states, partner) in states.items()
        ]
        return [*super()._get_handover_scopes(), *scopes]
