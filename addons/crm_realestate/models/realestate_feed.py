import gzip
import tempfile
import uuid

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import kyero, kyero_schema, openimmo

CHUNK = 500
KEPT_DEFECTS = 500


class RealestateFeed(models.Model):
    """What portals read: our published properties in a format of theirs, from a file made on a schedule.

    The file is absolute: what is not in it goes from the portal.
    """

    _name = "realestate.feed"
    _description = "Portal Feed"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char("Portal", required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    format = fields.Selection(
        [("kyero", "Kyero 3"), ("openimmo", "OpenImmo 1.2.7")], required=True, default="kyero", tracking=True
    )
    with_reserved = fields.Boolean("Reserved ones too", help="Else what is held or reserved leaves the portal.")
    uuid = fields.Char(default=lambda self: str(uuid.uuid4()), required=True, copy=False, readonly=True, index=True)
    url = fields.Char("Address for the portal", compute="_compute_url")
    file = fields.Binary("File (compressed)", attachment=True, readonly=True, copy=False)
    filename = fields.Char(compute="_compute_url")
    date_made = fields.Datetime("Made on", readonly=True, copy=False)
    property_count = fields.Integer("Properties in it", readonly=True, copy=False)
    left_out_count = fields.Integer("Left out", readonly=True, copy=False)
    defects = fields.Text("What the left out ones lack", readonly=True, copy=False)

    _uuid_unique = models.UniqueIndex("(uuid)", "Two feeds cannot share an address.")

    def _compute_url(self):
        for feed in self:
            feed.url = f"{feed.get_base_url()}/realestate/feed/{feed.uuid}.xml"
            feed.filename = f"{feed.format}.xml.gz"

    # ------------------------------------------------------------
    # Making the file
    # ------------------------------------------------------------

    @api.model
    def _cron_publish(self):
        """Make the file of every feed again."""
        for feed in self.search([("company_id", "!=", False)]):
            feed._publish()
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def action_publish(self):
        """Make the file now."""
        for feed in self:
            feed._publish()

    def _publish(self):
        """Write the file, a chunk of properties at a time; a property that lacks something is left out and named."""
        self.ensure_one()
        report = {"count": 0, "left_out": 0, "lines": []}
        with tempfile.TemporaryFile() as target:
            with gzip.GzipFile(fileobj=target, mode="wb", compresslevel=6, mtime=0) as packed:
                writer = {"kyero": kyero.write, "openimmo": openimmo.write}[self.format]
                report["count"] = writer(packed, self._prepare_header(), self._iterate_rows(report))
            target.seek(0)
            content = target.read()
        attachment = self._get_attachment()
        # sudo: attachments of a field are written through their record only.
        attachment.sudo().write({"raw": content})
        self.write(
            {
                "date_made": fields.Datetime.now(),
                "property_count": report["count"],
                "left_out_count": report["left_out"],
                "defects": "\n".join(report["lines"]) or False,
            }
        )

    def _get_attachment(self):
        """Return the attachment of the file, made if there is none."""
        # sudo: as above.
        attachments = self.env["ir.attachment"].sudo()
        found = attachments.search(
            [("res_model", "=", self._name), ("res_id", "=", self.id), ("res_field", "=", "file")], limit=1
        )
        return found or attachments.create(
            {"name": self.filename, "res_model": self._name, "res_id": self.id, "res_field": "file", "raw": b"-"}
        )

    def _get_property_domain(self):
        """Return the domain of what goes into the feed; a hook."""
        self.ensure_one()
        availability = ("available", "on_hold", "reserved") if self.with_reserved else ("available",)
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("is_published", "=", True)
            & Domain("state", "=", "active")
            & Domain("availability", "in", availability)
        )

    def _iterate_rows(self, report):
        """Yield the rows of the properties, never more than a chunk of them in memory.

        :param report: counts and names what is left out
        """
        # sudo: a feed shows the same whoever makes it; its domain keeps to its company.
        properties = self.env["realestate.property"].sudo().with_context(lang="en_US")
        ids = properties.search(self._get_property_domain(), order="id").ids
        for start in range(0, len(ids), CHUNK):
            chunk = properties.browse(ids[start : start + CHUNK])
            for prop, row in self._prepare_rows(chunk):
                element, defects = self._render(row)
                if not defects:
                    yield element
                    continue
                report["left_out"] += 1
                if len(report["lines"]) < KEPT_DEFECTS:
                    report["lines"].append(f"{prop.display_name}: {', '.join(defects)}")
            chunk.env.flush_all()
            chunk.env.invalidate_all()

    def _render(self, row):
        """Return a property as the format writes it, and in words what is wrong with that."""
        if self.format != "kyero":
            return row, []
        element = kyero.to_element(row)
        labels = {
            "missing": self.env._("missing"),
            "wrong": self.env._("not as the portal wants it"),
            "many": self.env._("too many"),
            "unknown": self.env._("unknown"),
        }
        return element, [f"{path} ({labels[code]})" for path, code in kyero_schema.defects(element)]

    def _prepare_rows(self, chunk):
        """Yield (property, row): two for what is for sale and to let at once."""
        dates = self.env["realestate.feed.item"]._get_dates(self, chunk)
        base = self.get_base_url()
        prepare = {"kyero": self._prepare_kyero, "openimmo": self._prepare_openimmo}[self.format]
        descriptions = self._get_descriptions(chunk) if self.format == "kyero" else {}
        for prop in chunk:
            operations = ("sale", "rent") if prop.operation == "both" else (prop.operation,)
            for operation in operations:
                suffix = f"-{operation}" if len(operations) > 1 else ""
                yield prop, prepare(prop, operation, suffix, dates[prop.id], base, descriptions.get(prop.id))

    def _get_descriptions(self, chunk):
        """Return {property id: {language of the format: plain text}}, one read for each language installed."""
        found = {prop_id: {} for prop_id in chunk.ids}
        for code, _name in self.env["res.lang"].get_installed():
            short = code.partition("_")[0]
            if short not in kyero.LANGUAGES:
                continue
            for values in chunk.with_context(lang=code).read(["name", "description"]):
                found[values["id"]][short] = "\n\n".join(filter(None, [values["name"], values["description"]]))
        return found

    # ------------------------------------------------------------
    # Rows
    # ------------------------------------------------------------

    def _prepare_header(self):
        company = self.company_id
        now = fields.Datetime.now()
        if self.format == "openimmo":
            number = f"CRM{company.id:06d}"
            email = company.email or "unknown@example.com"
            return {"generated": now.isoformat(), "firm": company.name, "email": email, "number": number}
        agent = {
            "id": company.id,
            "name": company.name,
            "email": company.email,
            "tel": company.phone,
            "addr1": company.street,
            "town": company.city,
            "postcode": company.zip,
            "country": company.country_id.name,
        }
        agent = {name: value for name, value in agent.items() if value}
        return {"generated": fields.Datetime.to_string(now), "agent": agent}

    def _get_images(self, prop, base):
        """Return (address, is a floor plan) of the photos."""
        return [(base + prop._get_public_image_url(image, 1920), image.is_floor_plan) for image in prop.image_ids]

    def _prepare_kyero(self, prop, operation, suffix, date, base, descriptions):
        """Return a row as :mod:`..tools.kyero` writes it; a hook."""
        latitude, longitude = prop._get_public_coordinates()
        zones = prop.zone_id.complete_name.split(" / ") if prop.zone_id else []
        energy = prop.energy_rating if prop.energy_rating in tuple("ABCDEFG") else "X"
        return {
            "id": f"{prop.uuid[:36]}{suffix}",
            "date": fields.Datetime.to_string(date),
            "ref": f"{prop.ref}{suffix}",
            "price": round(prop._get_price(operation)) or None,
            "currency": prop.currency_id.name,
            "price_freq": "month" if operation == "rent" else "sale",
            "new_build": 1 if prop.condition == "new" else 0,
            "type": prop.type_id.name,
            "town": prop.city or prop.zone_id.name,
            "province": zones[0] if zones else None,
            "country": prop.country_id.name,
            "location": {"latitude": latitude, "longitude": longitude} if latitude or longitude else None,
            "location_detail": zones[-1] if len(zones) > 2 else None,
            "beds": prop.beds,
            "baths": prop.baths,
            "pool": 1 if self.env.ref("crm_realestate.realestate_feature_pool") in prop.feature_ids else 0,
            "surface_area": {"built": round(prop.area_built), "plot": round(prop.area_plot)},
            "energy_rating": {"consumption": energy, "emissions": prop.emissions_rating or "X"},
            "url": {"en": base + prop._get_public_url()} if self.company_id.realestate_public else None,
            "catastral": prop.cadastral_ref,
            "desc": descriptions,
            "features": prop.feature_ids.mapped("name"),
            "images": self._get_images(prop, base),
        }

    def _prepare_openimmo(self, prop, operation, suffix, date, base, _descriptions):
        """Return a row as :mod:`..tools.openimmo` writes it; a hook."""
        latitude, longitude = prop._get_public_coordinates()
        return {
            "id": f"{prop.uuid}{suffix}",
            "ref": f"{prop.ref}{suffix}",
            "operation": operation,
            "type": prop.type_id.code,
            "zip": prop.zip,
            "town": prop.city or prop.zone_id.name,
            "street": prop.street if prop.address_visibility == "exact" else None,
            "country": prop._get_country_alpha3(),
            "latitude": latitude,
            "longitude": longitude,
            "price": round(prop._get_price(operation)),
            "currency": prop.currency_id.name,
            "area_built": prop.area_built,
            "area_plot": prop.area_plot,
            "beds": prop.beds,
            "baths": prop.baths,
            "year": prop.year_built,
            "energy": prop.energy_rating if prop.energy_rating in tuple("ABCDEFG") else None,
            "taken": prop.availability != "available",
            "title": prop.name,
            "text": prop.description or None,
            "images": self._get_images(prop, base),
            "date": fields.Date.to_string(date.date()),
            "contact": prop.user_id.name or self.company_id.name,
            "contact_email": prop.user_id.email or self.company_id.email,
            "contact_phone": prop.user_id.phone or self.company_id.phone,
        }
