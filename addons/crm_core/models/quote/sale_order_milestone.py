from odoo import api, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _on_milestone(self, event):
        """Tell that something an accepted quote may wait for has happened; to be extended.

        Verticals call it on the quote itself (keys handed over, vehicle delivered); an event of an
        opportunity reaches its quotes by itself. The same event may come more than once.
        Must not raise: what follows from it is the business of who extends it.

        :param event: a value of ``crm.stage.stage_event``
        """

    @api.model
    def _awaits_milestone(self, event):
        """Tell whether any quote may wait for an event; extend it with ``_on_milestone``.

        Asked before the quotes of an opportunity are looked for, so it must cost no query: keep the answer in memory.

        :param event: a value of ``crm.stage.stage_event``
        """
        return False
