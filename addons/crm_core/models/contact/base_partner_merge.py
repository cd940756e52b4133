from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_values(self, src_partners, dst_partner):
        """Keep the numbers that lose: the host keeps one ``phone`` and forgets the others.

        The additional numbers themselves follow their contact, as every foreign key.
        """
        numbers = [number for number in (src_partners + dst_partner).mapped("phone") if number]
        super()._update_values(src_partners, dst_partner)
        if numbers:
            dst_partner._add_phones({dst_partner.id: numbers})
