from odoo import fields, models


class CrmStage(models.Model):
    _inherit = "crm.stage"

    pipeline_id = fields.Many2one(
        "crm.pipeline", index="btree_not_null", ondelete="cascade", help="Empty: a stage of the host's own pipeline."
    )
    # Stages are reached by what happened, never by their name; verticals add their events.
    stage_event = fields.Selection(
        [
            ("quote_sent", "Quote sent"),
            ("quote_viewed", "Quote viewed by the customer"),
            ("quote_accepted", "Quote accepted"),
            ("quote_refused", "Quote refused"),
            ("quote_expired", "Quote expired"),
        ],
        string="Reached when",
        help="An opportunity moves here by itself when this happens; it never moves back.",
    )
