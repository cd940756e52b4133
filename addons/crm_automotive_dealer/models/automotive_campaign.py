from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

CAMPAIGN_PUBLISHED = "automotive.campaign.published.v1"
CAMPAIGN_REPORT = "automotive.campaign.report.v1"
MARKETING = "marketing_dealer"
#: What is reported: cumulative figures, so that telling them twice is harmless.
FIGURES = ("selected", "contacted", "responded", "sold", "opted_out")


class AutomotiveCampaign(models.Model):
    """A promotion for new cars or workshop jobs: the maker offers it, the dealer decides and chooses whom to tell.

    Who the customers are never leaves the dealer; only figures go back.
    """

    _name = "automotive.campaign"
    _description = "Dealer Campaign"
    _inherit = ["automotive.publication.mixin"]
    _order = "id desc"
    _check_company_auto = True

    _publication_type = CAMPAIGN_PUBLISHED
    _publication_texts = {
        "name": 128, "dealer_text": 4000, "customer_subject": 256, "customer_text": 4000, "call_script": 4000,
    }  # fmt: skip

    name = fields.Char(required=True, tracking=True)
    kind = fields.Selection(
        [("new_vehicle", "New cars"), ("workshop", "Workshop jobs")], required=True, default="workshop"
    )
    dealer_text = fields.Text("What dealers must know", help="Conditions, bonus, material.")
    customer_subject = fields.Char("Subject of the mail", translate=False)
    customer_text = fields.Text("What customers are told")
    call_script = fields.Text("What to say on the phone")
    date_from = fields.Date("From", default=fields.Date.context_today, required=True)
    date_to = fields.Date("Until")

    # At the maker's
    enrolment_ids = fields.One2many("automotive.campaign.enrolment", "campaign_id", "Dealers", readonly=True)

    # At the dealer's
    decision = fields.Selection(
        [("proposed", "To decide"), ("accepted", "We take part"), ("declined", "We do not take part")],
        readonly=True,
        copy=False,
        tracking=True,
    )
    model_ids = fields.Many2many("fleet.vehicle.model", string="Models", help="Empty: all.")
    age_min = fields.Integer("Cars from (years)", help="Counted from the model year.")
    age_max = fields.Integer("Cars to (years)")
    odometer_min = fields.Integer("From (km)")
    recall_only = fields.Boolean("Only with an open recall")
    lease_end_months = fields.Integer("Lease ends within (months)", help="Tells the person who leases the car.")
    service_due = fields.Boolean("Only with a service due", help="By the service rules, until the campaign ends.")
    target_ids = fields.One2many("automotive.campaign.target", "campaign_id", "Customers", copy=False)
    target_count = fields.Integer(compute="_compute_target_counts")
    responded_count = fields.Integer("Answered", compute="_compute_target_counts")
    sold_count = fields.Integer("Sold", compute="_compute_target_counts")
    reported = fields.Char(readonly=True, copy=False)

    _uuid_unique = models.UniqueIndex("(company_id, uuid)")
    _dates_ordered = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)", "A campaign cannot end before it begins."
    )

    def _compute_target_counts(self):
        figures = self._get_figures()
        for campaign in self:
            mine = figures[campaign.id]
            campaign.target_count = mine["selected"]
            campaign.responded_count = mine["responded"]
            campaign.sold_count = mine["sold"]

    def _get_figures(self):
        """Return {id: {figure: how many customers came at least so far}}."""
        groups = self.env["automotive.campaign.target"]._read_group(
            [("campaign_id", "in", self.ids)], ["campaign_id", "state"], ["__count"]
        )
        found = {campaign.id: dict.fromkeys(FIGURES, 0) for campaign in self}
        for campaign, state, count in groups:
            reached = {"selected", state} | {
                "responded": {"contacted"}, "sold": {"contacted", "responded"}, "opted_out": {"contacted"}
            }.get(state, set())  # fmt: skip
            for figure in reached & set(FIGURES):
                found[campaign.id][figure] += count
        return found

    # ------------------------------------------------------------
    # Maker
    # ------------------------------------------------------------

    def _check_publishable(self):
        if not (self.customer_subject and self.customer_text):
            raise UserError(
                self.env._("Write what customers of %(campaign)s are told, and its subject, first.", campaign=self.name)
            )

    def _publish(self):
        """Note whom it is offered to; what they decided before stands."""
        known = self.enrolment_ids.peer_id
        self.enrolment_ids = [Command.create({"peer_id": peer.id}) for peer in self._get_dealers() - known]
        super()._publish()

    def _get_publication_data(self):
        return {
            **super()._get_publication_data(),
            "kind": self.kind,
            "date_from": fields.Date.to_string(self.date_from),
            "date_to": fields.Date.to_string(self.date_to) or "",
        }

    # ------------------------------------------------------------
    # Dealer
    # ------------------------------------------------------------

    @api.model
    def _read_publication(self, data):
        values = super()._read_publication(data)
        self._require_data("kind", data.get("kind") in ("new_vehicle", "workshop"))
        dates = {name: self._read_day(name, data.get(name)) for name in ("date_from", "date_to")}
        self._require_data("date_from", dates["date_from"])
        self._require_data("date_to", not dates["date_to"] or dates["date_to"] >= dates["date_from"])
        return {**values, **dates, "kind": data["kind"]}

    @api.model
    def _read_day(self, name, text):
        try:
            return fields.Date.to_date(text) if text else False
        except (TypeError, ValueError):
            return self._require_data(name, False)

    def _on_published(self, data):
        """Have somebody decide."""
        if self.state == "published" and not self.decision:
            self.decision = "proposed"
            self._ask_dealer(self.env._("Decide whether we take part in “%(name)s”", name=self.name))

    def action_accept(self):
        """Take part."""
        self._decide("accepted")

    def action_decline(self):
        """Do not take part."""
        self._decide("declined")

    def _decide(self, decision):
        for campaign in self:
            if not campaign.origin_peer_id or campaign.state != "published":
                raise UserError(self.env._("There is nothing to decide about %(campaign)s.", campaign=campaign.name))
            campaign.decision = decision
            campaign.activity_feedback(["mail.mail_activity_data_todo"])
            campaign._report()

    def _report(self):
        """Tell the maker the decision and the figures, unless nothing is new."""
        figures = self._get_figures()
        for campaign in self.filtered("origin_peer_id"):
            data = {"decision": campaign.decision, **figures[campaign.id]}
            said = ":".join(str(value) for value in data.values())
            if said != campaign.reported:
                campaign.reported = said
                self.env["crm.exchange.message"]._emit(
                    campaign.origin_peer_id, CAMPAIGN_REPORT, campaign, f"report:{said}:{fields.Datetime.now()}", data,
                    supersede=True,
                )  # fmt: skip

    @api.model
    def _cron_report(self):
        """Tell the makers every night how their campaigns go."""
        running = [("origin_peer_id", "!=", False), ("decision", "=", "accepted")]
        recent = fields.Date.today() - relativedelta(months=3)
        self.search([*running, "|", ("date_to", "=", False), ("date_to", ">=", recent)])._report()

    # -- targets

    def action_select_targets(self):
        """Choose the owners of the cars that fit, who may be told and are not chosen yet."""
        self.ensure_one()
        if self.origin_peer_id and self.decision != "accepted":
            raise UserError(self.env._("Take part in %(campaign)s first.", campaign=self.name))
        vehicles = self.env["automotive.vehicle"].search(self._get_vehicle_domain())
        fitting = {self._get_person(vehicle): vehicle for vehicle in vehicles}
        owners = self.env["res.partner"].union(*fitting) - self.target_ids.partner_id
        allowed = self._filter_allowed(owners)
        self.target_ids = [
            Command.create({"partner_id": partner.id, "vehicle_id": fitting[partner].id}) for partner in allowed
        ]
        message = self.env._(
            "%(chosen)s customers were added. %(silent)s more fit but may not be contacted.",
            chosen=len(allowed), silent=len(owners - allowed),
        )  # fmt: skip
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "type": "success", "next": {"type": "ir.actions.act_window_close"}},
        }

    def _get_person(self, vehicle):
        """Return who is told about a car: its owner, or who leases it where the lease matters; a hook."""
        if not self.lease_end_months:
            return vehicle.owner_id
        return vehicle.party_ids.filtered(lambda party: party.role == "lessee").sorted("date_from")[-1:].partner_id

    def _get_vehicle_domain(self):
        """Return the domain of the customers' cars that fit; a hook."""
        year = fields.Date.context_today(self).year
        domain = Domain("company_id", "=", self.company_id.id) & Domain("kind", "=", "customer")
        domain &= Domain("party_ids", "any", self._get_party_domain())
        if self.model_ids:
            domain &= Domain("model_id", "in", self.model_ids.ids)
        if self.age_min:
            domain &= Domain("model_year", "<=", year - self.age_min) & Domain("model_year", ">", 0)
        if self.age_max:
            domain &= Domain("model_year", ">=", year - self.age_max)
        if self.odometer_min:
            domain &= Domain("odometer", ">=", self.odometer_min)
        if self.recall_only:
            domain &= Domain("open_recall_count", ">", 0)
        if self.service_due:
            domain &= Domain("next_service_date", "<=", self.date_to or fields.Date.context_today(self))
        return domain

    def _get_party_domain(self):
        """Return the domain of the people a car must have: an owner, or somebody whose lease ends soon."""
        if not self.lease_end_months:
            return Domain("role", "=", "owner") & Domain("date_to", "=", False)
        today = fields.Date.context_today(self)
        end = today + relativedelta(months=self.lease_end_months)
        return Domain("role", "=", "lessee") & Domain("date_to", ">=", today) & Domain("date_to", "<=", end)

    def _filter_allowed(self, partners):
        """Return who may be told of a promotion: who agreed, where the dealer asks; never who said no.

        Advertising to own customers for like products needs no consent, only no objection (LSSI art. 21.2, for Spain);
        a dealer who defines the purpose ``marketing_dealer`` asks for more.
        """
        reachable = partners.filtered(lambda partner: not partner.is_blacklisted)
        purpose = self.env["crm.privacy.purpose"].with_company(self.company_id)._find(MARKETING, self.company_id)
        if not purpose:
            return reachable
        # sudo: only yes or no is used; the proofs are the privacy officer's.
        consents = self.env["crm.privacy.consent"].sudo()
        rows = consents.search([("partner_id", "in", reachable.ids), ("purpose_id", "=", purpose.id)], order="id")
        last = {consent.partner_id: consent.decision for consent in rows}
        return reachable.filtered(lambda partner: last.get(partner) == "granted")

    def action_write(self):
        """Write to the customers who were chosen and not contacted yet; asked again who may be told."""
        self.ensure_one()
        waiting = self.target_ids.filtered(lambda target: target.state == "selected")
        allowed = self._filter_allowed(waiting.partner_id)
        reached = waiting.filtered(lambda target: target.partner_id in allowed and target.partner_id.email_normalized)
        self.env.ref("crm_automotive_dealer.mail_template_campaign").send_mail_batch(reached.ids)
        reached.write({"state": "contacted"})
        (waiting - waiting.filtered(lambda target: target.partner_id in allowed)).write({"state": "opted_out"})

    def action_plan_calls(self):
        """Plan a call for each customer who was chosen and not contacted yet."""
        self.ensure_one()
        for target in self.target_ids.filtered(lambda target: target.state == "selected" and not target.activity_ids):
            target._plan_call()
