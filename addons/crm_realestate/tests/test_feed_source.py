"""Feeds from outside: fetched, read in pieces, broken in all the ways feeds are."""

import base64
import gzip
import io
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

import requests

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.crm_core.tests.common import CronCase
from odoo.addons.crm_core.tools import outside
from odoo.addons.crm_realestate.models import realestate_feed_import as source_module
from odoo.addons.crm_realestate.models import realestate_feed_import_file as file_module
from odoo.addons.crm_realestate.tools import feed_file, kyero

from .common import PIXEL
from .test_feed import FeedCase

READ, FETCH, PHOTOS = (f"crm_realestate.ir_cron_feed_{name}" for name in ("read", "fetch", "photo"))


@contextmanager
def serving(pages):
    """Serve {path: (status, content type, bytes)} on this machine; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802 - the name the library calls
            status, kind, body = pages.get(self.path, (404, "text/plain", b""))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if status == 302:
                self.send_header("Location", body.decode())
            self.end_headers()
            self.wfile.write(b"" if status == 302 else body)

        def log_message(self, *args):
            """Keep the log of the tests clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class SourceCase(CronCase, FeedCase):
    def _allow_private(self):
        self.env["ir.config_parameter"].sudo().set_param("crm_realestate.allow_private_feeds", "True")

    def _feed(self, *properties):
        return f"<root>{''.join(properties)}</root>".encode()

    def _with_photos(self, key, *urls):
        images = "".join(f"<image><url>{url}</url></image>" for url in urls)
        return self._property(key, more=f"<images>{images}</images>")


