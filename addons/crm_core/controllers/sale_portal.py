from werkzeug.exceptions import NotFound

from odoo.exceptions import AccessError, MissingError
from odoo.http import request, route

from odoo.addons.sale.controllers.portal import CustomerPortal


class QuotePortal(CustomerPortal):
    """The customer's page of a quote: what a wrong link shows, and why he refuses."""

    def _find_quote(self, order_id, access_token):
        """Return the quote of a link, as superuser.

        :raise NotFound: the link has a token, and it is not of this quote. The host leads to a page to log in,
            where a customer without an account is lost.
        """
        try:
            return self._document_check_access("sale.order", order_id, access_token=access_token)
        except (AccessError, MissingError):
            if access_token:
                raise NotFound() from None
            return request.env["sale.order"]

    @route()
    def portal_order_page(self, order_id, access_token=None, **kwargs):
        """Show the quote; a wrong token is not found. Files are left to the host, which leads to the portal's door."""
        if not kwargs.get("report_type"):
            self._find_quote(order_id, access_token)
        return super().portal_order_page(order_id, access_token=access_token, **kwargs)

    @route()
    def portal_quote_decline(self, order_id, access_token=None, decline_message=None, refusal_reason_id=None, **kwargs):
        """Refuse with a reason.

        :param refusal_reason_id: id of one of the reasons offered; anything else counts as none
        """
        order = self._find_quote(order_id, access_token)
        was_open = order and order._has_to_be_signed()
        response = super().portal_quote_decline(
            order_id, access_token=access_token, decline_message=decline_message, **kwargs
        )
        if was_open and order.state == "cancel":
            reasons = order._get_refusal_reasons()
            reason = reasons.filtered(lambda reason: str(reason.id) == refusal_reason_id)
            order._on_quote_refused(reason, decline_message)
        return response

    @route()
    def portal_quote_document(self, order_id, document_id, access_token):
        """Hand out a document of the quote; a wrong token is not found."""
        self._find_quote(order_id, access_token)
        return super().portal_quote_document(order_id, document_id, access_token)
