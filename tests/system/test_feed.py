"""A feed of two thousand properties, and a server that dies while it reads."""

import base64
import gzip

from servers import Server, wait_for

COUNT = 2000


def make_feed():
    """Return a packed feed, one property of which comes twice."""
    rows = "".join(
        f"<property><id>{number}</id><ref>K-{number}</ref><price>{100_000 + number}</price>"
        f"<price_freq>sale</price_freq><type>villa</type><beds>3</beds><desc><en>Home {number}</en></desc></property>"
        for number in [*range(COUNT), 7]
    )
    return gzip.compress(f"<root><kyero><feed_version>3</feed_version></kyero>{rows}</root>".encode())


def test_killed_while_reading_it_goes_on_from_there(database):
    with database.env() as env:
        source = env["realestate.feed.import"].create({"name": "Big", "file": base64.b64encode(make_feed())}).id
        env["realestate.feed.import"].browse(source).action_read()

    def start():
        """Start a server; it would look for work within a minute, so it is told."""
        server = Server(database.name, workers=2, cron=1).start()
        with database.env() as env:
            env.ref("crm_realestate.ir_cron_feed_read")._trigger()
        return server

    def read():
        with database.env() as env:
            feed = env["realestate.feed.import"].browse(source)
            return feed.position, feed.state

    for pieces in (1, 4):
        server = start()
        wait_for(lambda pieces=pieces: read()[0] >= 200 * pieces, f"{pieces} batches", 90)
        server.kill()
    assert read()[0] < COUNT, "killed too late to show anything"
    server = start()
    try:
        wait_for(lambda: read()[1] == "idle", "the rest of the feed", 180)
    finally:
        server.stop()
    assert not server.complaints()
    with database.env() as env:
        feed = env["realestate.feed.import"].browse(source)
        assert (feed.position, feed.created_count, feed.failed_count) == (COUNT + 1, COUNT, 1)
        assert feed.report == "K-7: comes twice"
        keys = feed.property_ids.mapped("feed_key")
        assert len(keys) == len(set(keys)) == COUNT
        assert not env["realestate.feed.line"].search_count([])
