import base64
import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools import ledger, ledger_format

PREVIEWED = 20
# What people decide about an export; the rest is written by the export itself.
OPEN_TO_PEOPLE = {"profile_id", "date_from", "date_to", "number", "version", "previous_id"}


class CrmExportBatch(models.Model):
    """One file for an outside ledger: what is in it, its hash, and proof that nothing leaves twice."""

    _name = "crm.export.batch"
    _description = "Ledger export"
    _inherit = ["crm.billing.link.mixin"]
    _order = "id desc"

    name = fields.Char(compute="_compute_name", store=True)
    profile_id = fields.Many2one(
        "crm.export.profile",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self._get_only_profile(),
    )
    company_id = fields.Many2one(related="profile_id.company_id", store=True, index=True)
    number = fields.Integer(readonly=True, help="Counts within the profile.")
    version = fields.Integer(default=1, readonly=True)
    previous_id = fields.Many2one("crm.export.batch", "Replaces", readonly=True, index="btree_not_null")
    date_from = fields.Date("From", help="Accounting date; empty for everything that was not exported yet.")
    date_to = fields.Date("Up to", required=True, default=fields.Date.context_today)
    state = fields.Selection(
        [("draft", "To check"), ("done", "Exported")], default="draft", required=True, readonly=True
    )
    line_ids = fields.One2many("crm.export.line", "batch_id", "Entries", readonly=True)
    attachment_id = fields.Many2one("ir.attachment", "File", readonly=True, ondelete="restrict")
    sha256 = fields.Char("SHA-256", readonly=True)
    exported_by_id = fields.Many2one("res.users", "Exported by", readonly=True)
    exported_on = fields.Datetime(readonly=True)
    move_count = fields.Integer("Number of entries", compute="_compute_preview")
    debit = fields.Monetary(compute="_compute_preview")
    credit = fields.Monetary(compute="_compute_preview")
    currency_id = fields.Many2one(related="company_id.currency_id")
    problems = fields.Text("To mend first", compute="_compute_preview")
    preview_html = fields.Html("Preview", compute="_compute_preview", sanitize=False)

    _number_unique = models.UniqueIndex("(profile_id, number, version)", "This export exists already.")

    @api.depends("profile_id.name", "number", "version")
    def _compute_name(self):
        for batch in self:
            version = f" v{batch.version}" if batch.version > 1 else ""
            numbered = f"{batch.profile_id.name} {batch.number}{version}"
            batch.name = numbered if batch.number else self.env._("New export")

    def _get_only_profile(self):
        """Return the profile of the company where there is just one: nobody has to choose it."""
        profiles = self.env["crm.export.profile"].search([("company_id", "=", self.env.company.id)], limit=2)
        return profiles if len(profiles) == 1 else profiles.browse()

    @api.model_create_multi
    def create(self, vals_list):
        """Number the exports of a profile; two at once are refused by the index."""
        for vals in vals_list:
            self._check_open(vals)
            if not vals.get("number"):
                last = self.search([("profile_id", "=", vals["profile_id"])], order="number desc", limit=1)
                vals["number"] = last.number + 1
        return super().create(vals_list)

    def _check_open(self, vals):
        if not self.env.su and set(vals) - OPEN_TO_PEOPLE:
            raise UserError(self.env._("Only profile and dates of an export can be written. Press Export."))

    def write(self, vals):
        """Refuse to change what has left."""
        self._check_open(vals)
        if self.filtered(lambda batch: batch.state == "done"):
            raise UserError(self.env._("An export that has left cannot be changed. Make a new version of it."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if self.filtered(lambda batch: batch.state == "done"):
            raise UserError(self.env._("An export that has left is kept as proof."))

    # ------------------------------------------------------------
    # Content
    # ------------------------------------------------------------

    def _get_moves(self):
        """Return the entries of this export, in the order of the books."""
        self.ensure_one()
        if self.state == "done":
            return self.line_ids.move_id.sorted(lambda move: (move.date, move.name, move.id))
        if self.previous_id:
            return self.previous_id._get_moves()
        domain = [
            ("company_id", "=", self.company_id.id),
            ("journal_id", "in", self.profile_id._get_journals().ids),
            ("state", "=", "posted"),
            ("date", "<=", self.date_to),
            ("export_line_ids", "not any", [("profile_id", "=", self.profile_id.id)]),
        ]
        if self.date_from:
            domain.append(("date", ">=", self.date_from))
        return self.env["account.move"].search(domain, order="date, name, id")

    def _get_entries(self):
        """Return the entries as plain data, see :mod:`..tools.ledger`.

        :raise ValueError: an account does not fit
        """
        codes = self.profile_id._get_codes()
        return [move._prepare_ledger_entry(self.profile_id, codes) for move in self._get_moves()]

    @api.depends("profile_id", "date_from", "date_to", "state")
    def _compute_preview(self):
        for batch in self:
            entries, problems = batch._get_checked_entries() if batch.profile_id and batch.date_to else ([], [])
            batch.move_count = len(entries)
            debit, credit = ledger.totals(entries)
            batch.debit, batch.credit = float(debit), float(credit)
            batch.problems = "\n".join(problems) or False
            _name, header, rows = ledger_format.tables(entries[:PREVIEWED])[2]
            batch.preview_html = self.env["ir.qweb"]._render(
                "crm_accounting_bridge.export_preview", {"header": header, "rows": rows[:PREVIEWED]}
            )

    def _get_checked_entries(self):
        """Return the entries, and what keeps them from leaving as sentences."""
        try:
            entries = self._get_entries()
        except ValueError as error:
            return [], [self.env._("%s. Correct the digits or the codes of the profile.", error)]
        problems = [
            self.env._("%s is not balanced: debit and credit differ.", number) for number in ledger.unbalanced(entries)
        ]
        problems += self._get_missing_codes(entries)
        return entries, problems

    def _get_missing_codes(self, entries):
        """Return which accounts or taxes have no code, as sentences."""
        accounts = {item["name"] for entry in entries for item in entry["items"] if not item["account"]}
        return [self.env._("The account %s has no code for this ledger.", name) for name in sorted(accounts)]

    # ------------------------------------------------------------
    # Leaving
    # ------------------------------------------------------------

    def action_export(self):
        """Make the file; from now on these entries have left through this profile.

        :raise UserError: there is nothing to export, or something must be mended first
        """
        self.ensure_one()
        self.check_access("write")
        if self.state == "done":
            raise UserError(self.env._("%s has left already.", self.name))
        self._lock_profile()
        entries, problems = self._get_checked_entries()
        if problems:
            raise UserError("\n".join(problems))
        if not entries:
            raise UserError(self.env._("Nothing new to export up to %s.", fields.Date.to_string(self.date_to)))
        self._keep(self._make_file(entries))
        return self._open_form()

    def _lock_profile(self):
        """Let one export of a profile leave at a time."""
        self.env.cr.execute(SQL("SELECT id FROM crm_export_profile WHERE id = %s FOR UPDATE", self.profile_id.id))

    def _make_file(self, entries):
        """Return the content of the file.

        :raise UserError: the format cannot hold some value
        """
        writer, _extension = ledger_format.FORMATS[self.profile_id.file_format]
        try:
            return writer(entries)
        except ValueError as error:
            raise UserError(self.env._("%s. This format cannot hold it.", error)) from error

    def _keep(self, content):
        """Keep the file, its hash and what was in it."""
        moves = self._get_moves()
        # sudo: the proof is written by the export itself, never by hand; the user's right was checked.
        batch = self.sudo()
        batch.env["crm.export.line"].create(
            [{"batch_id": self.id, "move_id": move.id, "version": self.version} for move in moves]
        )
        batch.attachment_id = batch.env["ir.attachment"].create(
            {
                "name": self._get_file_name(),
                "datas": base64.b64encode(content),
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        batch.write(
            {
                "sha256": hashlib.sha256(content).hexdigest(),
                "exported_by_id": self.env.uid,
                "exported_on": fields.Datetime.now(),
                "state": "done",
            }
        )

    def _get_file_name(self):
        """Return the name of the file: the same export always has the same."""
        _writer, extension = ledger_format.FORMATS[self.profile_id.file_format]
        if self.profile_id.file_format == "xero" and self.move_count > ledger_format.XERO_MAX:
            extension = "zip"
        stem = {"contaplus": "XDiario", "contasol": "APU"}.get(self.profile_id.file_format, self.profile_id.file_format)
        return f"{stem}_{self.number:04d}_v{self.version}.{extension}"

    def action_download(self):
        """Download the file."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self.attachment_id.id}?download=true",
            "target": "self",
        }

    def action_new_version(self):
        """Export the same entries again, as a new version that replaces this one.

        :return: the action that opens the draft
        """
        self.ensure_one()
        return self.create(
            {
                "profile_id": self.profile_id.id,
                "number": self.number,
                "version": self.version + 1,
                "previous_id": self.id,
                "date_from": self.date_from,
                "date_to": self.date_to,
            }
        )._open_form()
