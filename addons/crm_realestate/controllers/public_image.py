from odoo import http

from .common import ROUTE, PublicPage

SIZES = (512, 1024, 1920)


class PublicImage(PublicPage, http.Controller):
    """Photos for public pages and feeds."""

    @http.route("/realestate/image/<string:uuid>/<int:number>-<int:size>.jpg", methods=["GET"], **ROUTE)
    def image(self, uuid, number, size, **_other):
        """Return a photo of the property with this public address.

        :return: 200 or 404
        """
        image = self._get_env()["realestate.image"].browse(number).exists()
        if not image or size not in SIZES or image.property_id.uuid != uuid:
            return self._not_found()
        stream = image.env["ir.binary"]._get_image_stream_from(image, f"image_{size}")
        response = stream.get_response(as_attachment=False)
        response.headers["Cache-Control"] = "public, max-age=86400"
        return response
