import base64
import gzip
import io
from urllib.parse import urlsplit

from lxml import etree

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, tagged

from odoo.addons.crm_realestate.tools import kyero

from .common import PIXEL, RealEstateCase

PROPERTY = """<property><id>{key}</id><date>2026-01-02 10:00:00</date><ref>{ref}</ref><price>{price}</price>
<currency>EUR</currency><price_freq>sale</price_freq><type>Apartment</type><town>harbour</town><province>P</province>
<beds>2</beds>{more}<desc><en><![CDATA[Bright flat
With a view.]]></en></desc></property>"""


class FeedCase(RealEstateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kind = cls.env.ref("crm_realestate.realestate_property_type_flat")
        cls.feed = cls.env["realestate.feed"].create({"name": "Portal"})
        cls.flat.write({"type_id": cls.kind.id, "energy_rating": "B", "description": "Nice & quiet", "beds": 3})
        cls.env["realestate.image"].create(
            [
                {"property_id": cls.flat.id, "name": "front", "image_1920": PIXEL},
                {"property_id": cls.flat.id, "name": "plan", "image_1920": PIXEL, "is_floor_plan": True},
            ]
        )
        cls.flat.action_publish()

    def _publish(self):
        """Return the root of the file."""
        self.feed.with_user(self.coordinator).action_publish()
        self.env.invalidate_all()
        return etree.fromstring(gzip.decompress(self.feed._get_attachment().raw))

    def _make_source(self, *properties):
        content = f"<root><kyero><feed_version>3</feed_version></kyero>{''.join(properties)}</root>"
        values = {"name": "Other agency", "file": base64.b64encode(content.encode()), "user_id": self.agent.id}
        return self.env["realestate.feed.import"].with_user(self.coordinator).create(values)

    def _set(self, source, *properties):
        source.file = base64.b64encode(f"<root>{''.join(properties)}</root>".encode())

    def _property(self, key, price=100000, more=""):
        return PROPERTY.format(key=key, ref=f"R-{key}", price=price, more=more)


@tagged("post_install", "-at_install")
class TestFeed(HttpCase, FeedCase):
    def test_kyero_out(self):
        root = self._publish()
        self.assertEqual(len(root.findall("property")), 1)
        element = root.find("property")
        for path, value in (
            ("ref", "T-1"),
            ("price", "200000"),
            ("price_freq", "sale"),
            ("type", "Flat"),
            ("town", "Harbour"),
            ("energy_rating/consumption", "B"),
            ("images/image[2]/tags/tag", "floorplan"),
        ):
            self.assertEqual(element.findtext(path), value, path)
        self.assertIn("Nice & quiet", element.findtext("desc/en"))
        photo = urlsplit(element.findtext("images/image[1]/url")).path
        self.assertEqual(self.url_open(photo).status_code, 200)
        self.assertEqual(kyero.parse(element)[1], [])

    def test_what_is_not_known_is_not_told(self):
        """No element for an empty field: a portal would show the word."""
        self.flat.write({"cadastral_ref": False, "city": False})
        element = self._publish().find("property")
        self.assertNotIn("catastral", [child.tag for child in element])
        self.assertFalse([child.tag for child in element.iter() if child.text in ("False", "None")])
        self.flat.zone_id = False
        self.assertIsNone(self._publish().find("property"))
        self.assertIn("town (missing), province (missing)", self.feed.defects)

    def test_the_date_changes_with_the_property_only(self):
        before = self._publish().findtext("property/date")
        item = self.env["realestate.feed.item"].search([("feed_id", "=", self.feed.id)])
        item.sudo().date = "2026-01-01 00:00:00"
        self.env.flush_all()
        self.assertEqual(self._publish().findtext("property/date"), "2026-01-01 00:00:00")
        self.flat.user_id = self.agent
        self.assertEqual(self._publish().findtext("property/date"), "2026-01-01 00:00:00")
        self.flat.price_sale = 190000
        self.assertGreaterEqual(self._publish().findtext("property/date"), before)

    def test_what_is_left_out_is_named(self):
        self.parking.write({"type_id": self.kind.id, "energy_rating": "B", "is_published": True})
        self._publish()
        self.assertEqual((self.feed.property_count, self.feed.left_out_count), (1, 1))
        self.assertIn("T-2", self.feed.defects)
        self.assertIn("images", self.feed.defects)

    def test_sale_or_rent_is_two(self):
        self.flat.write({"operation": "both", "price_rent": 900})
        refs = [element.findtext("ref") for element in self._publish().findall("property")]
        self.assertEqual(refs, ["T-1-sale", "T-1-rent"])

    def test_held_ones_leave_the_portal(self):
        self.env["realestate.booking"].create({"property_id": self.flat.id, "state": "held"})
        self.assertFalse(self._publish().findall("property"))
        self.feed.with_reserved = True
        self.assertEqual(len(self._publish().findall("property")), 1)

    def test_openimmo_out(self):
        self.feed.format = "openimmo"
        self.feed.with_reserved = True
        self.env["realestate.booking"].create({"property_id": self.flat.id, "state": "held"})
        element = self._publish().find("anbieter/immobilie")
        order = ["objektkategorie", "geo", "kontaktperson", "preise", "flaechen", "zustand_angaben", "freitexte"]
        self.assertEqual([child.tag for child in element], [*order, "anhaenge", "verwaltung_techn"])
        self.assertEqual(element.find("zustand_angaben/verkaufstatus").get("stand"), "RESERVIERT")
        self.assertEqual(element.findtext("preise/kaufpreis"), "200000")

    def test_the_portal_reads_the_stored_file(self):
        url = f"/realestate/feed/{self.feed.uuid}.xml"
        self.assertEqual(self.url_open(url).status_code, 404)
        self._publish()
        packed = self.url_open(url)
        self.assertEqual(packed.status_code, 200)
        self.assertEqual(packed.headers["Content-Encoding"], "gzip")
        plain = self.url_open(url, headers={"Accept-Encoding": "identity"})
        self.assertEqual(packed.content, plain.content)
        self.assertNotIn("Set-Cookie", plain.headers)
        self.assertEqual(self.url_open("/realestate/feed/x.xml").status_code, 404)


@tagged("post_install", "-at_install")
class TestFeedImport(FeedCase):
    def test_preview_keeps_nothing(self):
        source = self._make_source(self._property("1"), self._property("2"))
        source.action_preview()
        self.assertEqual((source.created_count, source.date_read), (2, False))
        self.assertFalse(source.property_ids)
        self.assertIn("Preview", source.report)

    def test_in_again_and_changed(self):
        source = self._make_source(self._property("1"), self._property("2"))
        source.action_read()
        first = source.property_ids.filtered(lambda prop: prop.feed_key == "1")
        self.assertEqual((first.name, first.price_sale, first.beds), ("Bright flat", 100000, 2))
        self.assertEqual((first.zone_id, first.type_id, first.user_id), (self.zone, self.kind, self.agent))
        source.action_read()
        self.assertEqual((source.created_count, source.updated_count, source.same_count), (0, 0, 2))
        first.name = "Our own title"
        first.baths = 2
        self._set(source, self._property("1", 90000), self._property("2"))
        source.action_read()
        self.assertEqual((source.updated_count, source.same_count), (1, 1))
        self.assertEqual((first.price_sale, first.name, first.baths), (90000, "Our own title", 2))

    def test_texts_and_features_are_taken_once(self):
        self.env["res.lang"]._activate_lang("es_ES")
        terrace = self.env.ref("crm_realestate.realestate_feature_terrace")
        terrace.with_context(lang="es_ES").name = "Terraza"
        told = "<features><feature>TERRAZA</feature><feature>Sea view</feature><feature>Moat</feature></features>"
        spanish = "<desc><es>Piso luminoso\n\nCon vistas.\n\nTranquilo.</es><de>Hell</de></desc>"
        source = self._make_source(
            self._property("1", more=told + spanish),
            self._property("2").replace("Bright flat\n", "<p>Bright &amp; new</p><br/><script>alert(1)</script>"),
            self._property("3").replace("<en>", "<de>").replace("</en>", "</de>"),
        )
        source.action_read()
        first, second, third = source.property_ids.sorted("feed_key")
        self.assertEqual(first.feature_ids.mapped("name"), ["Terrace", "Sea view"])
        self.assertEqual((first.name, first.description), ("Bright flat", "Bright flat\nWith a view."))
        castilian = first.with_context(lang="es_ES")
        self.assertEqual((castilian.name, castilian.description), ("Piso luminoso", "Con vistas.\n\nTranquilo."))
        self.assertEqual(second.name, "Bright & new")
        self.assertNotIn("<script", second.description)
        self.assertEqual((third.name, third.description), ("Bright flat", "Bright flat\nWith a view."))
        self.assertFalse(first.sudo().message_ids.tracking_value_ids, "a title in two languages is no change")

        first.write({"description": "Our own words", "feature_ids": [Command.unlink(terrace.id)]})
        second.write({"name": "Our own title", "description": False, "feature_ids": False})
        self._set(source, self._property("1", more=told + spanish), self._property("2", more=told))
        source.max_drop = 100
        source.action_read()
        self.assertEqual((first.description, first.feature_ids.name), ("Our own words", "Sea view"))
        self.assertEqual(castilian.description, "Con vistas.\n\nTranquilo.")
        self.assertEqual((second.name, second.feature_ids), ("Our own title", first.feature_ids | terrace))
        self.assertEqual(second.description, "Bright flat\nWith a view.")

    def test_part_of_the_town_pool_and_new_build(self):
        quay, other = self.env["realestate.zone"].create(
            [{"name": "Quay", "parent_id": self.zone.id}, {"name": "Other town"}]
        )
        self.env["realestate.zone"].create([{"name": name, "parent_id": other.id} for name in ("Quay", self.zone.name)])
        told = "<pool>1</pool><new_build>1</new_build><location_detail>{}</location_detail>"
        source = self._make_source(
            self._property("1", more=told.format("QUAY")),
            self._property("2", more=told.format("Nowhere")),
            self._property("3", more="<pool>0</pool><new_build/><location_detail/>"),
        )
        source.action_read()
        first, second, third = source.property_ids.sorted("feed_key")
        self.assertEqual((first.zone_id, second.zone_id, third.zone_id), (quay, self.zone, self.zone))
        pool = self.env.ref("crm_realestate.realestate_feature_pool")
        self.assertEqual((first.feature_ids, first.condition), (pool, "new"))
        self.assertEqual((third.feature_ids, third.condition), (pool.browse(), False))
        source.action_read()
        self.assertEqual((source.updated_count, source.same_count), (0, 3))

    def test_nothing_changed_is_the_same(self):
        """However a reference is written there: it is compared as it is kept here."""
        told = "<catastral>9872023 vh5797s 0001wx</catastral>"
        source = self._make_source(self._property("1", more=told))
        source.action_read()
        self.assertEqual(source.property_ids.cadastral_ref, "9872023VH5797S0001WX")
        source.action_read()
        self.assertEqual((source.updated_count, source.same_count), (0, 1))

    def test_absent_is_marked_never_sold(self):
        source = self._make_source(*(self._property(str(number)) for number in range(5)))
        source.action_read()
        self._set(source, *(self._property(str(number)) for number in range(4)))
        source.action_read()
        absent = source.property_ids.filtered("is_absent")
        self.assertEqual((absent.mapped("feed_key"), absent.state), (["4"], "active"))
        self._set(source, self._property("0"))
        with self.assertRaisesRegex(UserError, "3 of 4"), self.env.cr.savepoint():
            source.action_read()
        self._set(source, *(self._property(str(number)) for number in range(5)))
        source.action_read()
        self.assertFalse(source.property_ids.filtered("is_absent"))

    def test_defects_stop_nobody(self):
        source = self._make_source(
            self._property("1", price="x"),
            self._property("2", more="<location><latitude>abc</latitude><longitude/></location>"),
            self._property("3", more="<surface_area><built>0</built><plot>---</plot></surface_area>"),
            self._property(""),
            self._property("2"),
            self._property("4", more="<images><image><url>file:///etc/passwd</url></image></images>"),
            self._property("5", more="<energy_rating><consumption>Z</consumption></energy_rating>"),
        )
        source.action_read()
        self.assertEqual(source.created_count, 6)
        self.assertEqual(source.failed_count, 1)
        for told in ("R-1: price", "R-2: location", "R-3: plot", "R-4: image", "R-5: energy label", "comes twice"):
            self.assertIn(told, source.report)
        by_key = {prop.feed_key: prop for prop in source.property_ids}
        self.assertEqual((by_key["1"].state, by_key["3"].area_plot), ("prospect", 0))

    def test_another_property_of_the_reference_fails_alone(self):
        source = self._make_source(self._property("1").replace("R-1", "T-1"), self._property("2"), self._property("3"))
        source.action_read()
        self.assertEqual((source.created_count, source.failed_count), (2, 1))

    def test_hostile_files_are_refused(self):
        laughs = (
            '<!DOCTYPE root [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><root><property><id>&b;</id></property></root>'
        )
        outside = (
            '<!DOCTYPE root [<!ENTITY x SYSTEM "file:///etc/passwd">]><root><property><id>&x;</id></property></root>'
        )
        source = self._make_source()
        for content, told in ((laughs, "document type"), (outside, "document type"), ("<root><property>", "broken")):
            source.file = base64.b64encode(content.encode())
            with self.assertRaisesRegex(UserError, told), self.env.cr.savepoint():
                source.action_read()
        self.assertFalse(source.property_ids)
        with self.assertRaises(kyero.FeedError):
            list(kyero.read(io.BytesIO(b"<root>" + b"<property><id>1</id></property>" * 3 + b"</root>"), limit=2))

    def test_latin_bytes_in_a_file_that_says_utf8(self):
        content = self._property("1").replace("harbour", "Logroño").encode("latin-1")
        source = self._make_source()
        source.file = base64.b64encode(b'<?xml version="1.0" encoding="UTF-8"?><root>' + content + b"</root>")
        source.action_read()
        self.assertEqual(source.property_ids.city, "Logroño")

    def test_rights(self):
        source = self._make_source()
        for record in (source, self.feed):
            for user in (self.agent, self.stranger):
                self.assertFalse(
                    record.with_user(user).has_access("read")
                    and record.with_user(user).search([("id", "=", record.id)])
                )
            Form(record.with_user(self.coordinator))
