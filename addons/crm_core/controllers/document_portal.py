from odoo import http
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal, pager


class DocumentPortal(CustomerPortal):
    """The documents of a customer with an account: what is to be signed, and what was."""

    def _prepare_home_portal_values(self, counters):
        """Count the person's documents, and those that wait for the signature."""
        values = super()._prepare_home_portal_values(counters)
        if "crm_document_count" in counters:
            values["crm_document_count"] = self._get_own_signers().search_count(self._get_own_document_domain())
        if "crm_document_turn_count" in counters:
            waiting = self._get_own_document_domain() & Domain("document_id.state", "=", "sent")
            signers = self._get_own_signers().search(waiting & Domain("state", "=", "waiting"))
            values["crm_document_turn_count"] = len(signers.filtered(lambda signer: signer._may_sign()))
        return values

    def _get_own_signers(self):
        # sudo: a customer has no rights on documents; the domain is what that person signs.
        return request.env["crm.document.signer"].sudo()

    def _get_own_document_domain(self):
        """Return the domain of the person's own signatures: another person of the company has links of their own."""
        mine = Domain("partner_id", "=", request.env.user.partner_id.id)
        return mine & Domain("document_id.state", "in", ("sent", "signed"))

    @http.route(
        ["/my/documents", "/my/documents/page/<int:page>"], type="http", auth="user", methods=["GET"], website=True
    )
    def my_documents(self, page=1, **kwargs):
        """List the documents the person signs or has signed, the newest first; each leads to its page.

        :param page: number of the page
        """
        signers, domain = self._get_own_signers(), self._get_own_document_domain()
        pages = pager("/my/documents", signers.search_count(domain), page, self._items_per_page)
        found = signers.search(domain, order="id desc", limit=self._items_per_page, offset=pages["offset"])
        values = {"signers": found, "pager": pages, "page_name": "crm_documents", "default_url": "/my/documents"}
        return request.render("crm_core.crm_document_portal_list", {**self._prepare_portal_layout_values(), **values})
