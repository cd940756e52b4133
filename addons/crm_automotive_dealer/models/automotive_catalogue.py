from odoo import api, fields, models
from odoo.exceptions import UserError

CATALOGUE_PUBLISHED = "automotive.catalogue.published.v1"
MOST_MODELS = 2000
NAME_LIMIT = 64


class AutomotiveCatalogue(models.Model):
    """The models of one brand: what the maker builds is what dealers choose from."""

    _name = "automotive.catalogue"
    _description = "Model Catalogue"
    _inherit = ["automotive.publication.mixin"]
    _order = "brand_id, id"
    _rec_name = "brand_id"
    _check_company_auto = True

    _publication_type = CATALOGUE_PUBLISHED

    brand_id = fields.Many2one(required=True)
    model_ids = fields.One2many(related="brand_id.model_ids", string="Models", readonly=False)
    published_at = fields.Datetime("Told on", readonly=True, copy=False)
    news = fields.Char("What was new", readonly=True, copy=False)

    _uuid_unique = models.UniqueIndex("(company_id, uuid)")
    _brand_unique = models.UniqueIndex(
        "(company_id, COALESCE(origin_peer_id, 0), brand_id)", "This brand has its catalogue already."
    )

    def _check_publishable(self):
        if not self.model_ids:
            raise UserError(self.env._("%(brand)s has no models yet. Add them first.", brand=self.brand_id.name))

    def _publish(self):
        self.published_at = fields.Datetime.now()
        super()._publish()

    def _get_publication_data(self):
        models_ = [self._prepare_model(model) for model in self.brand_id.model_ids]
        return {**super()._get_publication_data(), "brand": self.brand_id.name, "models": models_[:MOST_MODELS]}

    @api.model
    def _prepare_model(self, model):
        """Return what dealers are told of a model; a hook."""
        return {"name": model.name, "code": model.oem_code or "", "type": model.vehicle_type}

    # ------------------------------------------------------------
    # Dealer
    # ------------------------------------------------------------

    @api.model
    def _read_publication(self, data):
        values = super()._read_publication(data)
        self._require_data("brand", self._is_name(data.get("brand")))
        found = data.get("models")
        self._require_data("models", isinstance(found, list) and len(found) <= MOST_MODELS)
        self._require_data("models", all(isinstance(one, dict) and self._is_name(one.get("name")) for one in found))
        return {**values, "brand_id": self._find_brand(data["brand"]).id}

    @api.model
    def _is_name(self, text):
        return isinstance(text, str) and 0 < len(text.strip()) <= NAME_LIMIT and "\x00" not in text

    @api.model
    def _find_brand(self, name):
        brands = self.env["fleet.vehicle.model.brand"]
        return brands.search([("name", "=", name.strip())], limit=1) or brands.create({"name": name.strip()})

    def _on_published(self, data):
        """Add what is missing; what the dealer has stays, with the maker's code on it."""
        # What the dealer archived is not made again.
        here = self.brand_id.with_context(active_test=False).model_ids
        known = {model.name.casefold(): model for model in here}
        codes = {model.oem_code: model for model in here if model.oem_code}
        fresh = []
        for told in data["models"]:
            code = str(told.get("code") or "")[:NAME_LIMIT]
            model = codes.get(code) or known.get(told["name"].strip().casefold())
            if model:
                model.oem_code = model.oem_code or code
            else:
                fresh.append(self._prepare_new_model(told, code))
        self.env["fleet.vehicle.model"].create(fresh)
        news = ", ".join(one["name"] for one in fresh)[:256]
        self.write({"published_at": fields.Datetime.now(), "news": news or False})

    def _prepare_new_model(self, told, code):
        """Return the values of a model that is new here."""
        kinds = dict(self.env["fleet.vehicle.model"]._fields["vehicle_type"].selection)
        kind = told.get("type") if told.get("type") in kinds else "car"
        return {"name": told["name"].strip(), "brand_id": self.brand_id.id, "oem_code": code, "vehicle_type": kind}
