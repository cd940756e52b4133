from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

# Less than this is not worth a mail.
SCORE = 50


class RealestateMatch(models.Model):
    """When a property was proposed to a client, and at which price."""

    _inherit = "realestate.match"

    sent_on = fields.Datetime("Proposed on", readonly=True)
    sent_price = fields.Monetary("Price when proposed", readonly=True)
    is_cheaper = fields.Boolean("Cheaper since", compute="_compute_is_cheaper", search="_search_is_cheaper")

    @api.depends("state", "price", "sent_price")
    def _compute_is_cheaper(self):
        for match in self:
            match.is_cheaper = bool(match.sent_price and 0 < match.price < match.sent_price)

    def _search_is_cheaper(self, operator, value):
        """Two columns of one row: only SQL compares them."""
        if operator != "in":
            return NotImplemented
        cheaper = Domain.custom(to_sql=self._get_cheaper_sql)
        return cheaper if True in value else ~cheaper

    @api.model
    def _get_cheaper_sql(self, model, alias, query):
        price, sent = (model._field_to_sql(alias, name, query) for name in ("price", "sent_price"))
        return SQL("(%(price)s > 0 AND %(price)s < %(sent)s) IS TRUE", price=price, sent=sent)

    @api.model
    def _get_news_domain(self):
        """Return the domain of what a client should hear of: new, or cheaper than when it was proposed."""
        public = Domain("property_id.is_published", "=", True) & Domain("is_current", "=", True)
        new = Domain("state", "=", "new") & Domain("score", ">=", SCORE)
        return public & (new | (Domain("state", "=", "sent") & Domain("is_cheaper", "=", True)))

    def _on_state(self, state):
        """Keep at which price it was proposed."""
        super()._on_state(state)
        if state == "sent":
            self._keep_price()

    def _keep_price(self):
        for match in self:
            match.write({"sent_on": fields.Datetime.now(), "sent_price": match.price})

    def _note_sent(self):
        """Note that the client was told, again perhaps."""
        new = self.filtered(lambda match: match.state == "new")
        new.write({"state": "sent"})
        (self - new)._keep_price()

    def _move_by_client(self, state):
        """Take over what the client says, where the table allows it."""
        self.filtered(lambda match: state in match._transitions[match.state]).write({"state": state})
