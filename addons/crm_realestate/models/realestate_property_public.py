import uuid

from odoo import api, fields, models


class RealestateProperty(models.Model):
    """What outsiders may see of a property."""

    _inherit = "realestate.property"

    # In public addresses: a number could be counted through.
    uuid = fields.Char(
        compute="_compute_uuid",
        store=True,
        precompute=True,
        copy=False,
        readonly=True,
        index=True,
        export_string_translation=False,
    )

    _uuid_unique = models.UniqueIndex("(uuid)", "Two properties cannot share a public address.")

    @api.depends("company_id")
    def _compute_uuid(self):
        for prop in self:
            prop.uuid = prop.uuid or str(uuid.uuid4())

    @api.model
    def _get_public_image_url(self, image, size=1024):
        """Return the address, without host, of a photo outsiders may see.

        :param image: a ``realestate.image``
        :param size: 512, 1024 or 1920 pixels at most
        """
        return f"/realestate/image/{image.property_id.uuid}/{image.id}-{size}.jpg"
