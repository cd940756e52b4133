from odoo import fields, models


class RealestateProperty(models.Model):
    """Where a property that came in a feed came from."""

    _inherit = "realestate.property"

    feed_import_id = fields.Many2one(
        "realestate.feed.import", "Comes from", index="btree_not_null", ondelete="set null", readonly=True, copy=False
    )
    feed_key = fields.Char("Number there", readonly=True, copy=False)
    is_absent = fields.Boolean("No longer in its feed", readonly=True, copy=False, tracking=True)

    _feed_unique = models.UniqueIndex(
        "(feed_import_id, feed_key) WHERE feed_import_id IS NOT NULL", "The feed has another property of this number."
    )
