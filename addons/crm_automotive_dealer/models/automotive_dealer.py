from odoo import api, fields, models
from odoo.exceptions import UserError

DEALER_PUBLISHED = "automotive.dealer.published.v1"


class AutomotiveDealer(models.Model):
    """A dealer in the maker's database of dealers; published, every dealer knows where to send a customer."""

    _name = "automotive.dealer"
    _description = "Dealer"
    _inherit = ["automotive.publication.mixin"]
    _order = "name, id"
    _check_company_auto = True

    _publication_type = DEALER_PUBLISHED
    _publication_texts = {
        "name": 128, "code": 32, "street": 128, "zip": 24, "city": 64, "phone": 64, "email": 254,
    }  # fmt: skip

    name = fields.Char(required=True, tracking=True)
    code = fields.Char("Dealer's code", tracking=True)
    street = fields.Char()
    zip = fields.Char("ZIP")
    city = fields.Char()
    country_id = fields.Many2one("res.country", "Market")
    phone = fields.Char()
    email = fields.Char("E-mail")
    peer_id = fields.Many2one(
        "crm.exchange.peer",
        "Link",
        index="btree_not_null",
        check_company=True,
        domain="[('role', '=', 'dealer'), ('company_id', '=', company_id)]",
        help="Over which leads, recalls and campaigns reach this dealer.",
    )

    _uuid_unique = models.UniqueIndex("(company_id, uuid)")
    _peer_unique = models.UniqueIndex(
        "(peer_id) WHERE peer_id IS NOT NULL AND origin_peer_id IS NULL", "This link belongs to another dealer."
    )

    def _check_publishable(self):
        if not (self.phone or self.email):
            raise UserError(self.env._("Give %(dealer)s a phone or an e-mail first.", dealer=self.name))

    def _get_publication_data(self):
        return {**super()._get_publication_data(), "country": self.country_id.code or ""}

    @api.model
    def _read_publication(self, data):
        values = super()._read_publication(data)
        code = data.get("country")
        self._require_data("country", isinstance(code, str) and len(code) <= 2)
        country = self.env["res.country"].search([("code", "=", code.upper())], limit=1) if code else False
        return {**values, "country_id": country and country.id}
