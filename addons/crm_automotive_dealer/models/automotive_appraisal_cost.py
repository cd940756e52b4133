from odoo import fields, models


class AutomotiveAppraisalCost(models.Model):
    """What must be done to a car before it can be sold again."""

    _name = "automotive.appraisal.cost"
    _description = "Appraisal Cost"
    _order = "sequence, id"

    appraisal_id = fields.Many2one("automotive.appraisal", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="appraisal_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("What", required=True)
    currency_id = fields.Many2one(related="appraisal_id.currency_id")
    amount = fields.Monetary(help="Without taxes, in the currency of the company.")
