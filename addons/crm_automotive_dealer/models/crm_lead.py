from odoo import fields, models

DEALER = "crm_automotive_dealer.group_crm_automotive_dealer_user"


class CrmLead(models.Model):
    _inherit = "crm.lead"

    wish_ids = fields.One2many("automotive.wish", "lead_id", "Wished cars", groups=DEALER)
    test_drive_ids = fields.One2many("automotive.test.drive", "lead_id", "Test drives", groups=DEALER)
    test_drive_count = fields.Integer(compute="_compute_dealer_counts", groups=DEALER)
    appraisal_ids = fields.One2many("automotive.appraisal", "lead_id", "Appraisals", groups=DEALER)
    appraisal_count = fields.Integer(compute="_compute_dealer_counts", groups=DEALER)
    is_car_sale = fields.Boolean(compute="_compute_is_car_sale", groups=DEALER)

    def _compute_dealer_counts(self):
        for name, model in (("test_drive_count", "automotive.test.drive"), ("appraisal_count", "automotive.appraisal")):
            groups = self.env[model]._read_group([("lead_id", "in", self.ids)], ["lead_id"], ["__count"])
            counts = {lead.id: count for lead, count in groups}
            for lead in self:
                lead[name] = counts.get(lead.id, 0)

    def _compute_is_car_sale(self):
        """Tell which opportunities are about cars: the others keep their form as it is."""
        for lead in self:
            car = lead.pipeline_id.code == "car_sale" or lead.wish_ids or lead.test_drive_count or lead.appraisal_count
            lead.is_car_sale = bool(car)

    def _merge_dependences(self, opportunities):
        """Merged opportunities keep their wishes, drives and appraisals."""
        super()._merge_dependences(opportunities)
        # sudo: who may merge may not work at the dealer; nothing may be lost with the opportunities that go.
        merged = opportunities.sudo()
        for records in (merged.wish_ids, merged.test_drive_ids, merged.appraisal_ids):
            records.write({"lead_id": self.id})

    # ------------------------------------------------------------
    # Quote
    # ------------------------------------------------------------

    def _prepare_opportunity_quotation_context(self):
        """A quote for a car begins with the car and, if there is one, the trade-in the customer accepted."""
        context = super()._prepare_opportunity_quotation_context()
        if not self.env.user.has_group(DEALER) or not self.is_car_sale:
            return context
        wish = self.wish_ids[:1]
        appraisal = self.appraisal_ids.filtered(lambda appraisal: appraisal.state == "accepted")[:1]
        lines = [*self._prepare_car_lines(wish), *self._prepare_trade_in_lines(appraisal)]
        more = {"default_vehicle_id": wish.vehicle_id.id, "default_appraisal_id": appraisal.id}
        return {**context, **more, **({"default_order_line": lines} if lines else {})}

    def _prepare_car_lines(self, wish):
        """Return the commands of the lines of the wished car: the car, and what goes on it."""
        if not wish:
            return []
        car = self.env.ref("crm_automotive_dealer.product_car")
        lines = [{"product_id": car.id, "name": wish.display_name, "price_unit": wish.vehicle_id.price}]
        options = filter(None, (option.strip() for option in (wish.options or "").split(",")))
        lines += [{"product_id": car.id, "name": option, "price_unit": 0} for option in options]
        return [self._prepare_quote_line(**line) for line in lines]

    def _prepare_trade_in_lines(self, appraisal):
        """Return the command of the line that takes the customer's car in payment."""
        if not appraisal:
            return []
        product = self.env.ref("crm_automotive_dealer.product_trade_in")
        name = self.env._("Trade-in: %(car)s", car=appraisal.vehicle_id.display_name or appraisal.name)
        return [self._prepare_quote_line(product_id=product.id, name=name, price_unit=-appraisal.offered_price)]

    def _prepare_quote_line(self, **values):
        """Return the command of a line; defaults that come by the context do without the host's own."""
        return fields.Command.create({"product_uom_qty": 1, **values})

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_open_test_drives(self):
        """Open the test drives of the opportunity; the form of a new one if there is none."""
        wish = self.wish_ids[:1]
        car = {"default_vehicle_id": wish.vehicle_id.id, "default_model_id": wish.model_id.id}
        return self._open_dealer("crm_automotive_dealer.automotive_test_drive_action", self.test_drive_ids, car)

    def action_open_appraisals(self):
        """Open the appraisals of the customer's car; the form of a new one if there is none."""
        return self._open_dealer("crm_automotive_dealer.automotive_appraisal_action", self.appraisal_ids, {})

    def _open_dealer(self, xmlid, records, defaults):
        """Return the action on records of this opportunity, ready to make another.

        :param xmlid: of an action
        :param records: what exists already
        :param defaults: context for a new one, besides the opportunity, its customer and salesperson
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["context"] = {
            "default_lead_id": self.id,
            "default_partner_id": self.partner_id.id,
            "default_user_id": self.user_id.id or self.env.uid,
            **defaults,
        }
        action["domain"] = [("lead_id", "=", self.id)]
        if not records:
            action.update(view_mode="form", views=[(False, "form")])
        return action
