from datetime import timedelta

from odoo import fields, models

KEPT_DAYS = 90
# The nightly comparison may ask for what was sent a week ago.
LEAST_DAYS = 14
BATCH = 1000


class CrmExchangeKeptMixin(models.AbstractModel):
    """Messages whose words are kept for a while only: names and complaints are in them."""

    _name = "crm.exchange.kept.mixin"
    _description = "Message Kept for a While"

    payload = fields.Text(readonly=True)

    def _get_kept_days(self):
        """Return for how many days words are kept: the system parameter ``crm_exchange.kept_days``."""
        text = self.env["ir.config_parameter"].sudo().get_param("crm_exchange.kept_days", "")
        return max(int(text), LEAST_DAYS) if text.isdigit() else KEPT_DAYS

    def _forget_payloads(self, domain):
        """Empty the payload of old messages.

        :return: (how many, whether there are more), as the host's clean-up wants to know
        """
        limit = fields.Datetime.now() - timedelta(days=self._get_kept_days())
        old = self.search([*domain, ("create_date", "<", limit), ("payload", "!=", False)], limit=BATCH)
        old.write({"payload": False})
        return len(old), int(len(old) == BATCH)
