"""A feed is written and read a piece at a time: memory does not grow with the number of properties.

`CRM_SUITE_SIZE=100000` for the size of a large network. The peer reads the same file as one tree.
"""

import base64
import gzip
import os
import threading
import time

from lxml import etree

from odoo.tools import SQL

SIZE = int(os.environ.get("CRM_SUITE_SIZE", 2000))
PHOTOS = 5
PAGE = os.sysconf("SC_PAGE_SIZE")
TEXT = "A home with light from three sides, close to the market and to the sea, with room for everybody. " * 5

STATEMENTS = (
    """INSERT INTO realestate_property (name, description, ref, uuid, company_id, currency_id, operation, state,
        availability, active, is_published, address_visibility, booking_version, zone_id, type_id, price_sale,
        price_rent, beds, baths, area_built, energy_rating)
    SELECT jsonb_build_object('en_US', 'Bench ' || n), jsonb_build_object('en_US', %(text)s), 'BENCH-' || n,
        gen_random_uuid(), %(company)s, %(currency)s, 'sale', 'active', 'available', TRUE, TRUE, 'zone', 0, %(zone)s,
        %(type)s, 100000 + n, 0, 3, 2, 90, 'C' FROM generate_series(1, %(size)s) n""",
    """INSERT INTO realestate_image (property_id, name, sequence)
    SELECT p.id, 'photo', n FROM realestate_property p, generate_series(1, %(photos)s) n WHERE p.ref LIKE 'BENCH-%%'""",
    "ANALYZE realestate_property",
    "ANALYZE realestate_image",
)


def _fill(env):
    """Make published properties with photos."""
    names = {
        "size": SIZE,
        "photos": PHOTOS,
        "text": TEXT,
        "company": env.company.id,
        "currency": env.company.currency_id.id,
        "zone": env["realestate.zone"].create({"name": "Bench"}).id,
        "type": env["realestate.property.type"].search([], limit=1).id,
    }
    env.flush_all()
    for statement in STATEMENTS:
        env.cr.execute(SQL(statement, **names))
    env.invalidate_all()


def _resident():
    """Return the memory this process has, in MiB."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * PAGE / 2**20


def _watched(work):
    """Return the seconds a piece of work takes, by how many MiB memory grew at most meanwhile, and that most."""
    peak, over, before = [_resident()], threading.Event(), _resident()

    def watch():
        while not over.wait(0.05):
            peak[0] = max(peak[0], _resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    over.set()
    watcher.join()
    return seconds, peak[0] - before, peak[0]


def _read_tree(content):
    """Read a packed feed the way that comes to mind first."""
    return len(etree.fromstring(gzip.decompress(content), etree.XMLParser(huge_tree=True)).findall("property"))


def measure(envs):
    """Yield time and memory of writing, of reading, of reading again, and of one tree."""
    env = envs["suite"]
    _fill(env)
    feed = env["realestate.feed"].create({"name": "Bench"})
    seconds, grown, peak = _watched(feed._publish)
    assert feed.property_count == SIZE, feed.defects
    content = feed._get_attachment().raw
    packed = len(content) / 2**20
    yield f"{SIZE} properties out ({packed:.1f} MiB packed)       {seconds:8.2f} s   +{grown:6.1f} MiB of {peak:.0f}"

    env.cr.execute("UPDATE realestate_property SET ref = 'OLD-' || ref WHERE ref LIKE 'BENCH-%'")
    source = env["realestate.feed.import"].create({"name": "Bench", "file": base64.b64encode(content)})
    del content
    env.flush_all()
    env.invalidate_all()
    for what, count in (("in, all of them new", "created_count"), ("in again, as before", "same_count")):
        env.cr.commit()
        looked, grown, peak = _watched(source._begin)
        yield f"the same {what}: looked through     {looked:8.2f} s   +{grown:6.1f} MiB of {peak:.0f}"
        env.cr.commit()
        seconds, grown, peak = _watched(lambda: source._read_on(lambda _count: env.cr.commit() or True))
        assert source[count] == SIZE, (source.updated_count, source.failed_count, source.report)
        yield f"the same {what}: taken              {seconds:8.2f} s   +{grown:6.1f} MiB of {peak:.0f}"
        env.invalidate_all()
    content = feed._get_attachment().raw
    env.invalidate_all()
    seconds, grown, peak = _watched(lambda: _read_tree(content))
    yield f"the same file as one tree, nothing done with it  {seconds:8.2f} s   +{grown:6.1f} MiB of {peak:.0f}"
