from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

ALERT_DAYS = 30


class RealestateDocument(models.Model):
    """A paper of a property: energy certificate, land registry note... with the day it runs out."""

    _name = "realestate.document"
    _description = "Property Document"
    _order = "property_id, kind, date_expiry desc, id desc"

    property_id = fields.Many2one("realestate.property", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="property_id.company_id", store=True)
    kind = fields.Selection(
        [
            ("energy", "Energy certificate"),
            ("occupancy", "Occupancy certificate"),
            ("registry", "Land registry note"),
            ("cadastre", "Cadastral record"),
            ("tax", "Property tax receipt"),
            ("community", "Certificate of the owners' community"),
            ("plan", "Plan"),
            ("other", "Other"),
        ],
        required=True,
        default="energy",
    )
    name = fields.Char("Title or number")
    file = fields.Binary(attachment=True)
    filename = fields.Char(export_string_translation=False)
    date_issue = fields.Date("Issued")
    date_expiry = fields.Date("Valid until")
    is_private = fields.Boolean(
        "Names the owner",
        compute="_compute_is_private",
        store=True,
        readonly=False,
        precompute=True,
        help="Shown only to the agent of the property and to coordinators.",
    )
    validity = fields.Selection(
        [("valid", "Valid"), ("soon", "Ends soon"), ("over", "Over")], compute="_compute_validity"
    )
    is_alerted = fields.Boolean(readonly=True, copy=False, export_string_translation=False)

    _range = models.Constraint("CHECK (date_expiry >= date_issue)", "A document cannot end before it was issued.")

    @api.depends("kind")
    def _compute_is_private(self):
        for document in self:
            document.is_private = document.kind in ("registry", "tax", "community")

    @api.depends("date_expiry")
    def _compute_validity(self):
        today = fields.Date.context_today(self)
        for document in self:
            days = (document.date_expiry - today).days if document.date_expiry else None
            if days is None:
                document.validity = False
            else:
                document.validity = "over" if days < 0 else "soon" if days <= ALERT_DAYS else "valid"

    @api.depends("kind", "name")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for document in self:
            document.display_name = " · ".join(filter(None, [kinds.get(document.kind), document.name]))

    def write(self, vals):
        """A new date is a new reason to be told."""
        if "date_expiry" in vals:
            vals = {**vals, "is_alerted": False}
        return super().write(vals)

    @api.model
    def _cron_alert(self):
        """Tell the agents, once, which documents of properties on our books end soon."""
        limit = fields.Date.today() + timedelta(days=ALERT_DAYS)
        ours = Domain("property_id.state", "in", ("prospect", "valuation", "mandate", "active"))
        soon = self.search(Domain("date_expiry", "<=", limit) & Domain("is_alerted", "=", False) & ours)
        soon.is_alerted = True
        for prop, documents in soon.grouped("property_id").items():
            prop.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Renew: %(documents)s", documents=", ".join(documents.mapped("display_name"))),
                user_id=prop.user_id.id or self.env.uid,
                date_deadline=min(documents.mapped("date_expiry")),
            )
