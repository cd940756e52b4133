from odoo import api, fields, models
from odoo.fields import Domain

# What a submission takes from its source when the sender did not say.
DEFAULTS = ("pipeline_id", "team_id", "user_id", "job_user_id")


class CrmIntakeSource(models.Model):
    """A channel submissions come through, and what is done with them unless the sender says otherwise.

    A submission of an unknown source is processed all the same, with the ordinary settings.
    """

    _name = "crm.intake.source"
    _description = "Intake Source"
    _order = "code, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="What the sender calls the channel, for example: web_form.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: for all companies.")
    target = fields.Selection(
        lambda self: self.env["crm.intake"]._selection_target(), "Only for", help="Empty: for every target."
    )
    dedup_policy = fields.Selection(
        [
            ("normal", "Same e-mail address, else same phone number"),
            ("strict", "Both must fit, else a person decides"),
            ("new", "Always a new contact"),
        ],
        "Known contact if",
        required=True,
        default="normal",
    )
    pipeline_id = fields.Many2one("crm.pipeline", check_company=True, ondelete="set null")
    team_id = fields.Many2one("crm.team", "Sales Team", check_company=True, ondelete="set null")
    user_id = fields.Many2one(
        "res.users",
        "Salesperson",
        domain="[('share', '=', False)]",
        check_company=True,
        help="Empty: the rules of the sales team assign it.",
    )
    job_user_id = fields.Many2one(
        "res.users",
        "Owner of the queue",
        domain="[('share', '=', False)]",
        check_company=True,
        help="Looks after what could not be processed.",
    )
    utm_source_id = fields.Many2one("utm.source", "Attributed source", ondelete="set null")
    utm_medium_id = fields.Many2one("utm.medium", "Attributed medium", ondelete="set null")
    utm_campaign_id = fields.Many2one("utm.campaign", "Attributed campaign", ondelete="set null")
    waiting_count = fields.Integer("Needs a person", compute="_compute_waiting_count")

    _code_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0), COALESCE(target, '')) WHERE active",
        "There is another source with this code, company and target.",
    )

    def _compute_waiting_count(self):
        waiting = [("source", "in", self.mapped("code")), ("job_state", "in", ("blocked", "failed"))]
        counts = dict(self.env["crm.intake"]._read_group(waiting, ["source"], ["__count"]))
        for source in self:
            source.waiting_count = counts.get(source.code, 0)

    @api.model
    def _find(self, codes, company):
        """Return the sources with one of these codes that serve a company, the most particular first."""
        found = self.search(Domain("code", "in", list(codes)) & Domain("company_id", "in", [company.id, False]))
        return found.sorted(lambda source: (not source.company_id, not source.target))

    def _choose(self, code, target):
        """Return the first of these that serves a code and a target, or none."""
        return self.filtered(lambda source: source.code == code and source.target in (target, False))[:1]

    def _prepare_attribution(self):
        """Return the values of a lead that came through here."""
        return {
            "source_id": self.utm_source_id.id,
            "medium_id": self.utm_medium_id.id,
            "campaign_id": self.utm_campaign_id.id,
        }

    def action_open_waiting(self):
        """Open what waits for a person."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_core.crm_intake_action")
        return {**action, "domain": [("source", "=", self.code)], "context": {"search_default_attention": 1}}
