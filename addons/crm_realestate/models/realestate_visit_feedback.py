from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command


class RealestateVisit(models.Model):
    """What kind of visit it is, what the visitors thought, and what the owner was told."""

    _inherit = "realestate.visit"

    kind = fields.Selection(
        [
            ("visit", "Visit"),
            ("second", "Second visit"),
            ("open_house", "Open house"),
            ("valuation", "Valuation"),
            ("signing", "Signing"),
        ],
        required=True,
        default="visit",
        help="An open house is one visit with many visitors.",
    )
    capacity = fields.Integer("Places", help="Visitors an open house takes. 0: any number.")
    objection_ids = fields.Many2many("realestate.objection", string="What they did not like", copy=False)
    price_opinion = fields.Monetary("They would pay", copy=False)
    currency_id = fields.Many2one(related="property_id.currency_id")
    owner_informed = fields.Datetime("Owner informed on", readonly=True, copy=False)

    _capacity_positive = models.Constraint("CHECK (capacity >= 0)", "An open house has no less than no places.")

    @api.constrains("kind", "capacity", "partner_ids")
    def _check_capacity(self):
        for visit in self.filtered(lambda one: one.kind == "open_house" and one.capacity):
            if len(visit.partner_ids) > visit.capacity:
                raise ValidationError(
                    self.env._(
                        "The open house of %(property)s has %(places)s places and they are taken. Plan another one.",
                        property=visit.property_id.display_name,
                        places=visit.capacity,
                    )
                )

    def _get_document_parties(self):
        """The visitors sign the sheet."""
        return {**super()._get_document_parties(), "buyer": self.partner_ids}

    def _has_feedback(self):
        """Tell whether the visitors' opinion is known."""
        self.ensure_one()
        return bool(self.interest or self.comment or self.objection_ids)

    def _get_owners(self):
        """Return the owners who can be written to."""
        # sudo: the agent of the visit may not be the agent of the property; the addresses stay in the mail.
        parties = self.sudo().property_id.party_ids.filtered(lambda party: party.role in ("owner", "representative"))
        return parties.partner_id.filtered("email")

    def action_new_offer(self):
        """Open the form of an offer of the first visitor for this property."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_realestate.realestate_offer_action")
        defaults = {
            "default_property_id": self.property_id.id,
            "default_partner_id": self.partner_ids[:1].id,
            "default_lead_id": self.lead_id.id,
        }
        return {**action, "view_mode": "form", "views": [(False, "form")], "context": defaults}

    def action_inform_owner(self):
        """Write to the owners what the visitors thought; who they are stays with us.

        :raise UserError: nothing is known yet, or no owner has an address
        """
        template = self.env.ref("crm_realestate.mail_template_visit_owner")
        for visit in self:
            owners = visit._get_owners()
            if not visit._has_feedback() or not owners:
                raise UserError(
                    self.env._(
                        "Note what the visitors of %(property)s said, and see that the owner has an e-mail address.",
                        property=visit.property_id.display_name,
                    )
                )
            # sudo: as above, and templates are not the agent's to read.
            template.sudo().send_mail(
                visit.id,
                email_values={"recipient_ids": [Command.set(owners.ids)]},
                email_layout_xmlid="mail.mail_notification_light",
            )
            visit.owner_informed = fields.Datetime.now()
