from odoo import fields, models
from odoo.tools import SQL


class CrmRelationshipLevel(models.Model):
    """How well one knows a contact, and how often one should be in touch."""

    _name = "crm.relationship.level"
    _description = "Relationship Level"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    min_score = fields.Integer("From score", help="A contact with this score or more is on this level.")
    cadence_days = fields.Integer(
        "In touch every (days)", help="After so many days without contact, a call is proposed; 0: never."
    )
    is_dormant = fields.Boolean(
        "Fallen asleep", help="The level of contacts one used to be in touch with: their score faded below every other."
    )
    color = fields.Integer(export_string_translation=False)

    def _to_sql(self, score):
        """Return the SQL of the id of the level a score stands for.

        :param score: the ``SQL`` of the score
        """
        # sudo: how levels are set up is no secret; the scores are worked out for everybody at once.
        levels = self.sudo().search([], order="min_score desc, id desc", limit=100)
        cases = [
            SQL("WHEN %s >= %s THEN %s", score, level.min_score, level.id)
            for level in levels.filtered(lambda level: not level.is_dormant)
        ]
        asleep = levels.filtered("is_dormant")[:1].id or None
        return SQL("CASE %s ELSE %s END", SQL(" ").join(cases), asleep) if cases else SQL("%s::integer", asleep)
