import re

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import vin as vin_tools

RECALL_PUBLISHED = "automotive.recall.published.v1"
# So many numbers fit into one message, with room to spare (tools.envelope.MAX_SIZE).
MAX_VEHICLES = 10_000
_NUMBER = re.compile(r"[A-Z0-9]{5,17}")


class AutomotiveRecall(models.Model):
    """Cars that must come back: the maker publishes the exact numbers, each dealer tells what was done to which."""

    _name = "automotive.recall"
    _description = "Recall"
    _inherit = ["automotive.publication.mixin"]
    _order = "id desc"
    _check_company_auto = True

    _publication_type = RECALL_PUBLISHED
    _publication_texts = {"name": 64, "title": 256, "customer_text": 4000, "workshop_text": 4000}

    name = fields.Char("Number", required=True, tracking=True, copy=False)
    title = fields.Char(required=True, tracking=True)
    kind = fields.Selection(
        [("safety", "Safety recall"), ("service", "Service action")],
        default="safety",
        required=True,
        help="Owners are told of a safety recall whatever they agreed to: the law asks for it.",
    )
    customer_text = fields.Text("What customers are told", required=True)
    workshop_text = fields.Text("What the workshop does")
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

    def _check_publishable(self):
        if not self.vehicle_ids:
            raise UserError(self.env._("%(recall)s has no cars yet. Add their numbers first.", recall=self.name))

    def _get_publication_data(self):
        return {**super()._get_publication_data(), "kind": self.kind, "vins": self.vehicle_ids.mapped("vin")}

    # ------------------------------------------------------------
    # Dealer
    # ------------------------------------------------------------

    @api.model
    def _read_publication(self, data):
        values = super()._read_publication(data)
        numbers = data.get("vins")
        sound = isinstance(numbers, list) and all(isinstance(n, str) and _NUMBER.fullmatch(n) for n in numbers)
        self._require_data("vins", sound)
        self._require_data("kind", data.get("kind") in ("safety", "service"))
        return {**values, "kind": data["kind"]}

    def _on_published(self, data):
        """Take the numbers over, and have the owners among our customers told."""
        here = self._add_numbers(data["vins"]).filtered("vehicle_id")
        if here and self.state == "published":
            self._ask_dealer(
                self.env._("%(count)s cars of our customers are called back: tell their owners", count=len(here))
            )

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
