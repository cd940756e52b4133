import json
from urllib.parse import urlencode

from markupsafe import Markup

from odoo import http
from odoo.fields import Domain
from odoo.http import request

from ..models.realestate_demand_mail import PURPOSE
from ..models.realestate_property_public import PAGE
from .common import ROUTE, PublicPage
from .public_form import PublicForm

BODY = 32 * 1024
PUBLIC = {
    "Cache-Control": "public, max-age=60",
    "Content-Security-Policy": "default-src 'none'; img-src 'self' data:; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
SEARCH = ("operation", "type", "zone", "price", "beds")
DEMAND = ("operation", "types", "zones", "price_max", "beds_min")
HOME = ("operation", "type", "zone", "street", "city", "area", "beds", "price")


class PublicHomes(PublicPage, PublicForm, http.Controller):
    """What an agency shows everybody: its list, a page for each property, and forms. No session, no cookie."""

    @http.route("/homes/<int:number>", methods=["GET"], **ROUTE)
    def homes(self, number, page="1", **told):
        """Show the list, searched by ``operation``, ``type``, ``zone``, ``price`` and ``beds``.

        :param number: of the company
        :return: 200 or 404
        """
        company = self._find_company(number)
        if not company:
            return self._not_found()
        page = int(page) if str(page).isdecimal() and 0 < int(page) < 10000 else 1
        properties, count = company.env["realestate.property"]._search_public(company, told, page)
        values = {
            "properties": properties,
            "count": count,
            "page": page,
            "pages": -(-count // PAGE),
            "told": {name: told.get(name) or "" for name in SEARCH},
            "url": lambda wanted: self._get_list_url(company, told, wanted),
            **self._get_choices(company),
        }
        return self._show_public(company, "crm_realestate.public_list", values)

    @http.route("/homes/<int:number>/<string:uuid>", methods=["GET", "POST"], max_content_length=BODY, **ROUTE)
    def home(self, number, uuid, **told):
        """Show a property (GET) or take an enquiry or the wish for a visit (POST).

        :return: 200, 303, 404; 422 with the page again when something is missing
        """
        company = self._find_company(number)
        prop = company and company.env["realestate.property"].search(
            company.env["realestate.property"]._get_public_domain(company) & Domain("uuid", "=", uuid), limit=1
        )
        if not prop:
            return self._not_found()
        if request.httprequest.method != "POST":
            return self._show_home(company, prop)
        slot = told.get("slot") or ""
        answers = {"property_ref": prop.ref, **({"slot": slot} if slot else {})}
        target = "visit_request" if told.get("visit") or slot else "property_enquiry"
        return self._take(
            company,
            target,
            told,
            answers,
            prop._get_public_url(),
            lambda **more: self._show_home(company, prop, **more),
        )

    @http.route("/homes/<int:number>/sell", methods=["GET", "POST"], max_content_length=BODY, **ROUTE)
    def sell(self, number, **told):
        """Show the form for who wants to sell or let (GET), or take it (POST)."""
        answers = {name: told.get(name) or "" for name in HOME}
        return self._serve_form(number, "sell", "sell_home", told, answers)

    @http.route("/homes/<int:number>/alerts", methods=["GET", "POST"], max_content_length=BODY, **ROUTE)
    def alerts(self, number, **told):
        """Show the form for who looks for a home (GET), or take it (POST); mails need the consent ticked."""
        answers = {name: told.get(name) or "" for name in DEMAND}
        answers["mail_frequency"] = "daily" if told.get("consent") else "never"
        return self._serve_form(number, "alerts", "demand", told, answers)

    # ------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------

    def _serve_form(self, number, name, target, told, answers):
        company = self._find_company(number)
        if not company:
            return self._not_found()

        def show(**more):
            purpose = company.env["crm.privacy.purpose"]._find(PURPOSE, company)
            values = {**self._get_choices(company), "consent": purpose.text, "said": {}, **more}
            return self._show_public(company, f"crm_realestate.public_{name}", values)

        if request.httprequest.method != "POST":
            return show()
        return self._take(company, target, told, answers, f"/homes/{company.id}/{name}", show)

    def _take(self, company, target, told, answers, url, show):
        """Keep a submission and go to the same page, which says thank you; or show what is wrong."""
        payload, wrong = self._read(company.env, told)
        if wrong:
            return show(said=told, error=wrong, status=422)
        if self._is_too_many(company):
            wait = company.env._("Too much arrives at the moment. Please send it again in a minute, or call us.")
            return show(said=told, error=wait, status=429)
        if told.get("consent"):
            payload["consents"] = [{"purpose": PURPOSE, "decision": "granted"}]
        self._receive(
            company, target, {**payload, "answers": {k: str(v)[:300] for k, v in answers.items()}}, told["ticket"]
        )
        return request.redirect(f"{url}?thanks=1", code=303)

    def _find_company(self, number):
        """Return the company if it shows its properties to everybody, in the reader's language."""
        company = self._get_env()["res.company"].browse(number).exists()
        return company.with_company(company) if company.realestate_public else company.browse()

    def _show_home(self, company, prop, **more):
        base = prop.get_base_url()
        data = Markup(json.dumps(prop._get_structured_data(base)).replace("<", "\\u003c"))
        values = {"prop": prop, "slots": prop._get_visit_choices(), "base": base, "data": data, "said": {}, **more}
        return self._show_public(company, "crm_realestate.public_home", values)

    def _get_choices(self, company):
        """Return what can be searched for: types and zones of what is shown."""
        properties = company.env["realestate.property"]
        domain = properties._get_public_domain(company)
        groups = properties._read_group(domain, ["type_id", "zone_id"])
        types = properties.type_id.union(*(kind for kind, _zone in groups))
        zones = properties.zone_id.union(*(zone for _kind, zone in groups))
        return {"types": types.sorted("name"), "zones": (zones | zones.parent_id).sorted("complete_name")}

    def _get_list_url(self, company, told, page):
        searched = {name: told[name] for name in SEARCH if told.get(name)}
        return f"/homes/{company.id}?{urlencode({**searched, 'page': page})}"

    def _show_public(self, company, template, values):
        """Return a page of an agency, with the ticket its forms need."""
        status = values.pop("status", 200)
        contact = " · ".join(filter(None, [company.name, company.phone, company.email]))
        shared = {
            "company": company,
            "agency": company.name,
            "home": f"/homes/{company.id}",
            "contact": contact,
            "ticket": self._make_ticket(company.env),
            "thanks": bool(request.httprequest.args.get("thanks")),
            "error": None,
        }
        # A page with a form is one reader's: its ticket counts once.
        cached = template == "crm_realestate.public_list"
        headers = PUBLIC if cached else {**PUBLIC, "Cache-Control": "no-store"}
        return self._show(template, {**shared, **values}, status=status, headers=headers)
