import re

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..exceptions import ExchangeRejected
from ..tools import vin as vin_tools

RECALL_PUBLISHED = "automotive.recall.published.v1"
# So many numbers fit into one message, with room to spare (tools.envelope.MAX_SIZE).
MAX_VEHICLES = 10_000
TEXTS = {"name": 64, "title": 256, "customer_text": 4000, "workshop_text": 4000}
_NUMBER = re.compile(r"[A-Z0-9]{5,17}")


class AutomotiveRecall(models.Model):
    """Cars that must come back: the maker publishes the exact numbers, each dealer tells what was done to which.

    The maker's record has no origin; the dealers' ones are made by the exchange and know who sent them.
    """

    _name = "automotive.recall"
    _description = "Recall"
    _inherit = ["crm.exchange.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char("Number", required=True, tracking=True, copy=False)
    title = fields.Char(required=True, tracking=True)
    kind = fields.Selection(
        [("safety", "Safety recall"), ("service", "Service action")],
        default="safety",
        required=True,
        help="Owners are told of a safety recall whatever they agreed to: the law asks for it.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    origin_peer_id = fields.Many2one("crm.exchange.peer", "Published by", readonly=True, index="btree_not_null")
    brand_id = fields.Many2one("fleet.vehicle.model.brand", help="Sent to the dealers of this brand; empty: to all.")
    customer_text = fields.Text("What customers are told", required=True)
    workshop_text = fields.Text("What the workshop does")
    state = fields.Selection(
        [("draft", "Draft"), ("published", "Published"), ("closed", "Closed")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
    )
    revision = fields.Integer(readonly=True, copy=False, aggregator=None)
    vehicle_ids = fields.One2many("automotive.recall.vehicle", "recall_id", "Cars", copy=False)
    vehicle_count = fields.Integer("Cars called back", compute="_compute_counts")
    here_count = fields.Integer("Of our customers", compute="_compute_counts")
    performed_count = fields.Integer("Performed", compute="_compute_counts")
    progress = fields.Float("Performed (%)", compute="_compute_counts", aggregator=None)

    _uuid_unique = models.UniqueIndex("(company_id, uuid)")
    _name_unique = models.UniqueIndex(
        "(company_id, COALESCE(origin_peer_id, 0), name)", "There is another recall with this number."
    )

    def _compute_counts(self):
        lines = self.env["automotive.recall.vehicle"]
        groups = lines._read_group(
            [("recall_id", "in", self.ids)], ["recall_id", "state"], ["__count", "vehicle_id:count"]
        )
        for recall in self:
            mine = [(state, count, here) for found, state, count, here in groups if found == recall]
            recall.vehicle_count = sum(count for _state, count, _here in mine)
            recall.here_count = sum(here for _state, _count, here in mine)
            recall.performed_count = sum(count for state, count, _here in mine if state == "performed")
            recall.progress = 100 * recall.performed_count / recall.vehicle_count if recall.vehicle_count else 0

    # ------------------------------------------------------------
    # Maker
    # ------------------------------------------------------------

    def _add_numbers(self, numbers):
        """Call cars back by their numbers; those that are there already stay as they are.

        :param numbers: VINs in any writing
        :return: the new ``automotive.recall.vehicle`` records
        """
        self.ensure_one()
        wanted = dict.fromkeys(filter(None, map(vin_tools.compact, numbers)))
        known = set(self.vehicle_ids.mapped("vin"))
        fresh = [{"recall_id": self.id, "vin": number} for number in wanted if number not in known]
        if len(known) + len(fresh) > MAX_VEHICLES:
            raise UserError(
                self.env._(
                    "%(recall)s would call %(count)s cars back; one recall takes %(limit)s. Split it, "
                    "for example by year.",
                    recall=self.name, count=len(known) + len(fresh), limit=MAX_VEHICLES,
                )
            )  # fmt: skip
        return self.env["automotive.recall.vehicle"].create(fresh)

    def action_publish(self):
        """Tell every dealer of the brand; again, when cars were added."""
        for recall in self:
            recall._check_own()
            if not recall.vehicle_ids:
                raise UserError(self.env._("%(recall)s has no cars yet. Add their numbers first.", recall=recall.name))
            recall.write({"state": "published", "revision": recall.revision + 1})
            recall._emit()

    def action_close(self):
        """End the recall at every dealer."""
        for recall in self.filtered(lambda recall: recall.state == "published"):
            recall._check_own()
            recall.write({"state": "closed", "revision": recall.revision + 1})
            recall._emit()

    def _check_own(self):
        if self.origin_peer_id:
            raise UserError(
                self.env._("%(recall)s is published by %(maker)s.", recall=self.name, maker=self.origin_peer_id.name)
            )

    def _emit(self):
        data = self._get_data()
        # sudo: whom it goes to is the exchange administrator's decision, made when the link was connected.
        peers = self.env["crm.exchange.peer"].sudo()
        open_ = [("role", "=", "dealer"), ("state", "in", ("connected", "paused"))]
        for peer in peers.search([*open_, ("company_id", "=", self.company_id.id)]):
            if not (self.brand_id and peer.brand_ids) or self.brand_id in peer.brand_ids:
                self.env["crm.exchange.message"]._emit(
                    peer, RECALL_PUBLISHED, self, f"published:{self.revision}", data, supersede=True
                )

    def _get_data(self):
        """Return what the dealers are told: the whole state."""
        return {
            **{name: self[name] or "" for name in TEXTS},
            "kind": self.kind,
            "state": self.state,
            "vins": self.vehicle_ids.mapped("vin"),
        }

    # ------------------------------------------------------------
    # Dealer
    # ------------------------------------------------------------

    @api.model
    def _exchange_receive(self, content, entry):
        """Make or update a dealer's record of a maker's recall."""
        values, numbers = self._read_data(content["data"])
        recall = self.search([("origin_peer_id", "=", entry.peer_id.id), ("uuid", "=", content["subject"])])
        if recall:
            recall.write(values)
        else:
            origin = {"origin_peer_id": entry.peer_id.id, "company_id": entry.company_id.id}
            recall = self.create({**values, **origin, "uuid": content["subject"]})
        fresh = recall._add_numbers(numbers)
        recall._announce(fresh.filtered("vehicle_id"))
        return recall, recall.name

    @api.model
    def _read_data(self, data):
        """Return (values, numbers) of what a maker sent.

        :raise ExchangeRejected: a field cannot be used
        """
        for name, limit in TEXTS.items():
            if not isinstance(data.get(name), str) or len(data[name]) > limit:
                raise ExchangeRejected(self.env._("The field %(name)s cannot be used.", name=name))
        numbers = data.get("vins")
        if not isinstance(numbers, list) or not all(isinstance(n, str) and _NUMBER.fullmatch(n) for n in numbers):
            raise ExchangeRejected(self.env._("The field %(name)s cannot be used.", name="vins"))
        if data.get("kind") not in ("safety", "service") or data.get("state") not in ("published", "closed"):
            raise ExchangeRejected(self.env._("The field %(name)s cannot be used.", name="kind"))
        return {**{name: data[name] for name in TEXTS}, "kind": data["kind"], "state": data["state"]}, numbers

    def _announce(self, fresh):
        """Tell the person responsible for the link that customers' cars are called back."""
        if fresh and self.state == "published":
            user = self.origin_peer_id.user_id or self.env.ref("base.user_admin")
            summary = self.env._("%(count)s cars of our customers are called back: tell their owners", count=len(fresh))
            self.activity_schedule("mail.mail_activity_data_todo", summary=summary, user_id=user.id)

    def action_notify_owners(self):
        """Write to the owners of the cars that are still open; whom no mail reaches is to be called.

        :return: a notification that says how many mails left and how many calls are to be made
        """
        self.ensure_one()
        waiting = self.vehicle_ids.filtered(lambda line: line.state == "open" and line.vehicle_id)
        reached = waiting.filtered(lambda line: line._may_write_to_owner())
        template = self.env.ref("crm_automotive_dealer.mail_template_recall")
        template.send_mail_batch(reached.ids)
        reached.write({"state": "notified"})
        to_call = (waiting - reached).filtered(lambda line: line._is_owner_to_be_told())
        for line in to_call:
            line._plan_call()
        message = self.env._(
            "%(mails)s owners get a mail, %(calls)s are to be called.", mails=len(reached), calls=len(to_call)
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "type": "success", "next": {"type": "ir.actions.act_window_close"}},
        }

    def action_open_vehicles(self):
        """Open the cars of the recall."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_automotive_dealer.automotive_recall_vehicle_action")
        action["domain"] = [("recall_id", "=", self.id)]
        action["context"] = {"search_default_here": 1} if self.origin_peer_id else {}
        return action
