from odoo import fields, models


class AutomotiveFeedbackTopic(models.Model):
    """What customers talk about: the engine, the delivery, the workshop..."""

    _name = "automotive.feedback.topic"
    _description = "Feedback Topic"
    _order = "sequence, name"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
