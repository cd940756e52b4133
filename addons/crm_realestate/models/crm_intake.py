from odoo import api, models
from odoo.fields import Command, Domain

from ..tools import answers

NUMBERS = ("price_min", "price_max", "beds_min", "baths_min", "area_min", "area_max")


class CrmIntake(models.Model):
    _inherit = "crm.intake"

    @api.model
    def _get_targets(self):
        """Somebody who asks about a property becomes an opportunity of its agent; who looks for one, a demand."""
        return {
            **super()._get_targets(),
            "property_enquiry": (self.env._("Property enquiry"), "_process_property_enquiry"),
            "demand": (self.env._("Property demand"), "_process_demand"),
        }

    def _process_property_enquiry(self, data):
        """Make or extend the opportunity, with the property of ``answers.property_ref`` if there is one.

        An unknown reference loses nothing: the opportunity says what was asked for.
        """
        prop = self._find_enquired_property(data)
        self.pipeline_id = self.pipeline_id or self._get_property_pipeline()
        self.user_id = self.user_id or prop.user_id
        step = self.env._("Call to arrange a visit") if prop else self.env._("Find out which property it is about")
        intake = self.with_context(crm_realestate_next_step=step, crm_realestate_property_id=prop.id)
        lead = intake._create_or_extend_lead(data, "opportunity")
        if prop and prop not in lead.property_ids:
            lead.property_ids |= prop
        return lead.with_env(self.env)

    def _get_first_step(self):
        """Say what to do first about an enquiry about a property."""
        return self.env.context.get("crm_realestate_next_step") or super()._get_first_step()

    def _find_enquired_property(self, data):
        """Return the property the person asked about, or none."""
        ref = data["answers"].get("property_ref")
        return self.env["realestate.property"]._find_by_ref(ref, self.company_id)

    def _get_property_pipeline(self):
        """Return the company's pipeline for selling properties; its own one before the shared one."""
        found = self.env["crm.pipeline"].search(
            [("code", "=", "property_sale"), ("company_id", "in", [self.company_id.id, False])]
        )
        return found.sorted(lambda pipeline: not pipeline.company_id)[:1]

    def _prepare_lead_values(self, data, kind):
        """Give the opportunity its property."""
        values = super()._prepare_lead_values(data, kind)
        prop = self.env["realestate.property"].browse(self.env.context.get("crm_realestate_property_id"))
        if not prop:
            return values
        name = data["name"] or self.env._(
            "%(property)s for %(name)s", property=prop.display_name, name=self.partner_id.name
        )
        return {**values, "name": name, "property_id": prop.id}

    # ------------------------------------------------------------
    # Demands
    # ------------------------------------------------------------

    def _process_demand(self, data):
        """Make or extend the opportunity and note what the person looks for.

        Answers: ``operation`` (sale, rent), ``types``, ``zones``, ``must_features``, ``wish_features`` (names,
        or codes, comma separated), ``price_min``, ``price_max``, ``beds_min``, ``baths_min``, ``area_min``,
        ``area_max``. What is not understood loses nothing: the opportunity has every answer as it came.

        :return: the ``realestate.demand``; the same one if the person still looks for just that
        """
        self.pipeline_id = self.pipeline_id or self._get_property_pipeline()
        step = self.env._("Call to understand what they look for")
        lead = self.with_context(crm_realestate_next_step=step)._create_or_extend_lead(data, "opportunity")
        demand = self.env["realestate.demand"].create(self._prepare_demand_values(data, lead))
        known = (self.partner_id.demand_ids - demand).filtered(
            lambda other: other.state == "active" and other.company_id == self.company_id
        )
        same = known.filtered(lambda other: other._get_criteria() == demand._get_criteria())[:1]
        if same:
            demand.unlink()
        return same or demand

    def _prepare_demand_values(self, data, lead):
        """Return the values of a new demand; a hook."""
        told = data["answers"]
        numbers = {name: answers.number(told.get(name)) for name in NUMBERS}
        for kind in ("price", "area"):
            low, high = numbers[f"{kind}_min"], numbers[f"{kind}_max"]
            if high and low > high:
                numbers |= {f"{kind}_min": high, f"{kind}_max": low}
        return {
            **numbers,
            "partner_id": self.partner_id.id,
            "lead_id": lead.id,
            "company_id": self.company_id.id,
            "user_id": (self.user_id or lead.user_id).id,
            "note": data["message"],
            "operation": "rent" if "rent" in answers.words(told.get("operation")) else "sale",
            "type_ids": self._find_named("realestate.property.type", told.get("types"), "code"),
            "zone_ids": self._find_named("realestate.zone", told.get("zones"), "complete_name", "code"),
            "must_feature_ids": self._find_named("realestate.feature", told.get("must_features")),
            "wish_feature_ids": self._find_named("realestate.feature", told.get("wish_features")),
        }

    @api.model
    def _find_named(self, model, told, *more):
        """Return the command that sets the records whose name (or other field) is among those told.

        :param model: what to look for
        :param told: comma separated names
        :param more: further fields that may hold what was told
        """
        names = answers.words(told)
        domains = [Domain(field, "=ilike", self._escape(name)) for name in names for field in ("name", *more)]
        return [Command.set(self.env[model].search(Domain.OR(domains)).ids if domains else [])]

    @api.model
    def _escape(self, text):
        """Return a text in which no character is a wildcard."""
        return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
