from odoo import api, models


class CrmIntake(models.Model):
    _inherit = "crm.intake"

    @api.model
    def _get_targets(self):
        """Somebody who asks about a property becomes an opportunity of its agent."""
        label = self.env._("Property enquiry")
        return {**super()._get_targets(), "property_enquiry": (label, "_process_property_enquiry")}

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
