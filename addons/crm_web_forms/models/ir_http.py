from odoo import models
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _auth_method_crm_web_form(cls):
        """Everybody is nobody in particular: who is logged in here does not matter, and nothing is looked up."""
        public = request.env["ir.model.data"]._xmlid_to_res_id("base.public_user", raise_if_not_found=True)
        request.update_env(user=public)

    @classmethod
    def _dispatch(cls, endpoint):
        """Routes with ``own_params`` get what is in their path and read the rest of the request themselves.

        What a visitor sends must neither become an argument of a function (a field named ``self``
        would be an error) nor set the cookies of campaigns.
        """
        if endpoint.routing.get("own_params"):
            request.params = {"number": request.params.get("number", "")}
        return super()._dispatch(endpoint)
