from collections import Counter
from contextlib import contextmanager

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.misc import split_every

from ..tools import kyero

KEPT_LINES = 500
# Taken and committed together; a file with no more than that is read while one waits.
BATCH = 200
# What is wrong with one property, and stops no other; a conflict with another transaction is not.
FAILURES = (UserError, ValueError, psycopg2.IntegrityError, psycopg2.DataError)
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
    "condition": "condition",
}


class RealestateFeedImport(models.Model):
    """A feed of another system and how reading it went, property by property.

    What a property does not tell stays as it is; a property that is absent is marked, never sold. The file is looked
    through first, as a whole, and what it tells is set aside (``realestate.feed.line``): a broken one changes nothing.
    Then it is taken a batch at a time, and each batch is committed with how far we are: who stops in the middle goes
    on from there. The file is never in memory.
    """

    _name = "realestate.feed.import"
    _description = "Feed to Read"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char("Source", required=True, help="Whose feed it is. Its properties keep the numbers it gives them.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    user_id = fields.Many2one(
        "res.users", "Agent of new properties", check_company=True, domain="[('share', '=', False)]"
    )
    url = fields.Char("Address of the feed", help="Fetched and read every night. Empty: choose a file.")
    file = fields.Binary("Kyero file", attachment=True, copy=False, help="XML, or XML packed with gzip.")
    filename = fields.Char(export_string_translation=False, copy=False)
    with_photos = fields.Boolean("Fetch photos", default=True, help="Photos come in the hours after the properties.")
    max_drop = fields.Integer(
        "Stop when more are absent (%)", default=30, help="A feed that lost so many properties is probably broken."
    )
    property_ids = fields.One2many("realestate.property", "feed_import_id", "Properties", readonly=True)
    state = fields.Selection(
        [("idle", "Read"), ("reading", "Being read")], default="idle", required=True, readonly=True, copy=False
    )
    position = fields.Integer("Properties read so far", readonly=True, copy=False)
    total_count = fields.Integer("Properties in the file", readonly=True, copy=False)
    date_read = fields.Datetime("Read on", readonly=True, copy=False)
    created_count = fields.Integer("New", readonly=True, copy=False)
    updated_count = fields.Integer("Changed", readonly=True, copy=False)
    same_count = fields.Integer("As before", readonly=True, copy=False)
    failed_count = fields.Integer("Not taken", readonly=True, copy=False)
    absent_count = fields.Integer("Absent", readonly=True, copy=False)
    report = fields.Text("What was wrong", readonly=True, copy=False)

    _drop_range = models.Constraint("CHECK (max_drop BETWEEN 0 AND 100)", "A percentage is between 0 and 100.")

    def write(self, vals):
        """Another file is read from its beginning."""
        if vals.keys() & {"file", "url"}:
            vals = {"state": "idle", "position": 0, **vals}
        return super().write(vals)

    # ------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------

    def action_preview(self):
        """Read the first properties of the file, keep nothing, and say what reading it would do."""
        for feed in self:
            feed._fetch()
            with self.env.cr.savepoint() as savepoint:
                feed._begin()
                feed._take_batch(feed._get_batch(), feed._get_lookups())
                self.env.flush_all()
                result = feed._prepare_preview()
                savepoint.rollback()
                self.env.invalidate_all()
            feed.write(result)

    def action_read(self):
        """Read the file: a small one at once, else batch by batch in the background.

        :raise UserError: no file, too large, broken, or far fewer properties than before; nothing is kept then
        """
        for feed in self:
            feed._fetch()
            feed._begin()
            if feed.total_count <= BATCH:
                feed._read_on()
            else:
                self.env.ref("crm_realestate.ir_cron_feed_read")._wake()

    @api.model
    def _cron_read(self):
        """Go on with what is being read, as long as the cron's time lasts."""
        cron, feeds = self.env["ir.cron"], self.search([("state", "=", "reading")])
        cron._commit_progress(remaining=sum(feed.total_count - feed.position for feed in feeds))
        for feed in feeds:
            if not feed._read_on(cron._commit_progress):
                break

    @api.model
    def _cron_fetch(self):
        """Fetch and begin to read every feed that has an address; what is wrong with one stops no other."""
        for feed in self.search([("url", "!=", False), ("state", "=", "idle")]):
            try:
                with self.env.cr.savepoint():
                    feed.action_read()
            except UserError as error:
                feed._tell_failure(str(error))
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _tell_failure(self, reason):
        """Keep why a feed could not be read, and have somebody look."""
        self.report = reason
        self.activity_schedule(
            "mail.mail_activity_data_warning",
            summary=self.env._("The feed could not be read"),
            note=reason,
            user_id=self.user_id.id or self.create_uid.id,
        )

    def _begin(self):
        """Look through the whole file before anything changes, and set aside what it tells; mark what is absent.

        :raise UserError: the file cannot be read, or lost too many properties
        """
        self.ensure_one()
        with self._open_source() as source, self._refusing():
            count = self._get_lines()._stage(self, kyero.read(source))
        absent = self._mark_absent()
        self.write({**self._prepare_start(), "total_count": count, "absent_count": absent})

    def _get_lines(self):
        # sudo: the rows belong to the feed, which was checked; nobody else reads them.
        return self.env["realestate.feed.line"].sudo()

    def _get_batch(self):
        """Return what is read next, see :meth:`_take_batch`."""
        return self._get_lines()._get_batch(self, BATCH)

    def _prepare_start(self):
        counts = dict.fromkeys(("position", "created_count", "updated_count", "same_count", "failed_count"), 0)
        return {"state": "reading", "report": False, "date_read": fields.Datetime.now(), **counts}

    def _read_on(self, commit=lambda _count: True):
        """Take the properties from where the reading stands.

        :param commit: called with a number after each batch; tells whether there is time for another one
        :return: whether the end was reached
        """
        self.ensure_one()
        lookups = self._get_lookups()
        while batch := self._get_batch():
            self.with_company(self.company_id)._take_batch(batch, lookups)
            self.env.flush_all()
            self.env.invalidate_all()
            if not commit(len(batch)):
                return False
        self._get_lines()._clear(self)
        self.write({"state": "idle"})
        commit(0)
        return True

    @contextmanager
    def _refusing(self):
        """Turn what is wrong with a file as a whole into a sentence."""
        try:
            yield
        except kyero.FeedError as error:
            raise UserError(self._get_refusal(str(error))) from error

    def _get_refusal(self, reason):
        """Return the sentence that says why a file cannot be read."""
        code, _colon, detail = reason.partition(":")
        sentences = {
            "doctype": self.env._("The file declares a document type or entities. A feed needs none: it was refused."),
            "size": self.env._("The file is too large:%(detail)s.", detail=detail),
        }
        return sentences.get(code) or self.env._("The file is broken:%(detail)s", detail=detail)

    # ------------------------------------------------------------
    # Properties
    # ------------------------------------------------------------

    def _take_batch(self, batch, lookups):
        """Create and update the properties of one batch; note how each went and how far we are.

        :param batch: list of (values, defects, comes twice)
        :param lookups: as :meth:`_get_lookups` returns them
        """
        known, refs = self._get_known(batch), self._get_refs(batch)
        totals, lines, fresh, labels = Counter(), [], [], self._get_defect_labels()
        for values, defects, is_twice in batch:
            prop, reason = known.get(values.get("key")), self._get_obstacle(values, is_twice, refs)
            vals = {} if reason else self._prepare_property(values, lookups)
            if not (reason or prop and prop.feature_ids):
                vals |= self._prepare_features(values, lookups)
            if prop and not reason:
                outcome, reason = self._update(prop, vals)
                totals[outcome] += 1
            elif reason:
                totals["failed"] += 1
            else:
                fresh.append((values, {**self._prepare_new(values), **vals}))
            if defects or reason:
                lines.append(
                    self._get_line(values, [*(labels.get(code, code) for code in dict.fromkeys(defects)), reason])
                )
        created, failures = self._create_all(fresh)
        totals.update(created=len(created), failed=len(failures))
        known |= created
        told = [
            (known[key], values)
            for values, _defects, twice in batch
            if not twice and (key := values.get("key")) in known
        ]
        self._take_texts(told)
        self._take_photos(told)
        self.write(self._prepare_progress(len(batch), totals, lines + failures))

    @api.model
    def _get_defect_labels(self):
        """Return what the codes of :func:`..tools.kyero.read` mean, in words."""
        return {
            "key": self.env._("no number"),
            "price": self.env._("price not understood"),
            "price_freq": self.env._("neither sale nor rent"),
            "type": self.env._("type unknown"),
            "location": self.env._("location not understood"),
            "beds": self.env._("bedrooms not understood"),
            "baths": self.env._("bathrooms not understood"),
            "built": self.env._("area not understood"),
            "plot": self.env._("plot not understood"),
            "energy_rating": self.env._("energy label unknown"),
            "image": self.env._("image without a web address"),
        }

    def _get_line(self, values, reasons):
        """Return the line of the report about one property."""
        return f"{values.get('ref') or values.get('key') or '?'}: {', '.join(filter(None, reasons))}"

    def _get_known(self, batch):
        """Return {key: property} of those we have already."""
        keys = [values["key"] for values, _defects, _twice in batch if values.get("key")]
        properties = self.env["realestate.property"].with_context(active_test=False)
        found = properties.search([("feed_import_id", "=", self.id), ("feed_key", "in", keys)])
        return {prop.feed_key: prop for prop in found}

    def _get_refs(self, batch):
        """Return {reference of a batch: key of the property that has it}; somebody else's has no key."""
        refs = [values["ref"] for values, _defects, _twice in batch if values.get("ref")]
        properties = self.env["realestate.property"].with_context(active_test=False)
        found = properties.search([("company_id", "=", self.company_id.id), ("ref", "in", refs)])
        return {prop.ref: prop.feed_import_id == self and prop.feed_key for prop in found}

    @api.model
    def _get_lookups(self):
        """Return {what properties refer to: {its code, or its name in small letters: id}}."""
        zones = self.env["realestate.zone"].search_fetch([], ["complete_name"])
        paths = [(zone.id, zone.complete_name.lower().split(" / ")) for zone in reversed(zones)]
        return {
            "types": {kind.code: kind.id for kind in self.env["realestate.property.type"].search([])},
            # Alone, or with what it is part of; of a name, one that is part of nothing wins, then the first.
            "zones": {" / ".join(path[-depth:]): zone for depth in (1, 2) for zone, path in paths},
            "currencies": {currency.name: currency.id for currency in self.env["res.currency"].search([])},
            "features": {
                feature.name.lower(): feature.id
                for code, _name in self.env["res.lang"].get_installed()
                for feature in self.env["realestate.feature"].with_context(lang=code).search([])
            },
        }

    def _get_obstacle(self, values, is_twice, refs):
        """Return why a property cannot be taken, or nothing.

        :param refs: {reference: key} of those that are taken; takes this one
        """
        if not values.get("key"):
            return self.env._("has no number")
        if is_twice:
            return self.env._("comes twice")
        if values.get("ref") and refs.setdefault(values["ref"], values["key"]) != values["key"]:
            return self.env._("another property of ours has this reference")
        return None

    def _create_all(self, fresh):
        """Create new properties together; where that fails, half and half, until those that are wrong are alone.

        :param fresh: list of (what the feed tells, values)
        :return: ({key: property}, report lines of those that failed)
        """
        try:
            return self._create_some(fresh), []
        except FAILURES as error:
            if len(fresh) == 1:
                return {}, [self._get_line(fresh[0][0], [self._get_failure(error)])]
        middle = len(fresh) // 2
        (created, failures), (more, others) = self._create_all(fresh[:middle]), self._create_all(fresh[middle:])
        return created | more, failures + others

    @api.model
    def _get_failure(self, error):
        """Return what to tell of an error in one line."""
        if isinstance(error, psycopg2.Error):
            return error.diag.message_primary or type(error).__name__
        return " ".join(str(error).split()) or type(error).__name__

    def _create_some(self, fresh):
        """Create properties in one savepoint; return {key: property}."""
        with self.env.cr.savepoint():
            made = self.env["realestate.property"].create([vals for _values, vals in fresh])
            self.env.flush_all()
        return {values["key"]: prop for (values, _vals), prop in zip(fresh, made, strict=True)}

    def _update(self, prop, vals):
        """Write what the feed tells otherwise than we know it.

        :return: (``updated``, ``same`` or ``failed``; a reason)
        """
        current = {name: prop[name].id if prop._fields[name].relational else prop[name] for name in vals}
        changed = {name: vals[name] for name in vals if vals[name] != current[name]}
        if not changed:
            return "same", None
        try:
            with self.env.cr.savepoint():
                prop.write(changed)
                self.env.flush_all()
        except FAILURES as error:
            return "failed", self._get_failure(error)
        return "updated", None

    def _take_photos(self, told):
        """Queue the photos of properties.

        :param told: list of (property, what the feed tells)
        """
        if self.with_photos:
            images = {prop: values["images"] for prop, values in told if "images" in values}
            self.env["realestate.feed.photo"]._follow(images)

    def _prepare_progress(self, count, totals, lines):
        """Return the values that tell how far the reading is."""
        before = self.report.splitlines() if self.report else []
        kept = [*before, *lines][:KEPT_LINES]
        counts = {
            f"{name}_count": self[f"{name}_count"] + totals[name] for name in ("created", "updated", "same", "failed")
        }
        return {"position": self.position + count, "report": "\n".join(kept) or False, **counts}

    def _prepare_preview(self):
        """Return the values that tell what reading would do; to be kept after everything else was taken back."""
        head = self.env._("Preview: nothing was kept.")
        if self.total_count > self.position:
            head = self.env._(
                "Preview of the first %(count)s of %(total)s: nothing was kept.",
                count=self.position,
                total=self.total_count,
            )
        names = ("created_count", "updated_count", "same_count", "failed_count", "absent_count", "total_count")
        return {**{name: self[name] for name in names}, "report": "\n".join(filter(None, [head, self.report]))}

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

    def _prepare_property(self, values, lookups):
        """Return the values a property of the feed tells; what it does not tell is absent. A hook.

        :param lookups: as :meth:`_get_lookups` returns them
        """
        vals = {field: values[name] for name, field in PLAIN.items() if name in values}
        vals["is_absent"] = False
        if values.get("operation"):
            vals["operation"] = values["operation"]
        if values.get("price"):
            vals["price_rent" if values.get("operation") == "rent" else "price_sale"] = values["price"]
        found = {
            "type_id": lookups["types"].get(values.get("type")),
            "zone_id": self._find_zone(values, lookups["zones"]),
            "currency_id": lookups["currencies"].get(values.get("currency")),
        }
        known = {name: value for name, value in found.items() if value}
        # As it is kept: else every night finds a change.
        return self.env["realestate.property"]._prepare_cadastral_ref({**vals, **known})

    @api.model
    def _find_zone(self, values, zones):
        """Return the id of the zone a property of the feed is in: its part of the town, else the town.

        :param zones: {name, or what it is part of and name: id}
        """
        province, town, part = (values.get(name, "").lower() for name in ("province", "town", "location_detail"))
        names = (f"{town} / {part}", f"{province} / {town}", town)
        return next((zones[name] for name in names if name in zones), None)

    # ------------------------------------------------------------
    # What is absent
    # ------------------------------------------------------------

    def _mark_absent(self):
        """Mark the properties the feed does not have any more; they stay as they are otherwise.

        :raise UserError: too many of them
        """
        self.env.flush_all()
        before, absent = self._get_lines()._find_absent(self)
        if len(absent) * 100 > before * self.max_drop:
            raise UserError(
                self.env._(
                    "%(count)s of %(total)s properties of “%(feed)s” are absent: the file looks broken, nothing was"
                    " changed. Raise the limit if it is right.",
                    count=len(absent),
                    total=before,
                    feed=self.name,
                )
            )
        for ids in split_every(BATCH, absent):
            self.env["realestate.property"].browse(ids).write({"is_absent": True, "is_published": False})
            self.env.flush_all()
            self.env.invalidate_all()
        return len(absent)

    def action_open_properties(self):
        """Open the properties of the feed."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_realestate.realestate_property_action")
        return {**action, "domain": list(Domain("feed_import_id", "=", self.id)), "context": {}}

    def action_open_photos(self):
        """Open the photos the feed names, fetched or not."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_realestate.realestate_feed_photo_action")
        return {**action, "domain": [("property_id.feed_import_id", "=", self.id)], "context": {}}
