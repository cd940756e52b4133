from odoo import models
from odoo.fields import Domain

from .crm_handover_transfer import QUIET


class CrmHandover(models.Model):
    """Give back what is still as the hand-over left it."""

    _inherit = "crm.handover"

    def _undo_batch(self, limit):
        """Give one batch back, or note that all is given back; return the number of lines."""
        # sudo: the log may not be written by hand.
        lines = self.env["crm.handover.line"].sudo().search(
            [("handover_id", "=", self.id), ("state", "=", "done")], limit=limit, order="id desc"
        )  # fmt: skip
        # As the manager who asked for it, also when the cron goes on.
        handover = self.with_user(self.create_uid).sudo().with_company(self.company_id)
        handover = handover.with_context(active_test=False)
        scopes = {scope["code"]: scope for scope in handover._get_handover_scopes()}
        groups = lines.with_env(handover.env).grouped(lambda line: (line.scope, line.new_user_id))
        for (code, owner), group in groups.items():
            handover._undo_lines(scopes.get(code), group, owner)
        if not lines:
            self._set_state("undone")
        return len(lines)

    def _undo_lines(self, scope, lines, owner):
        """Give the records of some lines back; note what is not as it was left."""
        if not scope or not owner:
            return lines.write({"state": "skipped", "note": self.env._("Nobody knows any more how to give it back.")})
        restore = scope.get("restore") or self._restore_records
        given = restore(scope, lines, owner)
        given.write({"state": "undone"})
        self._note_skipped(scope, lines - given)

    def _note_skipped(self, scope, lines):
        """Say why a record was not given back."""
        there = set(self.env[scope["model"]].browse(lines.mapped("row_id")).exists().ids)
        gone = lines.filtered(lambda line: line.row_id not in there)
        gone.write({"state": "skipped", "note": self.env._("It is gone, or done.")})
        (lines - gone).write({"state": "skipped", "note": self.env._("Somebody changed it since.")})

    def _restore_records(self, scope, lines, owner):
        """Give back the records that still belong to who got them.

        :param scope: one of :meth:`_get_handover_scopes`
        :param lines: lines of that scope with the same new owner
        :param owner: that owner
        :return: the lines whose records were given back
        """
        records = self.env[scope["model"]].browse(lines.mapped("row_id")).exists()
        still = records.filtered(lambda record: record[scope["field"]] == owner).with_context(**QUIET)
        if still:
            transfer = scope.get("transfer") or self._transfer_records
            transfer(scope, still, owner, self.from_user_id)
            self._note_change(still, owner, self.from_user_id)
        given = lines.filtered(lambda line: line.row_id in still._ids)
        self._unfollow(given, owner)
        return given

    def _unfollow(self, lines, owner):
        """Whom the hand-over made a follower follows no longer."""
        fresh = lines.filtered(lambda line: not line.followed)
        domains = [
            Domain("res_model", "=", model) & Domain("res_id", "in", group.mapped("res_id"))
            for model, group in fresh.grouped("res_model").items()
        ]
        of_owner = Domain("partner_id", "=", owner.partner_id.id)
        self.env["mail.followers"].search(Domain.OR(domains) & of_owner).unlink()

    def _restore_activities(self, scope, lines, owner):
        """Planned activities only: what was done meanwhile stays with who did it."""
        activities = self.env["mail.activity"].browse(lines.mapped("row_id")).exists()
        done = set(activities.filtered(lambda activity: not activity.active).ids)
        return self._restore_records(scope, lines.filtered(lambda line: line.row_id not in done), owner)

    def _restore_followers(self, scope, lines, owner):
        """The leaver follows again; who followed before keeps following."""
        rows = self.env["mail.followers"].browse(lines.mapped("row_id")).exists()
        rows = rows.filtered(lambda row: row.partner_id == owner.partner_id)
        own = self._get_followed(rows, self.from_user_id)
        rows.filtered(lambda row: (row.res_model, row.res_id) not in own).write(
            {"partner_id": self.from_user_id.partner_id.id}
        )
        gone = lines.filtered("followed")
        for model, group in gone.grouped("res_model").items():
            documents = self.env[model].browse(group.mapped("res_id")).exists()
            documents.message_subscribe(partner_ids=self.from_user_id.partner_id.ids)
        return lines.filtered(lambda line: line.row_id in rows._ids) | gone
