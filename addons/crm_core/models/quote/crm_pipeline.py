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
    quote_followup_days = fields.Integer(
        "Follow up after (days)",
        help="A call is planned when a sent quote is not answered; 0: as the company's settings say.",
    )
    quote_expiry_days = fields.Integer(
        "Remind before expiry (days)",
        help="A call is planned so many days before a quote expires; 0: as the company's settings say.",
    )
