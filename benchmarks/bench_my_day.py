"""My Day against the host's list of the same person's activities: 10,000 open opportunities, 50,000 activities."""

import time

from odoo.tools import SQL

LEADS, ACTIVITIES, USERS, MESSAGES = 10_000, 50_000, 20, 20_000
ROUNDS = 5
# The columns of the host's own list "My Activities".
COLUMNS = (
    "name",
    "partner_id",
    "email_from",
    "phone",
    "my_activity_date_deadline",
    "activity_ids",
    "stage_id",
    "team_id",
)


def _fill(env):
    """Make salespeople with opportunities, activities around today and mails; return one of them."""
    group = env.ref("sales_team.group_sale_salesman")
    values = [{"name": f"S{n}", "login": f"bench_s{n}", "group_ids": group.ids} for n in range(USERS)]
    users = env["res.users"].with_context(no_reset_password=True).create(values)
    customer = env["res.partner"].create({"name": "Customer", "email": "customer@example.com", "phone": "+34600000001"})
    env.flush_all()
    stage, company = env["crm.stage"].search([], limit=1), env.company
    rows = {"ids": users.ids, "users": USERS, "stage": stage.id, "company": company.id, "customer": customer.id}
    env.cr.execute(
        SQL(
            """
            INSERT INTO crm_lead (name, type, active, user_id, stage_id, company_id, partner_id, won_status,
                                  probability, expected_revenue, create_date, write_date)
            SELECT 'Opportunity ' || n, 'opportunity', TRUE, (%(ids)s::int[])[n %% %(users)s + 1], %(stage)s,
                   %(company)s, %(customer)s, 'pending', 10, n, now(), now()
              FROM generate_series(1, %(leads)s) n
            """,
            **rows,
            leads=LEADS,
        )
    )
    env.cr.execute(
        SQL(
            """
            INSERT INTO mail_activity (res_model_id, res_model, res_id, res_name, activity_type_id, summary, user_id,
                                       date_deadline, active, due_time, priority, create_date, write_date)
            SELECT %(model)s, 'crm.lead', lead.id, lead.name, %(kind)s, 'Call', lead.user_id,
                   CURRENT_DATE + (n %% 60 - 10), n %% 4 <> 0, 0, '0', now(), now()
              FROM generate_series(1, %(activities)s) n
              JOIN (SELECT id, name, user_id, row_number() OVER (ORDER BY id) AS place FROM crm_lead
                     WHERE name LIKE 'Opportunity %%') lead ON lead.place = n %% %(planned)s + 1
            """,
            model=env["ir.model"]._get_id("crm.lead"),
            kind=env.ref("mail.mail_activity_data_call").id,
            activities=ACTIVITIES,
            planned=LEADS * 9 // 10,
        )
    )
    env.cr.execute(
        SQL(
            """
            INSERT INTO mail_message (model, res_id, message_type, author_id, subject, date, is_internal, create_date)
            SELECT 'crm.lead', lead.id, 'email', CASE WHEN n %% 3 = 0 THEN %(customer)s ELSE %(office)s END, 'Question',
                   now() - n * interval '1 minute', FALSE, now()
              FROM generate_series(1, %(messages)s) n
              JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM crm_lead
                     WHERE name LIKE 'Opportunity %%') lead ON lead.place = n %% %(leads)s + 1
            """,
            customer=customer.id,
            office=users[0].partner_id.id,
            messages=MESSAGES,
            leads=LEADS,
        )
    )
    env.cr.execute(SQL("ANALYZE crm_lead, mail_activity, mail_message"))
    env.invalidate_all()
    return users[0]


def _timed(env, work):
    """Return the best time in seconds and the number of queries."""
    best, queries = None, None
    for _round in range(ROUNDS):
        env.invalidate_all()
        before, start = env.cr.sql_log_count, time.perf_counter()
        work()
        seconds = time.perf_counter() - start
        queries, best = env.cr.sql_log_count - before, min(best or seconds, seconds)
    return best, queries


def measure(envs):
    """Yield one line for the host's list and one for My Day, as the same person in the same database."""
    user = _fill(envs["suite"])
    env = envs["suite"](user=user.id)
    specification = {name: {"fields": {"display_name": {}}} if name.endswith("_id") else {} for name in COLUMNS}
    # Domain, filter and context of that list's action.
    both = [True, False]
    domain = [("active", "in", both), ("activity_ids.active", "in", both), ("user_id", "=", user.id)]
    leads = env["crm.lead"].with_context(force_search_count=1)
    work = {
        "the host's list, 80 rows": lambda: leads.web_search_read(domain, specification, limit=80),
        "My Day, all sections": lambda: env["crm.my.day"].get_my_day(),
    }
    found = {title: _timed(env, one) for title, one in work.items()}
    host = found["the host's list, 80 rows"][0]
    for title, (seconds, queries) in found.items():
        yield f"{title:<26} {seconds * 1000:7.1f} ms   x{seconds / host:.2f}   {queries} queries"
