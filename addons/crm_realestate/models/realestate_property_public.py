import textwrap
import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_amount, format_datetime

from ..tools import answers, slots

PAGE = 24
# As much of a description as messengers show below a link.
SUMMARY = 160
# Who visits may choose among these.
SLOT_DAYS, PER_DAY = 7, 3
# ISO 3166-1, the countries agencies of this format work in.
ALPHA3 = {
    "AD": "AND", "AT": "AUT", "BE": "BEL", "CH": "CHE", "DE": "DEU", "DK": "DNK", "ES": "ESP", "FR": "FRA",
    "GB": "GBR", "GR": "GRC", "HR": "HRV", "IT": "ITA", "LI": "LIE", "LU": "LUX", "NL": "NLD", "PL": "POL",
    "PT": "PRT", "SE": "SWE", "US": "USA",
}  # fmt: skip
# Types of https://schema.org for a category of ours.
SCHEMA_TYPE = {"housing": "Accommodation", "building": "ApartmentComplex", "land": "Place"}


class RealestateProperty(models.Model):
    """What outsiders may see of a property."""

    _inherit = "realestate.property"

    # In public addresses: a number could be counted through.
    uuid = fields.Char(
        compute="_compute_uuid",
        store=True,
        precompute=True,
        copy=False,
        readonly=True,
        index=True,
        export_string_translation=False,
    )

    _uuid_unique = models.UniqueIndex("(uuid)", "Two properties cannot share a public address.")

    @api.depends("company_id")
    def _compute_uuid(self):
        for prop in self:
            prop.uuid = prop.uuid or str(uuid.uuid4())

    @api.model
    def _get_public_image_url(self, image, size=1024):
        """Return the address, without host, of a photo outsiders may see.

        :param image: a ``realestate.image``
        :param size: 512, 1024 or 1920 pixels at most
        """
        return f"/realestate/image/{image.property_id.uuid}/{image.id}-{size}.jpg"

    def _get_public_url(self):
        """Return the address, without host, of the public page."""
        self.ensure_one()
        return f"/homes/{self.company_id.id}/{self.uuid}"

    @api.model
    def _get_public_domain(self, company):
        """Return the domain of what a company shows on the web."""
        return (
            Domain("company_id", "=", company.id)
            & Domain("is_published", "=", True)
            & Domain("state", "=", "active")
            & Domain("availability", "!=", "unavailable")
        )

    @api.model
    def _search_public(self, company, told, page=1):
        """Return what visitors of the public list look for.

        :param told: what they typed: ``operation``, ``type``, ``zone`` (ids), ``price``, ``beds``; anything unreadable
            asks for nothing
        :param page: from 1
        :return: (properties of the page, how many there are)
        """
        operation = "rent" if told.get("operation") == "rent" else "sale"
        domain = self._get_public_domain(company) & Domain("operation", "in", (operation, "both"))
        number = {name: answers.number(told.get(name)) for name in ("type", "zone", "price", "beds")}
        criteria = {
            "type": Domain("type_id", "=", number["type"]),
            "zone": Domain("zone_id", "child_of", number["zone"]),
            "price": Domain("price_rent" if operation == "rent" else "price_sale", "<=", number["price"]),
            "beds": Domain("beds", ">=", number["beds"]),
        }
        domain &= Domain.AND([criteria[name] for name, value in number.items() if value])
        order = "date_listed desc, id desc"
        return self.search(domain, order=order, limit=PAGE, offset=(page - 1) * PAGE), self.search_count(domain)

    def _get_country_alpha3(self):
        """Return the country's code of ISO 3166-1 alpha 3 as German feeds want it; none where we do not know it."""
        self.ensure_one()
        return ALPHA3.get(self.country_id.code)

    def _get_price_text(self, operation):
        """Return the price for an operation as people write it."""
        return self._format_money(self._get_price(operation))

    def _format_money(self, amount):
        """Return an amount in the property's currency as people write prices: without cents where there are none."""
        self.ensure_one()
        return format_amount(self.env, amount, self.currency_id, trailing_zeroes=False)

    def _get_public_address(self):
        """Return the address as far as outsiders may know it."""
        self.ensure_one()
        street = {"exact": self.street, "street": answers.without_number(self.street)}.get(self.address_visibility)
        return ", ".join(filter(None, [street, self.zone_id.name, self.city]))

    def _get_public_summary(self):
        """Return in a line what a link to this property shows: price, place, size, and how the description begins."""
        self.ensure_one()
        price = self._get_price("rent" if self.operation == "rent" else "sale")
        parts = [
            price and self._format_money(price),
            self._get_public_address(),
            self.beds and self.env._("%(count)s bedrooms", count=self.beds),
            self.area_built and f"{round(self.area_built)} m²",
            textwrap.shorten(self.description or "", SUMMARY, placeholder="…"),
        ]
        return " · ".join(filter(None, parts))

    def _get_public_map_url(self):
        """Return the address of a map, as exact as outsiders may know the place."""
        return self._get_map_url(*self._get_public_coordinates())

    def _get_visit_choices(self):
        """Return when outsiders may ask for a visit: list of (UTC text, label in the agent's time zone)."""
        self.ensure_one()
        if not self.user_id or self.availability != "available":
            return []
        now = fields.Datetime.now()
        found = self.env["realestate.visit"]._find_free_slots(
            self, self.user_id, now + timedelta(hours=12), now + timedelta(days=SLOT_DAYS), limit=None
        )
        zone = self.user_id.tz or self.company_id.partner_id.tz or "UTC"
        return [
            (
                fields.Datetime.to_string(moment),
                format_datetime(self.env, moment, tz=zone, dt_format="EEE d MMM, HH:mm"),
            )
            for moment in slots.spread(found, PER_DAY)
        ]

    def _get_structured_data(self, base):
        """Return what search engines read, in the vocabulary of https://schema.org.

        :param base: the address of the server
        """
        self.ensure_one()
        latitude, longitude = self._get_public_coordinates()
        operation = "rent" if self.operation == "rent" else "sale"
        about = {
            "@type": SCHEMA_TYPE.get(self.category, "Place"),
            "address": {
                "@type": "PostalAddress",
                "addressLocality": self.city or self.zone_id.name or "",
                "addressCountry": self.country_id.code or "",
                **({"streetAddress": self.street} if self.address_visibility == "exact" and self.street else {}),
            },
            **({"numberOfBedrooms": self.beds} if self.beds else {}),
            **({"numberOfBathroomsTotal": self.baths} if self.baths else {}),
            **(
                {"floorSize": {"@type": "QuantitativeValue", "value": self.area_built, "unitCode": "MTK"}}
                if self.area_built
                else {}
            ),
            **(
                {"geo": {"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude}}
                if latitude or longitude
                else {}
            ),
        }
        return {
            "@context": "https://schema.org",
            "@type": "RealEstateListing",
            "name": self.name,
            **({"description": self.description} if self.description else {}),
            "url": base + self._get_public_url(),
            "datePosted": fields.Date.to_string(self.date_listed) or "",
            "image": [base + self._get_public_image_url(image) for image in self.image_ids[:10]],
            "offers": {
                "@type": "Offer",
                "price": self._get_price(operation),
                "priceCurrency": self.currency_id.name,
                "availability": "https://schema.org/"
                + ("InStock" if self.availability == "available" else "LimitedAvailability"),
            },
            "about": about,
        }