@tagged("post_install", "-at_install")
class TestFeedSource(SourceCase):
    def test_a_large_file_is_read_in_pieces(self):
        self.patch(source_module, "BATCH", 2)
        source = self._make_source(*(self._property(key) for key in ("1", "2", "3", "1", "4", "5")))
        source.action_read()
        self.assertEqual((source.state, source.total_count, len(source.property_ids)), ("reading", 6, 0))
        # Whoever stops after a piece...
        self.assertFalse(source._read_on(lambda _count: False))
        self.assertEqual((source.position, source.created_count, len(source.property_ids)), (2, 2, 2))
        # ...goes on from there, and still knows what came before.
        self._run_cron(READ)
        self.assertEqual((source.state, source.position, source.created_count), ("idle", 6, 5))
        self.assertEqual((source.failed_count, source.report), (1, "R-1: comes twice"))

    def test_another_file_begins_at_its_beginning(self):
        self.patch(source_module, "BATCH", 1)
        source = self._make_source(self._property("1"), self._property("2"))
        source.action_read()
        source._read_on(lambda _count: False)
        self._set(source, self._property("3"))
        self.assertEqual((source.state, source.position), ("idle", 0))

    def test_queries_do_not_grow(self):
        def count(number):
            source = self._make_source(*(self._property(f"{number}-{key}") for key in range(number)))
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            source.action_read()
            self.assertEqual(source.created_count, number)
            return self.env.cr.sql_log_count - before

        count(2)
        # Twice as many may need more pages of the same statements, no more.
        self.assertLessEqual(count(40), count(20) + 25)

    def test_one_that_cannot_be_created_fails_alone(self):
        source = self._make_source(self._property("1"), self._property("2"))
        self._set(source, self._property("1"), self._property("2").replace("R-2", "R-1"), self._property("3"))
        source.action_read()
        self.assertEqual((source.created_count, source.failed_count), (2, 1))
        self.assertIn("R-1", source.report)

    def test_whatever_is_wrong_with_one_stops_no_other(self):
        """A refusal of the database, a crash of an extension: told for that property, the others are taken."""
        source = self._make_source(*(self._property(str(key)) for key in range(9)))
        prepare = type(source)._prepare_new

        def spoil(feed, values):
            vals = prepare(feed, values)
            # Nothing checks this before the database does.
            return {**vals, "feed_key": None, "user_id": 2**30} if values["key"] == "4" else vals

        self.patch(type(source), "_prepare_new", spoil)
        with mute_logger("odoo.sql_db"):
            source.action_read()
        self.assertEqual((source.state, source.created_count, source.failed_count), ("idle", 8, 1))
        self.assertIn("R-4: ", source.report)
        self.assertIn("foreign key", source.report)

    def test_the_file_is_parsed_once(self):
        """What is read on later was set aside when the file was looked through, and is gone at the end."""
        self.patch(source_module, "BATCH", 2)
        source = self._make_source(*(self._property(str(key)) for key in range(6)))
        source.action_read()
        with patch.object(kyero, "read", side_effect=AssertionError("parsed again")):
            while not source._read_on(lambda _count: False):
                continue
        self.assertEqual((source.position, source.created_count), (6, 6))
        self.assertFalse(self.env["realestate.feed.line"].search_count([]))

    def test_packed_and_bombs(self):
        source = self._make_source()
        source.file = base64.b64encode(gzip.compress(self._feed(self._property("1"))))
        source.action_read()
        self.assertEqual(source.created_count, 1)
        self.patch(file_module, "MAX_BYTES", 10_000)
        source.file = base64.b64encode(gzip.compress(b"<root>" + b" " * 20_000 + b"</root>"))
        with self.assertRaisesRegex(UserError, "too large"), self.env.cr.savepoint():
            source.action_read()
        source.file = base64.b64encode(gzip.compress(self._feed(self._property("1")))[:-20])
        with self.assertRaisesRegex(UserError, "broken"), self.env.cr.savepoint():
            source.action_read()
        self.assertEqual(len(source.property_ids), 1)

    def test_fetched_from_its_address(self):
        source = self._make_source(self._property("old"))
        pages = {"/feed.xml": (200, "application/xml", self._feed(self._property("1")))}
        with serving(pages) as base:
            source.url = f"{base}/feed.xml"
            with self.assertRaisesRegex(UserError, "private network"), self.env.cr.savepoint():
                source.action_read()
            self._allow_private()
            source.action_read()
            self.assertEqual(source.property_ids.mapped("feed_key"), ["1"])
            # In the night: what fails is told to somebody, and the next one has its turn.
            source.url = f"{base}/gone.xml"
            other = self._make_source()
            other.url = f"{base}/feed.xml"
            self._run_cron(FETCH)
        self.assertIn("did not answer", source.report)
        self.assertEqual(source.activity_ids.user_id, self.agent)
        self.assertEqual((other.state, other.failed_count), ("idle", 1))

    def test_photos_are_fetched_later(self):
        self._allow_private()
        photo = (200, "image/png", base64.b64decode(PIXEL))
        pages = {"/1.png": photo, "/2.png": photo, "/page": (200, "text/html", b"<html/>"), "/x.png": photo}
        with serving(pages) as base:
            urls = [f"{base}/{name}" for name in ("1.png", "2.png", "page", "none.png")]
            source = self._make_source(self._with_photos("1", *urls))
            source.action_read()
            prop = source.property_ids
            photos = self.env["realestate.feed.photo"].search([("property_id", "=", prop.id)])
            self.assertEqual((len(photos), len(prop.image_ids)), (4, 0))
            self._run_cron(PHOTOS)
            self.assertEqual(photos.mapped("job_state"), ["done", "done", "blocked", "blocked"])
            self.assertEqual([bool(one.error_message) for one in photos], [False, False, True, True])
            self.assertEqual(len(prop.image_ids), 2)
            # The agency takes one away: it stays away. The feed takes the other away and has a new one.
            photos[0].image_id.unlink()
            self._set(source, self._with_photos("1", urls[0], f"{base}/x.png"))
            source.action_read()
            self._run_cron(PHOTOS)
            self.assertEqual(len(prop.image_ids), 1)
            left = self.env["realestate.feed.photo"].search([("property_id", "=", prop.id)])
            self.assertEqual([one.url.rpartition("/")[2] for one in left], ["1.png", "x.png"])
        action = source.action_open_photos()
        self.assertEqual(self.env["realestate.feed.photo"].search(action["domain"]), left)

    def test_photos_of_our_own_network_are_left_alone(self):
        with serving({"/1.png": (200, "image/png", base64.b64decode(PIXEL))}) as base:
            source = self._make_source(self._with_photos("1", f"{base}/1.png"))
            source.action_read()
            self._run_cron(PHOTOS)
        photo = self.env["realestate.feed.photo"].search([("property_id", "=", source.property_ids.id)])
        self.assertEqual(
            (photo.job_state, photo.error_message), ("blocked", "The address belongs to a private network.")
        )
        with self.assertRaises(AccessError):
            photo.with_user(self.agent).read(["url"])
        self.assertFalse(self.env["realestate.feed.photo"].with_user(self.stranger).search([]))

    def test_no_photos_wanted(self):
        source = self._make_source(self._with_photos("1", "https://x.example/1.png"))
        source.with_photos = False
        source.action_read()
        self.assertFalse(self.env["realestate.feed.photo"].search([("property_id", "=", source.property_ids.id)]))

    def test_outside_is_guarded(self):
        """Redirects into the own network, too much, something else: nothing of it arrives."""
        pages = {
            "/large": (200, "image/png", b"x" * 2000),
            "/page": (200, "text/html", b"x"),
            "/away": (302, "text/plain", b"file:///etc/passwd"),
        }
        with serving(pages) as base:
            for path, reason in (("large", "size"), ("page", "kind"), ("none", "status")):
                with self.assertRaises(outside.Refused) as caught:
                    outside.download(f"{base}/{path}", io.BytesIO(), 1000, ("image/",), allow_private=True)
                self.assertEqual(caught.exception.reason, reason)
            with self.assertRaises(outside.Refused) as caught:
                outside.download(f"{base}/large", io.BytesIO(), 1000)
            self.assertEqual(caught.exception.reason, "private")
            with self.assertRaises(requests.RequestException):
                outside.download(f"{base}/away", io.BytesIO(), 1000, allow_private=True)


