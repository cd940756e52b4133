import base64
import re

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import vin as vin_tools

SHOWN = 5


class AutomotiveRecallAdd(models.TransientModel):
    """Call cars back by a list of numbers, pasted or in a text file."""

    _name = "automotive.recall.add"
    _description = "Add Cars to a Recall"

    recall_id = fields.Many2one("automotive.recall", required=True, ondelete="cascade")
    numbers = fields.Text("VINs", help="One in a line, or separated by blanks, commas or semicolons.")
    file = fields.Binary("Or a file", help="CSV or text: every column that holds a VIN is read.")
    found_count = fields.Integer("Cars found", compute="_compute_found")
    problem = fields.Text(compute="_compute_found")

    @api.depends("numbers", "file")
    def _compute_found(self):
        for wizard in self:
            good, bad = wizard._read_numbers()
            wizard.found_count = len(good)
            shown = ", ".join(bad[:SHOWN]) + ("..." if len(bad) > SHOWN else "")
            wizard.problem = bad and self.env._(
                "%(count)s are no VIN and would be left out: %(examples)s", count=len(bad), examples=shown
            )

    def _read_numbers(self):
        """Return (sound numbers, unsound ones), each once, in their order.

        In a file only what looks like a number of 17 characters is read: it has other columns.
        """
        typed = re.split(r"[\s,;]+", self.numbers or "")
        content = base64.b64decode(self.with_context(bin_size=False).file or b"").decode("utf-8", "replace")
        filed = [word for word in re.split(r"[\s,;\"'|]+", content) if len(vin_tools.compact(word)) == vin_tools.LENGTH]
        words = dict.fromkeys(filter(None, map(vin_tools.compact, typed + filed)))
        bad = [word for word in words if vin_tools.problem(word)]
        return [word for word in words if word not in bad], bad

    def action_add(self):
        """Add the sound numbers."""
        self.ensure_one()
        good, _bad = self._read_numbers()
        if not good:
            raise UserError(self.env._("There is no VIN in this list: 17 characters, without I, O and Q."))
        self.recall_id._add_numbers(good)
        return {"type": "ir.actions.act_window_close"}
