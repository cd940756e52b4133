from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools import answers


class CrmIntake(models.Model):
    """What arrives from public pages besides enquiries: wishes for a visit, homes to sell."""

    _inherit = "crm.intake"

    @api.model
    def _get_targets(self):
        """Somebody who wants to see a property gets a visit; who wants to sell, a prospect."""
        return {
            **super()._get_targets(),
            "visit_request": (self.env._("Visit request"), "_process_visit_request"),
            "sell_home": (self.env._("Home to sell or let"), "_process_sell_home"),
        }

    # ------------------------------------------------------------
    # Visit
    # ------------------------------------------------------------

    def _process_visit_request(self, data):
        """Make the opportunity and the visit: planned if ``answers.slot`` (UTC) is still free, else a draft.

        :return: the ``realestate.visit``, or the opportunity if nobody knows of which property
        """
        lead = self._process_property_enquiry(data)
        prop = self._find_enquired_property(data)
        agent = prop.user_id or lead.user_id
        if not prop or not agent:
            return lead
        start = self._get_wanted_moment(data)
        visit = self.env["realestate.visit"].create(self._prepare_visit(prop, agent, lead, start))
        try:
            with self.env.cr.savepoint():
                if start and self._is_free(prop, agent, start):
                    visit.write({"state": "planned"})
        except UserError:
            visit.invalidate_recordset()
        if visit.state == "draft":
            visit.activity_schedule(
                "mail.mail_activity_data_call", summary=self.env._("Agree on a time for the visit"), user_id=agent.id
            )
        return visit

    def _get_wanted_moment(self, data):
        """Return the moment asked for, naive UTC, or none if there is no readable one."""
        try:
            return fields.Datetime.to_datetime(data["answers"].get("slot") or None)
        except ValueError:
            return None

    def _is_free(self, prop, agent, start):
        """Tell whether the moment is one of those a visit can begin at."""
        found = self.env["realestate.visit"]._find_free_slots(prop, agent, start, start + timedelta(hours=1))
        return start in found

    def _prepare_visit(self, prop, agent, lead, start):
        """Return the values of the visit asked for; a hook."""
        begin = start or fields.Datetime.now() + timedelta(days=1)
        return {
            "property_id": prop.id,
            "user_id": agent.id,
            "lead_id": lead.id,
            "partner_ids": [Command.set(self.partner_id.ids)],
            "start": begin,
            "stop": begin + timedelta(hours=1),
            "buffer_min": self.company_id.realestate_visit_buffer,
        }

    # ------------------------------------------------------------
    # Home to sell
    # ------------------------------------------------------------

    def _process_sell_home(self, data):
        """Make a prospect with its owner, and the opportunity to win the mandate.

        Answers: ``operation`` (sale, rent), ``type``, ``zone``, ``street``, ``city``, ``area``, ``beds``, ``price``.
        """
        self.pipeline_id = self.pipeline_id or self._get_listing_pipeline()
        prop = self.env["realestate.property"].create(self._prepare_prospect(data))
        step = self.env._("Call to arrange the valuation")
        intake = self.with_context(crm_realestate_next_step=step, crm_realestate_property_id=prop.id)
        lead = intake._create_or_extend_lead(data, "opportunity")
        lead.realestate_side = "owner"
        return prop

    def _get_listing_pipeline(self):
        found = self.env["crm.pipeline"].search(
            [("code", "=", "property_listing"), ("company_id", "in", [self.company_id.id, False])]
        )
        return found.sorted(lambda pipeline: not pipeline.company_id)[:1]

    def _prepare_prospect(self, data):
        """Return the values of the prospect; a hook."""
        told = data["answers"]
        operation = "rent" if "rent" in answers.words(told.get("operation")) else "sale"
        types = self._find_named("realestate.property.type", told.get("type"), "code")[0][2]
        zones = self._find_named("realestate.zone", told.get("zone"), "complete_name")[0][2]
        place = told.get("street") or data["street"]
        return {
            "name": place or self.env._("Home of %(owner)s", owner=self.partner_id.name),
            "state": "prospect",
            "company_id": self.company_id.id,
            "currency_id": self.company_id.currency_id.id,
            "user_id": self.user_id.id,
            "operation": operation,
            "type_id": next(iter(types), False),
            "zone_id": next(iter(zones), False),
            "street": place,
            "city": told.get("city") or data["city"],
            "area_built": answers.number(told.get("area")),
            "beds": answers.number(told.get("beds")),
            "owner_price": answers.number(told.get("price")),
            "party_ids": [Command.create({"partner_id": self.partner_id.id, "role": "owner", "share": 100.0})],
        }

    def _prepare_demand_values(self, data, lead):
        """Somebody who asked for mails gets them."""
        values = super()._prepare_demand_values(data, lead)
        wanted = data["answers"].get("mail_frequency")
        known = dict(self.env["realestate.demand"]._fields["mail_frequency"].selection)
        return {**values, **({"mail_frequency": wanted} if wanted in known else {})}
