from odoo import api, fields, models

# What a person compares; the host adds numbers up and keeps what is true of any.
KINDS = ("char", "text", "html", "selection", "many2one", "date")
HIDDEN = {"relationship_level_id", "last_interaction_date", "next_contact_date", "lifecycle_stage", "lifecycle_date"}


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Show which value wins before contacts are merged by hand, and let a person choose another."""

    _inherit = "base.partner.merge.automatic.wizard"

    preview = fields.Json(compute="_compute_preview", export_string_translation=False)
    winners = fields.Json(
        help="What was chosen: {row of the preview: id of the contact}.", export_string_translation=False
    )

    @api.depends("partner_ids", "dst_partner_id", "winners")
    def _compute_preview(self):
        for wizard in self:
            wizard.preview = wizard._get_preview() if wizard.state == "selection" else False

    def _get_preview(self):
        """Return what the contacts say where they differ.

        :return: dict: ``contacts`` (list of id, name, kept) and ``rows`` (list of name, label, winner: id of a contact,
            values: {id: text}), those with most to decide first
        """
        partners = self._get_merge_order(self.partner_ids._origin, self.dst_partner_id._origin)
        rows = [self._prepare_preview_row(name, names, partners) for name, names in self._get_preview_fields().items()]
        rows = [row for row in rows if len(set(row["values"].values())) > 1]
        rows.sort(key=lambda row: -len(set(filter(None, row["values"].values()))))
        kept = self.dst_partner_id._origin
        return {
            "contacts": [{"id": p.id, "name": p.display_name, "kept": p == kept} for p in kept | partners],
            "rows": rows,
        }

    @api.model
    def _get_merge_order(self, partners, kept):
        """Return the contacts in the order the host asks them: the last one with a value wins."""
        return (partners - kept) + (kept & partners)

    @api.model
    def _get_preview_fields(self):
        """Return {row: fields that go together}; the parts of an address are of one contact."""
        partners = self.env["res.partner"]
        address = partners._formatting_address_fields()
        rows = {
            name: [name]
            for name in self._get_log_fields()
            if partners._fields[name].type in KINDS
            and name not in HIDDEN
            and name not in address
            and partners._has_field_access(partners._fields[name], "read")
        }
        return {**rows, "address": address}

    def _prepare_preview_row(self, name, names, partners):
        winner = self._get_winner(name, names, partners)
        label = partners._fields[names[0]]._description_string(self.env) if len(names) == 1 else self.env._("Address")
        values = {str(partner.id): self._get_preview_text(partner, names) for partner in partners}
        return {"name": name, "label": label, "winner": winner.id, "values": values}

    @api.model
    def _get_preview_text(self, partner, names):
        texts = [partner._fields[name].convert_to_export(partner[name], partner) for name in names if partner[name]]
        return ", ".join(str(text) for text in texts)

    def _get_winner(self, name, names, partners):
        """Return the contact whose value is kept: the chosen one, else the last in the host's order with a value."""
        filled = partners.filtered(lambda partner: any(partner[name] for name in names))
        chosen = filled.filtered(lambda partner: partner.id == (self.winners or {}).get(name))
        return chosen or filled[-1:]

    # ------------------------------------------------------------
    # Doing what was shown
    # ------------------------------------------------------------

    @api.model
    def _update_values(self, src_partners, dst_partner):
        partners = src_partners + dst_partner
        shown = self.state == "selection" and self.partner_ids == partners
        chosen = self._get_chosen_values(self._get_merge_order(partners, dst_partner)) if shown else {}
        super()._update_values(src_partners, dst_partner)
        if chosen:
            dst_partner.write(chosen)

    def _get_chosen_values(self, partners):
        """Return the values of the winners of each row."""
        values = {}
        for name, names in self._get_preview_fields().items():
            winner = self._get_winner(name, names, partners)
            for field in names if winner else ():
                values[field] = winner._fields[field].convert_to_write(winner[field], winner)
        if values.get("parent_id") in partners.ids:
            del values["parent_id"]
        return values

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Let a sales manager merge contacts with different e-mail addresses by hand: he saw both.

        The host leaves that to administrators because an address may open an account; none of these has one.
        """
        partners = self.env["res.partner"].browse(partner_ids).with_context(active_test=False)
        seen = self.state == "selection" and self.partner_ids == partners.exists()
        if seen and self.env.user.has_group("sales_team.group_sale_manager") and not partners.sudo().user_ids:
            extra_checks = False
        return super()._merge(partner_ids, dst_partner, extra_checks)
