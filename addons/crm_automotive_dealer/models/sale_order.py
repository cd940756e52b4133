from odoo import fields, models

DEALER = "crm_automotive_dealer.group_crm_automotive_dealer_user"


class SaleOrder(models.Model):
    _inherit = "sale.order"

    # Without groups: whoever copies or revises a quote copies them, also without rights on cars.
    vehicle_id = fields.Many2one(
        "automotive.vehicle",
        "Car",
        check_company=True,
        index="btree_not_null",
        domain="[('kind', '!=', 'customer')]",
    )
    appraisal_id = fields.Many2one("automotive.appraisal", "Trade-in", check_company=True, index="btree_not_null")
    delivery_ids = fields.One2many("automotive.delivery", "order_id", "Deliveries", groups=DEALER)

    def action_open_delivery(self):
        """Open the delivery of the car; a new one if it is not planned yet."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_automotive_dealer.automotive_delivery_action")
        action.update(view_mode="form", views=[(False, "form")], res_id=self.delivery_ids[:1].id)
        action["context"] = {
            "default_order_id": self.id,
            "default_lead_id": self.opportunity_id.id,
            "default_partner_id": self.partner_id.id,
            "default_vehicle_id": self.vehicle_id.id,
            "default_appraisal_id": self.appraisal_id.id,
            "default_company_id": self.company_id.id,
        }
        return action
