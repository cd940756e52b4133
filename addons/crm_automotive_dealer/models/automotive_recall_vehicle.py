from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..exceptions import ExchangeRejected
from ..tools import vin as vin_tools

RECALL_STATUS = "automotive.recall.status.v1"
OPEN_STATES = ("open", "notified", "booked")
GONE_STATES = ("not_owner", "exported", "scrapped")


class AutomotiveRecallVehicle(models.Model):
    """One car that is called back, and how far it is."""

    _name = "automotive.recall.vehicle"
    _description = "Car Called Back"
    _inherit = ["crm.exchange.mixin", "mail.thread", "mail.activity.mixin", "crm.state.mixin"]
    _order = "recall_id desc, id"
    _rec_name = "vin"
    _check_company_auto = True

    _transitions = {
        "open": ("notified", "booked", "performed", *GONE_STATES),
        "notified": ("booked", "performed", *GONE_STATES),
        "booked": ("notified", "performed", *GONE_STATES),
        "performed": (),
        **{state: ("notified", "booked", "performed") for state in GONE_STATES},
    }

    recall_id = fields.Many2one("automotive.recall", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="recall_id.company_id", store=True, index=True)
    vin = fields.Char("VIN", required=True, index=True, readonly=True)
    vehicle_id = fields.Many2one(
        "automotive.vehicle", "Car here", index="btree_not_null", ondelete="set null", readonly=True, check_company=True
    )
    owner_id = fields.Many2one(related="vehicle_id.owner_id")
    state = fields.Selection(
        [
            ("open", "Open"),
            ("notified", "Owner told"),
            ("booked", "Appointment made"),
            ("performed", "Performed"),
            ("not_owner", "Sold to somebody unknown"),
            ("exported", "Exported"),
            ("scrapped", "Scrapped"),
        ],
        default="open",
        required=True,
        index=True,
    )
    state_date = fields.Date("Since", readonly=True)
    dealer_peer_id = fields.Many2one("crm.exchange.peer", "Told by", readonly=True)

    _vin_unique = models.UniqueIndex("(recall_id, vin)")

    @api.constrains("vin")
    def _check_vin(self):
        for line in self:
            problem = vin_tools.problem(line.vin)
            if problem and not line.recall_id.origin_peer_id:
                raise ValidationError(self.env["automotive.vehicle"].new({"vin": line.vin})._get_vin_message(*problem))

    @api.model_create_multi
    def create(self, vals_list):
        """Find the cars that are known here."""
        lines = super().create(vals_list)
        lines._link_vehicles()
        return lines

    def _link_vehicles(self):
        """Join a dealer's lines and cars by their number, in one query."""
        lines = self.filtered("recall_id.origin_peer_id")
        # sudo: the number decides, whoever registers a car or receives a recall.
        vehicles = self.env["automotive.vehicle"].sudo()
        found = vehicles.search([("vin", "in", lines.mapped("vin")), ("company_id", "in", lines.company_id.ids)])
        by_vin = {(vehicle.company_id, vehicle.vin): vehicle for vehicle in found}
        for line in lines:
            vehicle = by_vin.get((line.company_id, line.vin))
            if vehicle and line.vehicle_id != vehicle:
                line.vehicle_id = vehicle

    # ------------------------------------------------------------
    # Owner
    # ------------------------------------------------------------

    def _is_owner_to_be_told(self):
        """Tell whether the owner may be contacted: of a safety recall always."""
        self.ensure_one()
        if not self.owner_id:
            return False
        return self.recall_id.kind == "safety" or not self.owner_id.is_blacklisted

    def _may_write_to_owner(self):
        return bool(self._is_owner_to_be_told() and self.owner_id.email_normalized)

    def _plan_call(self):
        summary = self.env._("Call %(owner)s: recall %(recall)s", owner=self.owner_id.name, recall=self.recall_id.name)
        if summary not in self.activity_ids.mapped("summary"):
            self.activity_schedule("mail.mail_activity_data_call", summary=summary, user_id=self.env.uid)

    # ------------------------------------------------------------
    # Exchange
    # ------------------------------------------------------------

    def _filter_moving(self, state):
        """At the maker's, several dealers may tell of the same car: only our own steps follow the table."""
        ours = self.filtered("recall_id.origin_peer_id")
        return super(AutomotiveRecallVehicle, ours)._filter_moving(state)

    def _on_state(self, state):
        """Tell the maker."""
        super()._on_state(state)
        today = fields.Date.context_today(self)
        for line in self:
            line.state_date = today
            data = {"recall": line.recall_id.uuid, "vin": line.vin, "state": state, "date": today.isoformat()}
            # sudo: see `crm.exchange.message._emit`; the line's own rights were checked when it was written.
            peer = line.recall_id.sudo().origin_peer_id
            self.env["crm.exchange.message"]._emit(peer, RECALL_STATUS, line, f"{state}:{fields.Datetime.now()}", data)
        if state not in OPEN_STATES:
            self.activity_unlink(["mail.mail_activity_data_call"])

    @api.model
    def _exchange_receive_status(self, content, entry):
        """Note at the maker's what a dealer did; what was performed stays performed."""
        data = content["data"]
        line = self.search(
            [
                ("recall_id.uuid", "=", str(data.get("recall"))),
                ("recall_id.origin_peer_id", "=", False),
                ("company_id", "=", entry.company_id.id),
                ("vin", "=", str(data.get("vin"))),
            ]
        )
        if not line:
            raise ExchangeRejected(self.env._("There is no such car in a recall here."))
        if data.get("state") not in self._transitions:
            raise ExchangeRejected(self.env._("The field %(name)s cannot be used.", name="state"))
        if line.state != "performed":
            values = {"state": data["state"], "dealer_peer_id": entry.peer_id.id}
            line.write({**values, "state_date": fields.Date.context_today(self)})
        return line, line.vin
