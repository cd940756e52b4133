from odoo import api, fields, models

# So much is read before the first call; the timeline has the rest.
TALKS = 5
PROMISES = 10


class ResPartner(models.Model):
    """What somebody who takes a contact over must know before the first call."""

    _inherit = "res.partner"

    crm_brief = fields.Html(
        "Brief", compute="_compute_crm_brief", sanitize=False, groups="base.group_user", export_string_translation=False
    )

    @api.depends_context("uid", "lang")
    def _compute_crm_brief(self):
        for partner in self:
            partner.crm_brief = partner.id and self.env["ir.qweb"]._render(
                "crm_core.res_partner_brief", partner._prepare_brief()
            )

    def _prepare_brief(self):
        """Return what the brief shows, as far as the reader may see it; a hook."""
        self.ensure_one()
        now = self._crm_timeline_date(fields.Datetime.now())
        planned = self.crm_timeline(limit=PROMISES, kinds=["planned"])
        talks = self.crm_timeline(limit=TALKS + PROMISES, kinds=["message", "meeting", "done"])
        to_come = [entry for entry in talks if entry["date"] > now]
        return {
            "partner": self,
            "handover": self._get_last_handover(),
            "talks": [entry for entry in talks if entry not in to_come][:TALKS],
            "promises": sorted([*planned, *to_come], key=lambda entry: entry["date"]),
            "leads": self._get_brief_records("crm.lead", [("won_status", "=", "pending")]),
            "quotes": self._get_brief_records("sale.order", [("state", "in", ("draft", "sent"))]),
        }

    def _get_brief_records(self, model, domain):
        records = self.env[model]
        if not records.has_access("read"):
            return records
        partners = self._crm_timeline_partners()
        return records.search([("partner_id", "in", partners.ids), *domain], limit=PROMISES)

    def _get_last_handover(self):
        """Return the last line that gave this contact to somebody else."""
        # sudo: who had a contact before, and why it changed hands, is no secret to whoever reads the contact.
        lines = self.env["crm.handover.line"].sudo()
        given = [("partner_id", "=", self.commercial_partner_id.id), ("scope", "=", "contact"), ("state", "=", "done")]
        return lines.search(given, limit=1, order="id desc")

    def action_crm_brief(self):
        """Show the brief."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Brief: %(name)s", name=self.display_name),
            "res_model": "res.partner",
            "res_id": self.id,
            "views": [(self.env.ref("crm_core.res_partner_view_form_brief").id, "form")],
            "target": "new",
        }

    def _crm_timeline_sources(self):
        """Add the changes of hands."""
        partners = self._crm_timeline_partners()
        return [
            *super()._crm_timeline_sources(),
            {
                "kind": "handover",
                "label": self.env._("Hand-overs"),
                "icon": "fa-exchange",
                "model": "crm.handover.line",
                "domain": [("partner_id", "in", partners.ids), ("scope", "=", "contact"), ("state", "=", "done")],
                "date": "create_date",
                "fields": ["create_date", "name", "old_user_id", "new_user_id", "res_model", "res_id"],
                "prepare": self._prepare_handover_entry,
            },
        ]

    def _prepare_handover_entry(self, line):
        return {
            "title": self.env._(
                "From %(old)s to %(new)s", old=self._get_name(line.old_user_id), new=self._get_name(line.new_user_id)
            ),
            "text": line.name or "",
            "res_model": "res.partner",
            "res_id": line.res_id,
        }
