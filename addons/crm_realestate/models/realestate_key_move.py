from odoo import api, fields, models


class RealestateKeyMove(models.Model):
    """Somebody took a set of keys; open until it came back. A set is in one hand at a time."""

    _name = "realestate.key.move"
    _description = "Key Move"
    _order = "date_taken desc, id desc"
    _rec_name = "partner_id"

    key_id = fields.Many2one("realestate.key", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="key_id.company_id", store=True)
    partner_id = fields.Many2one("res.partner", "Taken by", required=True, index=True, ondelete="restrict")
    reason = fields.Char()
    date_taken = fields.Datetime("Taken on", required=True, default=fields.Datetime.now)
    date_due = fields.Datetime("Back by")
    date_returned = fields.Datetime("Came back on")
    user_id = fields.Many2one("res.users", "Noted by", readonly=True, default=lambda self: self.env.user)

    _one_open = models.UniqueIndex(
        "(key_id) WHERE date_returned IS NULL", "Somebody has these keys. Note that they came back first."
    )
    _range = models.Constraint("CHECK (date_returned >= date_taken)", "Keys come back after they were taken.")

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse to hand out what is out, and say who has it."""
        given = {vals.get("key_id") for vals in vals_list if not vals.get("date_returned")}
        self.env["realestate.key"].browse(given)._check_in()
        return super().create(vals_list)
