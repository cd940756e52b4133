from datetime import timezone

from odoo import fields, models
from odoo.exceptions import UserError

from ..tools import adf_writer


class CrmLead(models.Model):
    """An opportunity as an ADF document, for another dealer or program."""

    _inherit = "crm.lead"

    def action_send_adf(self):
        """Show what would leave as ADF, to be sent or downloaded."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send as ADF"),
            "res_model": "automotive.adf.send",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_lead_id": self.id},
        }

    def _get_adf(self, vendor, email=None):
        """Return the opportunity as ADF 1.0.

        :param vendor: name of the dealer it is for
        :param email: their address
        :return: bytes
        :raise UserError: something that ADF demands is missing
        """
        self.ensure_one()
        try:
            return adf_writer.write(self._prepare_adf({"name": vendor, "email": email}))
        except ValueError as error:
            missing = {
                "vehicle": self.env._("a wished car or a trade-in"),
                "contact": self.env._("a name and a phone or an e-mail of the customer"),
            }
            raise UserError(
                self.env._("“%(lead)s” needs %(missing)s.", lead=self.name, missing=missing[str(error)])
            ) from None

    def _prepare_adf(self, vendor):
        """Return what ``tools.adf_writer`` writes; to be extended.

        :param vendor: dict with name and email of the dealer it is for
        """
        return {
            "ids": self._get_adf_ids(),
            "requested": self.create_date.replace(microsecond=0, tzinfo=timezone.utc).isoformat(),
            "vehicles": [wish._prepare_adf() for wish in self.wish_ids]
            + [appraisal._prepare_adf() for appraisal in self.appraisal_ids],
            "customer": self._prepare_adf_customer(),
            "vendor": vendor,
            "provider": {"name": (self.company_id or self.env.company).name, "email": self.user_id.email},
        }

    def _get_adf_ids(self):
        """Return the numbers of the lead: those it came with, then ours, one hop further."""
        # sudo: the numbers the lead came with, of an intake that the salesperson may not read.
        came = self.env["crm.intake"].sudo().search([("lead_id", "=", self.id), ("adf_key", "!=", False)], order="id")
        former = [tuple(number) for intake in came for number in intake._get_adf_ids()]
        ours = (self.env["ir.config_parameter"].sudo().get_param("database.uuid"), str(self.id))
        return [*dict.fromkeys(former), ours]

    def _prepare_adf_customer(self):
        partner = self.partner_id
        contact = self.contact_name or (not partner.is_company and partner.name)
        company = partner.commercial_company_name or self.partner_name
        return {
            "name": contact or (not company and partner.name) or "",
            "company": company or "",
            "email": self.email_from or partner.email,
            "phone": self.phone or partner.phone,
            "street": self.street or partner.street,
            "city": self.city or partner.city,
            "zip": self.zip or partner.zip,
            "country": (self.country_id or partner.country_id).code,
        }

    def _log_adf(self, to):
        """Keep in the history that the customer's data left, and to whom."""
        day = fields.Date.to_string(fields.Date.context_today(self))
        self.message_post(body=self.env._("Given as ADF to %(to)s on %(day)s.", to=to, day=day))
