from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _privacy_export(self):
        """Return what is kept about these persons beside the contact itself; what a request for access calls.

        A hook, the counterpart of ``_privacy_erase``: an addon that keeps personal data adds to the result.

        :return: {name of the model: [{name: value JSON can hold}]}
        """
        # sudo: the officer of privacy needs no right on sales.
        intakes = self.env["crm.intake"].sudo().search(self._get_intake_domain())
        return {"crm.intake": [intake._prepare_export() for intake in intakes]}
