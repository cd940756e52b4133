from odoo import models


class CrmLead(models.Model):
    _inherit = "crm.lead"

    def _on_stage_event(self, event):
        """What happens to an opportunity may be what its quotes wait for."""
        moved = super()._on_stage_event(event)
        if self.env["sale.order"]._awaits_milestone(event):
            # sudo: the event happened, whoever may see the quotes of the opportunity.
            self.sudo().order_ids._on_milestone(event)
        return moved
