import base64
import io

import requests

from odoo import api, fields, models

from odoo.addons.crm_core.exceptions import JobBlocked, JobRetry
from odoo.addons.crm_core.tools import outside

MAX_BYTES = 15 * 2**20
KINDS = ("image/jpeg", "image/png", "image/gif", "image/webp")


class RealestateFeedPhoto(models.Model):
    """A photo that a feed names by its address, and the work of fetching it.

    Only from public addresses, only images, only so large; whoever wrote the feed chose the address.
    """

    _name = "realestate.feed.photo"
    _description = "Photo of a Feed"
    _inherit = ["crm.job.mixin"]
    _order = "property_id, sequence, id"
    _rec_name = "url"

    _job_cron = "crm_realestate.ir_cron_feed_photo"
    _job_batch_size = 5

    property_id = fields.Many2one("realestate.property", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="property_id.company_id", store=True)
    url = fields.Char("Address", required=True, readonly=True)
    sequence = fields.Integer(readonly=True)
    is_floor_plan = fields.Boolean("Floor plan", readonly=True)
    # Empty when it was fetched: somebody took the photo away, and it stays away.
    image_id = fields.Many2one("realestate.image", "Photo", readonly=True, index="btree_not_null", ondelete="set null")

    _once = models.UniqueIndex("(property_id, url)", "The property has this photo already.")

    @api.model
    def _follow(self, told):
        """Have the photos a feed tells: queue new ones, move known ones, take away what it no longer has.

        :param told: {property: list of (address, is a floor plan)}
        """
        photos = self.search([("property_id", "in", [prop.id for prop in told])])
        known = {(photo.property_id.id, photo.url): photo for photo in photos}
        fresh = []
        for prop, images in told.items():
            for sequence, (url, is_plan) in enumerate(dict(images).items()):
                photo = known.pop((prop.id, url), None)
                vals = {"sequence": sequence, "is_floor_plan": is_plan}
                if not photo:
                    fresh.append({**vals, "property_id": prop.id, "url": url})
                elif (photo.sequence, photo.is_floor_plan) != (sequence, is_plan):
                    photo._move(vals)
        self.browse(photo.id for photo in known.values())._remove()
        if self.create(fresh):
            self._job_trigger()

    def _move(self, vals):
        """Put a photo in another place, here and among the photos of the property."""
        self.write(vals)
        self.image_id.write(vals)

    def _remove(self):
        """Forget photos and what was fetched of them."""
        self.image_id.unlink()
        self.unlink()

    def _job_run(self):
        """Fetch one photo and put it among those of its property."""
        content = io.BytesIO()
        try:
            outside.download(
                self.url, content, MAX_BYTES, KINDS, self.env["realestate.feed.import"]._is_private_allowed()
            )
        except outside.Refused as error:
            raise JobBlocked(self._get_refusal(error)) from error
        except requests.RequestException as error:
            raise JobRetry(self.env._("Nobody answers at this address.")) from error
        self.image_id = self.env["realestate.image"].create(self._prepare_image(content.getvalue()))

    def _prepare_image(self, content):
        """Return the values of the photo of the property; a hook.

        :param content: the bytes that were fetched
        """
        return {
            "property_id": self.property_id.id,
            "image_1920": base64.b64encode(content),
            "sequence": self.sequence,
            "is_floor_plan": self.is_floor_plan,
        }

    def _get_refusal(self, error):
        """Return the sentence that says why a photo is not fetched."""
        sentences = {
            "url": self.env._("This is no web address."),
            "private": self.env._("The address belongs to a private network."),
            "size": self.env._("The photo is too large."),
            "kind": self.env._("There is no photo at this address."),
            "status": self.env._("The address does not exist any more."),
        }
        return sentences[error.reason]
