from odoo import fields, models


class CrmDocumentTemplate(models.Model):
    """Contracts of a booking are for a sale or for a rent."""

    _inherit = "crm.document.template"

    realestate_operation = fields.Selection(
        [("sale", "Sale"), ("rent", "Rent")], "Deal", help="Of bookings: the contracts of the other kind come last."
    )

    def _get_for(self, record, kind=None):
        """Propose the contracts of the deal first."""
        found = super()._get_for(record, kind)
        if record._name != "realestate.booking":
            return found
        return found.sorted(lambda template: template.realestate_operation not in (False, record.operation))
