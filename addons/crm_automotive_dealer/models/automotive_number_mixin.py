from odoo import api, fields, models


class AutomotiveNumberMixin(models.AbstractModel):
    """A record that has a number from the sequence with the code of its model."""

    _name = "automotive.number.mixin"
    _description = "Numbered Record"

    name = fields.Char(readonly=True, copy=False, default=lambda self: self.env._("New"))

    @api.model_create_multi
    def create(self, vals_list):
        """Number the records that bring no number of their own."""
        return super().create([{**vals, "name": vals.get("name") or self._next_number()} for vals in vals_list])

    @api.model
    def _next_number(self):
        return self.env["ir.sequence"].next_by_code(self._name)
