"""What contacts cost where there are many: the timeline of a busy one, the nightly scan and scores of 200,000."""

import random
import time

ENTRIES = 10_000
CONTACTS = (25_000, 50_000, 100_000, 200_000)
# Three mails each on average, in threads of their own.
MAILS = 3


def _timed(work, rounds=1):
    """Return the best time in seconds of a piece of work, and what it returned."""
    best, result = None, None
    for _round in range(rounds):
        start = time.perf_counter()
        result = work()
        seconds = time.perf_counter() - start
        best = min(best or seconds, seconds)
    return best, result


# -- the timeline


def _busy_contact(env):
    """Make a contact with thousands of mails, quotes and opportunities."""
    partner = env["res.partner"].create({"name": "Busy", "email": "busy@example.com"})
    leads = env["crm.lead"].create([{"name": f"L{n}", "partner_id": partner.id} for n in range(500)])
    env["sale.order"].create([{"partner_id": partner.id} for _n in range(500)])
    env.flush_all()
    env.cr.execute(
        """
        INSERT INTO mail_message (model, res_id, date, message_type, author_id, body, create_date, write_date)
        SELECT CASE WHEN n %% 4 = 0 THEN 'crm.lead' ELSE 'res.partner' END,
               CASE WHEN n %% 4 = 0 THEN %s + n %% 500 ELSE %s END,
               now() - n * interval '1 hour', 'email', %s, '<p>Hello there, this is a mail.</p>', now(), now()
        FROM generate_series(1, %s) AS n
        """,
        (min(leads.ids), partner.id, partner.id, ENTRIES - 1000),
    )
    env.invalidate_all()
    return partner


def _open_form(env, partner):
    """Read what the form of a contact reads, as the browser does."""
    env.invalidate_all()
    fields = env["res.partner"].get_views([(False, "form")])["models"]["res.partner"]["fields"]
    names = [name for name in fields if env["res.partner"]._fields[name].type not in ("one2many", "many2many")]
    return partner.browse(partner.ids).web_read({name: {} for name in names})


def _timeline(env):
    seller = env["res.users"].create(
        {
            "name": "Bench",
            "login": "bench_contact",
            "group_ids": [(4, env.ref("sales_team.group_sale_salesman_all_leads").id)],
        }
    )
    partner = _busy_contact(env).with_user(seller)
    env = partner.env

    def first_page():
        env.invalidate_all()
        return partner.browse(partner.ids).crm_timeline(limit=21)

    form, _read = _timed(lambda: _open_form(env, partner), rounds=5)
    page, entries = _timed(first_page, rounds=5)
    figures, _dict = _timed(lambda: partner.crm_timeline_figures(), rounds=5)
    yield (
        f"timeline of {ENTRIES} entries: form {form * 1000:.0f} ms, first page {page * 1000:.0f} ms more"
        f" ({len(entries)} entries), figures {figures * 1000:.0f} ms"
    )


# -- many contacts


def _fill(env, count):
    """Add contacts until there are so many: invented names of a few towns, one in fifty twice."""
    env.cr.execute("SELECT count(*), COALESCE(max(id), 0) FROM res_partner")
    present, last = env.cr.fetchone()
    rng = random.Random(count)
    syllables = ["ba", "ce", "di", "fo", "gu", "la", "me", "ni", "ro", "tu", "va", "xe", "pi", "so", "ju"]

    def word(seed):
        return "".join(syllables[(seed // 15**k) % 15] for k in range(3)).title()

    rows = []
    for n in range(present, count):
        twin = n % 50 == 0
        seed = n - 1 if twin else n
        name = f"{word(seed * 7)} {word(seed * 131)} {word(seed * 17 + rng.randrange(3) * (not twin))}"
        rows.append((name, f"p{seed}@example.com", f"+346{seed:08}", f"Town {seed % 300}"))
    env.cr.execute("CREATE TEMP TABLE IF NOT EXISTS bench_row (name text, email text, phone text, city text)")
    env.cr.execute("TRUNCATE bench_row")
    for start in range(0, len(rows), 10_000):
        chunk = rows[start : start + 10_000]
        env.cr.execute(f"INSERT INTO bench_row VALUES {','.join(['%s'] * len(chunk))}", chunk)
    env.cr.execute(
        """
        INSERT INTO res_partner (name, complete_name, email, email_normalized, phone, phone_sanitized, city, active,
                                 partner_share, type, autopost_bills, create_date, write_date)
        SELECT name, name, email, email, phone, phone, city, TRUE, TRUE, 'contact', 'ask', now(), now() FROM bench_row
        """
    )
    env.cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE id > %s", [last])
    env.cr.execute(
        """
        INSERT INTO mail_message (model, res_id, date, message_type, author_id, create_date, write_date)
        SELECT 'res.partner', p.id, now() - (p.id * n %% 700) * interval '1 day', 'email', p.id, now(), now()
        FROM res_partner p, generate_series(1, %s) AS n WHERE p.id > %s
        """,
        (MAILS, last),
    )
    env.cr.execute("ANALYZE res_partner")
    env.cr.execute("ANALYZE mail_message")


def _grows(title, times, peer):
    """Return a line: the seconds for each size, and how much worse than linear the last is."""
    growth = (times[-1] / times[0]) / (CONTACTS[-1] / CONTACTS[0])
    seconds = " ".join(f"{one:7.2f}" for one in times)
    return f"{title:<30} {seconds}   x{growth:.2f} of linear   {peer}"


def _banner(env):
    """Ask who may be there already while somebody types, in the biggest town."""
    env.cr.execute("SELECT name, city FROM res_partner WHERE id = (SELECT max(id) FROM res_partner)")
    name, city = env.cr.fetchone()
    question = {"email": "p7@example.com", "phones": ["+34600000007"], "vat": "", "name": name, "city": city}
    return env["res.partner"]._find_duplicates([{**question, "country": env.ref("base.es")}])


def _host_search(env):
    """Ask what the host asks while somebody types a name into a field of contacts."""
    return env["res.partner"].name_search("Bacedi", limit=8)


def _many(env):
    scans, scores, writes, again, banners, searches, changed = [], [], [], [], [], [], 0
    for count in CONTACTS:
        _fill(env, count)
        seconds, pairs = _timed(env["crm.duplicate"]._scan)
        scans.append(seconds)
        scores.append(_timed(env["crm.relationship"]._recompute)[0])
        seconds, changed = _timed(env["res.partner"]._copy_relationships)
        writes.append(seconds)
        banners.append(_timed(lambda: _banner(env), rounds=5)[0] * 1000)
        searches.append(_timed(lambda: _host_search(env), rounds=5)[0] * 1000)
        again.append(_timed(env["crm.relationship"]._recompute)[0] + _timed(env["res.partner"]._copy_relationships)[0])
    plain, _none = _timed(lambda: env.cr.execute("UPDATE res_partner SET color = 1"))
    yield f"{'contacts':<30} " + " ".join(f"{count:7,}" for count in CONTACTS)
    yield _grows("duplicates: scan", scans, f"{pairs:,} pairs")
    yield _grows("relationships: scores", scores, f"{CONTACTS[-1] * MAILS:,} mails")
    yield _grows("relationships: first copy", writes, f"{changed:,} written; all of them by SQL: {plain:.1f} s")
    yield _grows("relationships: nothing new", again, "")
    yield _grows("banner while typing (ms)", banners, "host's search for a name (ms): " + _join(searches))


def _join(times):
    return " ".join(f"{one:.0f}" for one in times)


def measure(envs):
    """Yield one line for each piece of work."""
    yield from _timeline(envs["suite"])
    yield from _many(envs["suite"])
