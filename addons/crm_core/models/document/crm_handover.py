from odoo import models
from odoo.fields import Domain


class CrmHandover(models.Model):
    _inherit = "crm.handover"

    def _get_handover_scopes(self):
        """Documents that are not finished need somebody who looks after them."""
        own, company = self._get_own_domains()
        return [
            *super()._get_handover_scopes(),
            {
                "code": "document",
                "label": self.env._("Documents to be signed"),
                "model": "crm.document",
                "domain": own & company & Domain("state", "in", ("draft", "sent")),
                "field": "user_id",
                "partner": "partner_id.commercial_partner_id",
            },
        ]
