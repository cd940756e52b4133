from odoo import api, fields, models
from odoo.exceptions import UserError


class RealestateKey(models.Model):
    """A set of keys of a property and who has it now."""

    _name = "realestate.key"
    _description = "Key Set"
    _order = "property_id, name, id"
    _check_company_auto = True

    name = fields.Char("Tag", required=True, help="What is written on the key ring; never the address.")
    property_id = fields.Many2one("realestate.property", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="property_id.company_id", store=True)
    place = fields.Char(help="Where the set hangs when it is in.")
    active = fields.Boolean(default=True, help="Given back to the owner or lost: archive it.")
    note = fields.Char()
    move_ids = fields.One2many("realestate.key.move", "key_id", "Moves", readonly=True)
    open_move_id = fields.Many2one("realestate.key.move", compute="_compute_open_move_id")
    holder_id = fields.Many2one("res.partner", "With", compute="_compute_open_move_id")
    state = fields.Selection(
        [("in", "In"), ("out", "Out"), ("late", "Late")], compute="_compute_open_move_id", string="Where"
    )

    @api.depends("move_ids.date_returned", "move_ids.date_due")
    def _compute_open_move_id(self):
        open_moves = self.env["realestate.key.move"].search(
            [("key_id", "in", self.ids), ("date_returned", "=", False)]
        )  # fmt: skip
        by_key = {move.key_id.id: move for move in open_moves}
        now = fields.Datetime.now()
        for key in self:
            move = by_key.get(key._origin.id, open_moves.browse())
            key.open_move_id = move
            key.holder_id = move.partner_id
            key.state = ("late" if move.date_due and move.date_due < now else "out") if move else "in"

    def action_take(self):
        """Open the form that notes who takes the set.

        :raise UserError: somebody has it; says who
        """
        self.ensure_one()
        self._check_in()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Hand out %(key)s", key=self.name),
            "res_model": "realestate.key.move",
            "views": [(self.env.ref("crm_realestate.realestate_key_move_view_form").id, "form")],
            "target": "new",
            "context": {"default_key_id": self.id, "default_partner_id": self.env.user.partner_id.id},
        }

    def _check_in(self):
        for key in self.filtered("open_move_id"):
            raise UserError(
                self.env._(
                    "%(key)s is with %(holder)s. Note that it came back first.",
                    key=key.display_name,
                    holder=key.holder_id.display_name,
                )
            )

    def action_return(self):
        """Note that the sets came back."""
        self.open_move_id.write({"date_returned": fields.Datetime.now()})
