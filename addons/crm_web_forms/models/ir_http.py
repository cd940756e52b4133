from odoo import models
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        """Routes with ``own_params`` get what is in their path and read the rest of the request themselves.

        What a visitor sends must neither become an argument of a function (a field named ``self``
        would be an error) nor set the cookies of campaigns.
        """
        if endpoint.routing.get("own_params"):
            request.params = {"number": request.params.get("number", "")}
        return super()._dispatch(endpoint)
