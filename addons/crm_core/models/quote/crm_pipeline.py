from odoo import fields, models


class CrmPipeline(models.Model):
    _inherit = "crm.pipeline"

    quote_template_id = fields.Many2one(
        "sale.order.template",
        "Quotation template",
        check_company=True,
        help="New quotes of this pipeline's opportunities start with it.",
    )
    quote_revenue = fields.Boolean(
        "Expected revenue from the quote",
        help="The expected revenue of an opportunity is the untaxed amount of its primary quote: the last one "
        "sent or accepted, unless another one is chosen.",
    )
    quote_refused_lost = fields.Boolean(
        "Lost when refused",
        help="When the customer refuses the last open quote, the opportunity is lost for his reason.",
    )
