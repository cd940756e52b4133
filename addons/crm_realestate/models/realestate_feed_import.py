import base64
import io
from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools import kyero

MAX_BYTES = 300 * 2**20
KEPT_LINES = 500
# {what a feed tells: field of ours}
PLAIN = {
    "ref": "ref",
    "latitude": "latitude",
    "longitude": "longitude",
    "beds": "beds",
    "baths": "baths",
    "area_built": "area_built",
    "area_plot": "area_plot",
    "energy": "energy_rating",
    "emissions": "emissions_rating",
    "cadastral_ref": "cadastral_ref",
    "town": "city",
}


class RealestateFeedImport(models.Model):
    """A feed of another system and how reading it went, property by property.

    What a property does not tell stays as it is; a property that is absent is marked, never sold.
    """

    _name = "realestate.feed.import"
    _description = "Feed to Read"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char("Source", required=True, help="Whose feed it is. Its properties keep the numbers it gives them.")
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    user_id = fields.Many2one(
        "res.users", "Agent of new properties", check_company=True, domain="[('share', '=', False)]"
    )
    file = fields.Binary("Kyero file", attachment=True, copy=False)
    filename = fields.Char(export_string_translation=False, copy=False)
    max_drop = fields.Integer(
        "Stop when more are absent (%)", default=30, help="A feed that lost so many properties is probably broken."
    )
    property_ids = fields.One2many("realestate.property", "feed_import_id", "Properties", readonly=True)
    date_read = fields.Datetime("Read on", readonly=True, copy=False)
    created_count = fields.Integer("New", readonly=True, copy=False)
    updated_count = fields.Integer("Changed", readonly=True, copy=False)
    same_count = fields.Integer("As before", readonly=True, copy=False)
    failed_count = fields.Integer("Not taken", readonly=True, copy=False)
    absent_count = fields.Integer("Absent", readonly=True, copy=False)
    report = fields.Text("What was wrong", readonly=True, copy=False)

    _drop_range = models.Constraint("CHECK (max_drop BETWEEN 0 AND 100)", "A percentage is between 0 and 100.")

    def action_preview(self):
        """Read the file, keep nothing, and say what reading it would do."""
        self._read_file(keep=False)

    def action_read(self):
        """Read the file.

        :raise UserError: no file, too large, broken, or far fewer properties than before; nothing is kept then
        """
        self._read_file(keep=True)

    def _read_file(self, keep):
        """Read and count; without ``keep`` everything but the counts is taken back."""
        for feed in self:
            content = feed._get_content()
            with self.env.cr.savepoint() as savepoint:
                totals, lines, seen = feed._read_properties(io.BytesIO(content))
                absent = feed._mark_absent(seen)
                self.env.flush_all()
                if not keep:
                    savepoint.rollback()
                    self.env.invalidate_all()
            feed.write(feed._prepare_result(totals, lines, absent, keep))

    def _get_content(self):
        """Return the bytes of the file."""
        if not self.file:
            raise UserError(self.env._("Choose the file of “%(feed)s” first.", feed=self.name))
        content = base64.b64decode(self.file)
        if len(content) > MAX_BYTES:
            raise UserError(self.env._("The file of “%(feed)s” is too large.", feed=self.name))
        return content

    def _read_properties(self, source):
        """Take every property of the file, each in a savepoint of its own.

        :return: (Counter of created, updated, same, failed; report lines; keys seen)
        :raise UserError: the file as a whole cannot be read
        """
        totals, lines, seen = Counter(), [], set()
        known = {prop.feed_key: prop for prop in self.property_ids.with_context(active_test=False)}
        refs = self._get_foreign_refs()
        try:
            for values, defects in kyero.read(source):
                key = values.get("key")
                reason = self._get_obstacle(values, seen, refs)
                outcome = "failed"
                if not reason:
                    outcome, reason = self._take(values, known.get(key))
                totals[outcome] += 1
                if key:
                    seen.add(key)
                if (defects or reason) and len(lines) < KEPT_LINES:
                    lines.append(f"{values.get('ref') or key or '?'}: {', '.join([*defects, *filter(None, [reason])])}")
        except kyero.FeedError as error:
            raise UserError(self._get_refusal(str(error))) from error
        return totals, lines, seen

    def _get_foreign_refs(self):
        """Return the references of the company's other properties: nobody else may get them."""
        company = Domain("company_id", "=", self.company_id.id)
        ours = Domain("feed_import_id", "!=", self.id)
        return set(self.env["realestate.property"].with_context(active_test=False).search(company & ours).mapped("ref"))

    def _get_obstacle(self, values, seen, refs):
        """Return why a property cannot be taken, or nothing.

        :param seen: the keys that came before
        :param refs: references that are somebody else's
        """
        if not values.get("key"):
            return self.env._("has no number")
        if values["key"] in seen:
            return self.env._("comes twice")
        if values.get("ref") in refs:
            return self.env._("another property of ours has this reference")
        return None

    def _get_refusal(self, reason):
        """Return the sentence that says why a file cannot be read."""
        code, _colon, detail = reason.partition(":")
        sentences = {
            "doctype": self.env._("The file declares a document type or entities. A feed needs none: it was refused."),
            "size": self.env._("The file has too many properties.%(detail)s", detail=detail),
        }
        return sentences.get(code) or self.env._("The file is broken:%(detail)s", detail=detail)

    def _take(self, values, prop):
        """Create or update one property.

        :param prop: the one known by this key, or None
        :return: (``created``, ``updated``, ``same`` or ``failed``; a reason)
        """
        try:
            with self.env.cr.savepoint():
                if prop:
                    return self._update(prop, self._prepare_property(values))
                vals = {**self._prepare_new(values), **self._prepare_property(values)}
                self.env["realestate.property"].create(vals)
                self.env.flush_all()
                return "created", None
        except UserError as error:
            return "failed", str(error)

    def _update(self, prop, vals):
        """Write what the feed tells otherwise than we know it."""
        names = [name for name in vals if name in prop._fields]
        current = {name: prop[name].id if prop._fields[name].type == "many2one" else prop[name] for name in names}
        changed = {name: vals[name] for name in names if vals[name] != current[name]}
        if not changed:
            return "same", None
        prop.write(changed)
        self.env.flush_all()
        return "updated", None

    def _prepare_new(self, values):
        """Return what only a new property gets: an agent, a title, and nothing published."""
        return {
            "feed_import_id": self.id,
            "feed_key": values["key"],
            "company_id": self.company_id.id,
            "user_id": self.user_id.id,
            "currency_id": self.company_id.currency_id.id,
            "name": self._get_title(values),
            "state": "active" if values.get("price") else "prospect",
        }

    def _get_title(self, values):
        """Return a title: the first line of a description, else type and town."""
        text = values.get("desc", {})
        first = (text.get("en") or next(iter(text.values()), "")).partition("\n")[0][:80].strip()
        kind = values.get("type") or self.env._("Property")
        return first or " ".join(filter(None, [kind.capitalize(), values.get("town")]))

    def _prepare_property(self, values):
        """Return the values a property of the feed tells; what it does not tell is absent. A hook."""
        vals = {field: values[name] for name, field in PLAIN.items() if name in values}
        vals["is_absent"] = False
        if values.get("operation"):
            vals["operation"] = values["operation"]
        if values.get("price"):
            vals["price_rent" if values.get("operation") == "rent" else "price_sale"] = values["price"]
        if values.get("type"):
            vals["type_id"] = self._find_type(values["type"])
        zone = self._find_zone(values.get("town"))
        if zone:
            vals["zone_id"] = zone
        currency = self.env["res.currency"].search([("name", "=", values.get("currency"))], limit=1)
        if currency:
            vals["currency_id"] = currency.id
        return vals

    @api.model
    def _find_type(self, code):
        return self.env["realestate.property.type"].search([("code", "=", code)], limit=1).id

    @api.model
    def _find_zone(self, town):
        """Return the zone of a town, whatever the case; none if nobody made it."""
        if not town:
            return False
        escaped = town.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        return self.env["realestate.zone"].search([("name", "=ilike", escaped)], limit=1).id

    # ------------------------------------------------------------
    # What is absent
    # ------------------------------------------------------------

    def _mark_absent(self, seen):
        """Mark the properties the feed does not have any more; they stay as they are otherwise.

        :raise UserError: too many of them
        """
        before = self.property_ids.filtered(lambda prop: not prop.is_absent)
        absent = before.filtered(lambda prop: prop.feed_key not in seen)
        if before and len(absent) * 100 > len(before) * self.max_drop:
            raise UserError(
                self.env._(
                    "%(count)s of %(total)s properties of “%(feed)s” are absent: the file looks broken, nothing was"
                    " changed. Raise the limit if it is right.",
                    count=len(absent),
                    total=len(before),
                    feed=self.name,
                )
            )
        absent.write({"is_absent": True, "is_published": False})
        return len(absent)

    def _prepare_result(self, totals, lines, absent, keep):
        """Return the values that tell how it went."""
        head = [] if keep else [self.env._("Preview: nothing was kept.")]
        return {
            "date_read": fields.Datetime.now() if keep else self.date_read,
            "created_count": totals["created"],
            "updated_count": totals["updated"],
            "same_count": totals["same"],
            "failed_count": totals["failed"],
            "absent_count": absent,
            "report": "\n".join([*head, *lines]) or False,
        }

    def action_open_properties(self):
        """Open the properties of the feed."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_realestate.realestate_property_action")
        return {**action, "domain": list(Domain("feed_import_id", "=", self.id)), "context": {}}
