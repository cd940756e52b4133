from odoo import fields, models
from odoo.fields import Domain

OPEN_DRIVES = ("requested", "confirmed")
OPEN_APPRAISALS = ("draft", "inspected", "offered")


class CrmHandover(models.Model):
    """A car salesperson's test drives to come and open trade-ins go to others too."""

    _inherit = "crm.handover"

    def _get_handover_scopes(self):
        """Test drives come first: their meetings follow them."""
        own, company = self._get_own_domains()
        common = {"field": "user_id", "partner": "partner_id.commercial_partner_id"}
        drives = Domain("start", ">", fields.Datetime.now()) & Domain("state", "in", OPEN_DRIVES)
        return [
            {
                **common,
                "code": "test_drive",
                "label": self.env._("Test drives to come"),
                "model": "automotive.test.drive",
                "domain": own & company & drives,
            },
            *super()._get_handover_scopes(),
            {
                **common,
                "code": "appraisal",
                "label": self.env._("Open trade-ins"),
                "model": "automotive.appraisal",
                "domain": own & company & Domain("state", "in", OPEN_APPRAISALS),
            },
        ]
