from odoo import models


class CrmBillingLinkMixin(models.AbstractModel):
    """From a record of billing to the others, each with the rights of the user."""

    _name = "crm.billing.link.mixin"
    _description = "Links of Billing"

    def _open(self, record):
        """Return the action that opens the form of a record."""
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [[False, "form"]],
        }

    def _open_form(self):
        """Return the action that opens this record."""
        return self._open(self.ensure_one())

    def _ask(self, name, model, **defaults):
        """Return the action that asks in a dialog.

        :param model: the name of the wizard
        :param defaults: what it begins with, by field
        """
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "views": [[False, "form"]],
            "target": "new",
            "context": {f"default_{field}": value for field, value in defaults.items()},
        }

    def action_open_order(self):
        """Open the quote."""
        return self._open(self.ensure_one().order_id)

    def action_open_acceptance(self):
        """Open what the customer accepted: everything about it is there."""
        return self._open(self.ensure_one().acceptance_id)
