from odoo import http
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal


class EstatePortal(CustomerPortal):
    """What owners and clients see of their own when they log in."""

    def _prepare_home_portal_values(self, counters):
        """Count the person's own properties, visits and bookings."""
        values = super()._prepare_home_portal_values(counters)
        for name, find in (
            ("estate_property_count", self._find_own_properties),
            ("estate_visit_count", self._find_own_visits),
            ("estate_booking_count", self._find_own_bookings),
        ):
            if name in counters:
                values[name] = len(find())
        return values

    def _get_own_partners(self):
        """Return the contact who is logged in, and their company."""
        partner = request.env.user.partner_id
        return partner | partner.commercial_partner_id

    def _find_own_properties(self):
        # sudo: portal users have no rights on the stock; the domain is what they own.
        parties = request.env["realestate.party"].sudo()
        mine = Domain("partner_id", "in", self._get_own_partners().ids)
        roles = Domain("role", "in", ("owner", "usufruct", "representative"))
        return parties.search(mine & roles).property_id

    def _find_own_visits(self):
        # sudo: as above; visits the person takes part in.
        visits = request.env["realestate.visit"].sudo()
        mine = Domain("partner_ids", "in", self._get_own_partners().ids)
        return visits.search(mine & Domain("state", "!=", "draft"), limit=100)

    def _find_own_bookings(self):
        # sudo: as above; bookings for the person.
        bookings = request.env["realestate.booking"].sudo()
        mine = Domain("partner_ids", "in", self._get_own_partners().ids)
        return bookings.search(mine & Domain("state", "!=", "draft"), limit=100)

    def _find_own_papers(self, records):
        """Return what the person has signed or has to sign now: {record: its ``crm.document.signer``}."""
        # sudo: as above; the papers of what is theirs, each with their own link.
        signers = request.env["crm.document.signer"].sudo()
        mine = Domain("partner_id", "in", self._get_own_partners().ids)
        found = signers.search(
            mine & Domain("document_id.res_model", "=", records._name) & Domain("document_id.res_id", "in", records.ids)
        ).filtered(lambda signer: signer.is_turn or signer.document_id.state == "signed")
        return {
            record: found.filtered(lambda signer, record=record: signer.document_id.res_id == record.id)
            for record in records
        }

    @http.route("/my/properties", type="http", auth="user", methods=["GET"], website=True)
    def my_properties(self, **_other):
        """Show an owner what happens with their properties: visits, what visitors said, who looks for such a home."""
        properties = self._find_own_properties()
        return request.render(
            "crm_realestate.portal_my_properties",
            {**self._prepare_portal_layout_values(), "properties": properties, "page_name": "estate_properties"},
        )

    @http.route("/my/properties/<int:number>", type="http", auth="user", methods=["GET"], website=True)
    def my_property(self, number, **_other):
        """Show an owner one of their properties; 404 for anybody else's."""
        prop = self._find_own_properties().filtered(lambda one: one.id == number)
        if not prop:
            raise request.not_found()
        values = {"prop": prop, "report": prop._prepare_owner_report(), "page_name": "estate_property"}
        return request.render("crm_realestate.portal_my_property", {**self._prepare_portal_layout_values(), **values})

    @http.route("/my/visits", type="http", auth="user", methods=["GET"], website=True)
    def my_visits(self, **_other):
        """Show a client their visits, each with the page to confirm or move it and the sheet to sign."""
        visits = self._find_own_visits()
        values = {"visits": visits, "papers": self._find_own_papers(visits), "page_name": "estate_visits"}
        return request.render("crm_realestate.portal_my_visits", {**self._prepare_portal_layout_values(), **values})

    @http.route("/my/bookings", type="http", auth="user", methods=["GET"], website=True)
    def my_bookings(self, **_other):
        """Show a client their bookings, the quote of the deposit and the contracts."""
        bookings = self._find_own_bookings()
        values = {"bookings": bookings, "papers": self._find_own_papers(bookings), "page_name": "estate_bookings"}
        return request.render("crm_realestate.portal_my_bookings", {**self._prepare_portal_layout_values(), **values})