@tagged("post_install", "-at_install")
class TestMessyFeeds(SourceCase):
    """Defects that real feeds have, rebuilt: each is told, none stops the others."""

    MESS = {
        "blanks in addresses": "<images><image><url>https://x.example/a b (1).jpg</url></image></images>",
        "empty place": "<location><latitude/><longitude></longitude></location>",
        "half a place": "<location><latitude>41.5</latitude></location>",
        "no plot": "<surface_area><built>80</built><plot>-</plot></surface_area>",
        "dashes": "<surface_area><built>---</built><plot></plot></surface_area>",
        "empty features": "<features><feature/><feature> </feature><feature>Pool</feature></features>",
        "empty flags": "<pool/><new_build></new_build><energy_rating/><url/><location_detail/>",
        "later versions": "<video_url>https://x.example</video_url><prime>1</prime><email>a@x.example</email>",
        "others' elements": "<cadastralRef>1</cadastralRef><commission>3</commission><floor>2</floor>",
        "nested": "<desc><fr>Belle <b>maison</b></fr></desc>",
        "long": f"<features><feature>{'x' * 500}</feature></features><notes>{'y' * 5000}</notes>",
        "many photos": "<images>" + "<image><url>https://x.example/1.jpg</url></image>" * 80 + "</images>",
        "odd letters": "<energy_rating><consumption>a</consumption><emissions>-</emissions></energy_rating>",
        "strange type": "<type2>Cave</type2>",
        "control characters": "<notes>&#9;&#10;</notes>",
    }

    def test_every_defect_alone_and_all_together(self):
        source = self._make_source(
            *(self._property(str(number), more=more) for number, more in enumerate(self.MESS.values()))
        )
        source.action_read()
        self.assertEqual((source.created_count, source.failed_count), (len(self.MESS), 0), source.report)
        everything = self._property("all", more="".join(self.MESS.values()))
        self._set(source, everything, *(self._property(str(number)) for number in range(len(self.MESS))))
        source.action_read()
        self.assertEqual((source.created_count, source.failed_count), (1, 0), source.report)
        prop = source.property_ids.filtered(lambda one: one.feed_key == "all")
        photos = self.env["realestate.feed.photo"].search([("property_id", "=", prop.id)])
        self.assertEqual(
            set(photos.mapped("url")), {f"https://x.example/{name}.jpg" for name in ("1", "a%20b%20%281%29")}
        )

    def test_prices_as_people_write_them(self):
        written = {
            "1": "249.500",
            "2": "249500,00",
            "3": " 249500 ",
            "4": "€249,500",
            "5": "",
            "6": "on request",
            "7": "-1",
        }
        source = self._make_source(*(self._property(key, price) for key, price in written.items()))
        source.action_read()
        self.assertEqual(source.created_count, len(written))
        prices = {prop.feed_key: (prop.price_sale, prop.state) for prop in source.property_ids}
        for key in "123":
            self.assertEqual(prices[key], (249500, "active"), written[key])
        for key in "4567":
            self.assertIn(prices[key], ((0, "prospect"), (249500, "active")), written[key])
        for key in "567":
            self.assertIn(f"R-{key}: price", source.report)

    def test_towns_whatever_the_case(self):
        source = self._make_source(
            *(
                self._property(town).replace("<town>harbour", f"<town>{town}")
                for town in ("HARBOUR", "Harbour ", "Harbuor")
            )
        )
        source.action_read()
        zones = {prop.feed_key: prop.zone_id for prop in source.property_ids}
        self.assertEqual(list(zones.values()).count(self.zone), 2)
        self.assertFalse(zones["Harbuor"])

    def test_any_cut_is_refused_and_changes_nothing(self):
        """A file that ends anywhere but at its end is broken, as a whole."""
        content = self._feed(self._property("1"), self._with_photos("2", "https://x.example/1.jpg"))
        for length in range(0, len(content) - len("</root>"), 37):
            with self.assertRaises(kyero.FeedError):
                list(kyero.read(feed_file.unpack(io.BytesIO(content[:length]), 10_000)))
        self.assertEqual(len(list(kyero.read(feed_file.unpack(io.BytesIO(content), 10_000)))), 2)
