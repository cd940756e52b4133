from odoo import models
from odoo.http import request


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _pre_dispatch(cls, rule, args):
        """Routes with ``raw_body`` keep the bytes: the host would read them as a form if the sender says so.

        Many programs post XML under the type of a form, for that is their default.
        """
        result = super()._pre_dispatch(rule, args)
        if rule.endpoint.routing.get("raw_body"):
            request.httprequest.get_data(cache=True)
        return result
