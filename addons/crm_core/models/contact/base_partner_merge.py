import logging

import psycopg2

from odoo import api, models
from odoo.fields import Command
from odoo.tools import SQL, mute_logger

from ...tools import lifecycle

_logger = logging.getLogger(__name__)

TECHNICAL = {"id", "create_uid", "create_date", "write_uid", "write_date", "color"}
KINDS = ("char", "text", "html", "selection", "many2one", "date", "datetime", "integer", "float", "boolean")
# The host takes care of these itself; of activities it forgets those that are done.
HOST_LINKS = {"ir.attachment", "ir.model.data", "mail.followers", "mail.message"}


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """What the host's merge of contacts forgets: links by model name and id, numbers, refusals, a log."""

    _inherit = "base.partner.merge.automatic.wizard"

    # ------------------------------------------------------------
    # Everything stays linked
    # ------------------------------------------------------------

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Make room first: where a contact may have one row only, its own stays; the losers' rows go."""
        self.env.flush_all()
        self.env["crm.duplicate"]._move(src_partners, dst_partner)
        refused = self._get_refused_purposes(src_partners + dst_partner)
        partners = tuple((src_partners + dst_partner).ids)
        for model, column, others in self._get_unique_rows():
            self.env.cr.execute(
                SQL(
                    """
                    DELETE FROM %(table)s WHERE id IN (
                        SELECT id FROM (
                            SELECT id, row_number() OVER (
                                PARTITION BY %(others)s ORDER BY %(column)s = %(kept)s DESC, id
                            )
                            FROM %(table)s WHERE %(column)s IN %(partners)s
                        ) AS ranked WHERE row_number > 1
                    )
                    """,
                    table=SQL.identifier(self.env[model]._table),
                    column=SQL.identifier(column),
                    others=SQL(", ").join(map(SQL.identifier, others)),
                    kept=dst_partner.id,
                    partners=partners,
                )
            )
        super()._update_foreign_keys(src_partners, dst_partner)
        self.env.invalidate_all()
        dst_partner._repeat_refusals(refused)

    @api.model
    def _get_unique_rows(self):
        """Return the models of which a contact has one row at most; a hook: add yours and call super.

        :return: list of (model, its field of the contact, list of the other fields of the unique key)
        """
        return [("crm.relationship", "partner_id", ["user_id"])]

    @api.model
    def _update_reference_fields(self, src_partners, dst_partner):
        """Move what hangs on the losers by model name and id too: intakes, ratings, whatever else is installed."""
        super()._update_reference_fields(src_partners, dst_partner)
        for model, model_column, id_column in self._get_record_links():
            table, id_column = SQL.identifier(self.env[model]._table), SQL.identifier(id_column)
            linked = SQL(
                "%s = 'res.partner' AND %s IN %s", SQL.identifier(model_column), id_column, tuple(src_partners.ids)
            )
            try:
                with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                    self.env.cr.execute(SQL("UPDATE %s SET %s = %s WHERE %s", table, id_column, dst_partner.id, linked))
            except psycopg2.IntegrityError:
                _logger.info("%s keeps pointing to the merged contacts %s: the other has one.", model, src_partners.ids)
        self.env.invalidate_all()

    @api.model
    def _get_record_links(self):
        """Return what points to any record by model name and id: list of (model, field of the name, of the id)."""
        links = []
        for name, model in self.env.registry.models.items():
            if model._abstract or model._transient or not model._auto or name in HOST_LINKS:
                continue
            for field in model._fields.values():
                if field.type == "many2one_reference" and field.store and model._fields[field.model_field].store:
                    links.append((name, field.model_field, field.name))
        return links

    # ------------------------------------------------------------
    # Nothing gets lost
    # ------------------------------------------------------------

    @api.model
    def _get_refused_purposes(self, partners):
        """Return the decisions that say no and are the last of one of the contacts about their purpose."""
        # sudo: whoever may merge contacts must keep their refusals, whether he may read them or not.
        consents = self.env["crm.privacy.consent"].sudo().search([("partner_id", "in", partners.ids)])
        last = {}
        for consent in consents:  # the newest first
            last.setdefault((consent.partner_id, consent.purpose_id), consent)
        return consents.browse(consent.id for consent in last.values() if consent.decision != "granted")

    @api.model
    def _update_values(self, src_partners, dst_partner):
        """Keep the numbers that lose and the refusals of the addresses that lose.

        The host keeps one ``phone`` and one ``email`` and forgets the others; the additional numbers themselves
        follow their contact, as every foreign key.
        """
        partners = src_partners + dst_partner
        numbers = [number for number in partners.mapped("phone") if number]
        opted_out = any(partner.is_blacklisted for partner in partners)
        stage = lifecycle.furthest(partners.mapped("lifecycle_stage"))
        dst_partner = dst_partner.with_context(crm_core_lifecycle_event="merge")
        super()._update_values(src_partners, dst_partner)
        if dst_partner.lifecycle_stage != (stage or False):
            dst_partner.lifecycle_stage = stage
        if numbers:
            dst_partner._add_phones({dst_partner.id: numbers})
        if opted_out and dst_partner.email_normalized and not dst_partner.is_blacklisted:
            # sudo: the person asked for no mail under another address; whoever merges may not know the list.
            self.env["mail.blacklist"].sudo()._add(dst_partner.email_normalized)

    def _log_merge_operation(self, src_partners, dst_partner):
        dst_partner._recompute_relationships()
        super()._log_merge_operation(src_partners, dst_partner)
        # sudo: the log writes itself; nobody else may.
        self.env["crm.merge.log"].sudo().create(
            {
                "partner_id": dst_partner.id,
                "line_ids": [Command.create(self._prepare_log_line(partner)) for partner in src_partners],
            }
        )

    def _prepare_log_line(self, partner):
        """Return the values of the line that keeps what a merged contact said; a hook."""
        values = {
            name: partner._fields[name].convert_to_export(partner[name], partner)
            for name in self._get_log_fields()
            if partner._has_field_access(partner._fields[name], "read") and partner[name]
        }
        return {"old_id": partner.id, "name": partner.display_name, "values": {k: str(v) for k, v in values.items()}}

    @api.model
    def _get_log_fields(self):
        """Return the fields of a contact a person filled in: what a merge can lose."""
        return [name for name, field in self.env["res.partner"]._fields.items() if self._is_filled_in(field)]

    @api.model
    def _is_filled_in(self, field):
        own = field.store and not field.related and not field.company_dependent and field.name not in TECHNICAL
        return own and field.type in KINDS and not (field.compute and field.readonly)
