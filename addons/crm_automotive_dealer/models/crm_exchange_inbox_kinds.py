from odoo import api, models

from .automotive_catalogue import CATALOGUE_PUBLISHED
from .automotive_dealer import DEALER_PUBLISHED
from .automotive_feedback import DISPUTED, QUESTION, REPLIED
from .automotive_known_issue import ISSUE_PUBLISHED
from .automotive_oem_lead import LEAD_ASSIGNED, LEAD_OUTCOME


class CrmExchangeInbox(models.Model):
    """The kinds of messages about leads and cases, besides those the engine came with."""

    _inherit = "crm.exchange.inbox"

    @api.model
    def _get_handlers(self):
        return {
            **super()._get_handlers(),
            CATALOGUE_PUBLISHED: ("automotive.catalogue", "_exchange_receive", "maker"),
            DEALER_PUBLISHED: ("automotive.dealer", "_exchange_receive", "maker"),
            DISPUTED: ("automotive.oem.case", "_exchange_receive", "dealer"),
            ISSUE_PUBLISHED: ("automotive.known.issue", "_exchange_receive", "maker"),
            LEAD_ASSIGNED: ("automotive.lead.referral", "_exchange_receive", "maker"),
            LEAD_OUTCOME: ("automotive.oem.lead", "_exchange_receive_outcome", "dealer"),
            QUESTION: ("automotive.feedback", "_exchange_receive_reply", "maker"),
            REPLIED: ("automotive.oem.case", "_exchange_receive", "dealer"),
        }
