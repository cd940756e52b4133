from odoo import api, models


class CrmIntake(models.Model):
    """Who asks the maker: a form or any other channel can make a lead for the dealers."""

    _inherit = "crm.intake"

    @api.model
    def _get_targets(self):
        """A lead of the maker, to be given to a dealer."""
        return {**super()._get_targets(), "oem_lead": (self.env._("Lead for a dealer (maker)"), "_process_oem_lead")}

    def _get_others(self):
        return self.filtered(lambda intake: intake.target != "oem_lead")

    def _set_partner(self, data):
        """The maker keeps who asks on its lead: there is no contact."""
        return super(CrmIntake, self._get_others())._set_partner(data)

    def _record_consents(self, data):
        """Nor a contact's consent: what was agreed stands on the lead, its proof is this record."""
        return super(CrmIntake, self._get_others())._record_consents(data)

    def _process_oem_lead(self, data):
        """Make the lead; somebody gives it to a dealer."""
        lead = self.env["automotive.oem.lead"].create(self._prepare_oem_lead(data))
        lead._ask(self.env._("Give %(lead)s to a dealer", lead=lead.name))
        return lead

    def _prepare_oem_lead(self, data):
        """Return the values of the maker's lead; a hook.

        Whoever asks agreed to be contacted by a dealer if the sender recorded the consent ``oem_lead_dealer``.
        """
        model = self._find_car_model({"model": data["name"]})
        agreed = any(
            consent.get("purpose") == "oem_lead_dealer" and consent.get("decision") == "granted"
            for consent in data["consents"]
        )
        return {
            "contact_name": data["contact_name"] or data["email"] or data["phone"],
            "contact_company": data["company_name"],
            "country_id": data["country"].id,
            "comments": self._get_description(data),
            "model_id": model.id,
            "brand_id": model.brand_id.id,
            "agreed": agreed,
            "company_id": self.company_id.id,
            "user_id": self.user_id.id or self.job_user_id.id,
            "source_id": data["utm_values"].get("source_id", False),
            **{name: data[name] for name in ("email", "phone", "street", "zip", "city")},
        }
