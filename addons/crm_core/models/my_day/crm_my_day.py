from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ...tools import schedule

# A section shows its first records; the others are one click away.
SHOWN = 30


class CrmMyDay(models.AbstractModel):
    """What a salesperson has to do today, gathered from wherever it is kept.

    A service without records. Other parts of the suite add to it by extending ``_get_my_day_sections`` (and
    ``_get_my_day_figures``); each section costs a fixed number of queries, whatever it contains.
    """

    _name = "crm.my.day"
    _description = "My day"

    @api.readonly
    @api.model
    def get_my_day(self, user_id=False):
        """Return the day of a user, as far as the caller may read it.

        :param user_id: id of a ``res.users``, by default the caller's own
        :return: dict with ``user`` and ``users`` ({id, name}: whose day it is, whose days the caller may see),
            ``figures`` (see :meth:`_get_my_day_figures`) and ``sections`` (see :meth:`_get_my_day_sections`);
            sections without records are left out
        :raise AccessError: the caller is neither the user nor responsible for them
        """
        users = self._get_my_day_users()
        user = users.filtered(lambda candidate: candidate.id == (user_id or self.env.uid))
        if not user:
            raise AccessError(self.env._("You may see your own day and those of the teams you lead."))
        day = self.with_context(tz=user.tz or self.env.user.tz or "UTC")
        sections = sorted(day._get_my_day_sections(user), key=lambda section: section["sequence"])
        return {
            "user": {"id": user.id, "name": user.name},
            "users": [{"id": one.id, "name": one.name} for one in users],
            "figures": day._get_my_day_figures(user),
            "sections": [section for section in sections if section["records"]],
        }

    def _get_my_day_users(self):
        """Return the caller and the people whose day they may look at.

        A sales manager sees every salesperson of their companies, the leader of a team its members.
        """
        me = self.env.user
        # sudo: names of colleagues; whoever leads them need not be allowed to read memberships.
        members = self.env["crm.team.member"].sudo()
        domain = Domain("user_id.company_ids", "in", self.env.companies.ids) & Domain("user_id.active", "=", True)
        if not me.has_group("sales_team.group_sale_manager"):
            domain &= Domain("crm_team_id.user_id", "=", me.id)
        return me | members.search(domain).user_id.sudo(False).sorted("name")

    # ------------------------------------------------------------
    # Sections
    # ------------------------------------------------------------

    def _get_my_day_sections(self, user):
        """Return the parts of the screen; to be extended.

        The environment is the caller's (rights!), its time zone the user's. Fetch set-based, show at most
        ``SHOWN`` records and make each section with :meth:`_prepare_section`, each record with
        :meth:`_prepare_record`.

        :param user: the ``res.users`` whose day it is
        :return: list of dicts: ``code`` (stable name), ``sequence`` (their order: meetings 10, approvals 15, late 20,
            today 30, unanswered 40, without next step 60), ``title``, ``icon``, ``records``, ``count`` (how many there
            are; more than are shown, perhaps) and ``action`` (an action dict that lists them all, or False)
        """
        return [
            self._get_meeting_section(user),
            *self._get_activity_sections(user),
            self._get_idle_section(user),
        ]

    def _prepare_section(self, code, sequence, title, icon, records, count=None, action=False):
        """Return a section as :meth:`_get_my_day_sections` describes it."""
        return {
            "code": code,
            "sequence": sequence,
            "title": title,
            "icon": icon,
            "records": records,
            "count": len(records) if count is None else count,
            "action": action,
        }

    def _prepare_record(self, record, title, **values):
        """Return one line of a section.

        :param record: what the line is about; its ``actions`` are called on it
        :param title: what is to be done or whom it is about
        :param values: any of ``subtitle`` (text), ``date`` (``YYYY-MM-DD``), ``time`` (``HH:MM``, the user's time),
            ``late`` and ``important`` (booleans), ``icon`` (Font Awesome), ``phone`` (offers a call), ``open`` (the
            record a click opens, by default ``record``) and ``actions``: list of dicts, the first one is the
            primary, with ``method`` (public, called on the record; an action it returns is executed), ``label``,
            ``icon`` and ``key`` (one letter but j and k); ``action`` (an action dict) instead of ``method`` is
            executed at once
        """
        target = values.pop("open", False) or record
        return {
            "model": record._name,
            "id": record.id,
            "title": title,
            "subtitle": "",
            "date": False,
            "time": False,
            "late": False,
            "important": False,
            "icon": "",
            "phone": False,
            "actions": [],
            **values,
            "open": {"model": target._name, "id": target.id},
        }

    def _prepare_list_action(self, model, title, domain):
        """Return the action that lists all records of a section."""
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
            "domain": list(domain),
            "views": [(False, "list"), (False, "form")],
            "context": {"active_test": True},
        }

    def _get_today(self):
        """Return the day it is for the user."""
        return fields.Date.context_today(self)

    def _get_today_bounds(self):
        """Return the first moment of the user's day and of the next, in UTC and naive as the database has it."""
        today = self._get_today()
        return [schedule.midnight(day, self.env.context["tz"]) for day in (today, today + timedelta(days=1))]

    # Meetings

    def _get_meeting_section(self, user):
        """Return today's meetings the user takes part in, by time."""
        start, stop = self._get_today_bounds()
        domain = (
            Domain("partner_ids", "in", user.partner_id.ids) & Domain("start", "<", stop) & Domain("stop", ">", start)
        )
        events = self.env["calendar.event"].search(domain, order="allday desc, start, id", limit=SHOWN)
        records = [self._prepare_meeting(event) for event in events]
        return self._prepare_section("meetings", 10, self.env._("Meetings"), "fa-calendar", records)

    def _prepare_meeting(self, event):
        """Return the line of a meeting."""
        begin = fields.Datetime.context_timestamp(self, event.start)
        return self._prepare_record(
            event,
            event.display_name,
            subtitle=" · ".join(filter(None, [event.objective, event.location])),
            time=False if event.allday else begin.strftime("%H:%M"),
            icon="fa-users",
        )

    # Activities

    def _get_activity_sections(self, user):
        """Return what is late and what is due today, with one search for both."""
        today, mine = self._get_today(), self._get_activity_domain(user)
        late = mine & Domain("date_deadline", "<", today)
        due = mine & Domain("date_deadline", "=", today)
        return [
            self._prepare_activity_section("late", 20, self.env._("Late"), "fa-exclamation-circle", late),
            self._prepare_activity_section("today", 30, self.env._("Today"), "fa-check-circle-o", due),
        ]

    def _get_activity_domain(self, user):
        """Return the domain of the activities shown; to be narrowed by who shows some in a section of its own."""
        return Domain("user_id", "=", user.id)

    def _prepare_activity_section(self, code, sequence, title, icon, domain):
        """Return the section of the activities of a domain, with whom they are about."""
        found = self.env["mail.activity"].search(
            domain, limit=SHOWN + 1, order="priority desc, date_deadline, due_time, id"
        )
        count = len(found) if len(found) <= SHOWN else self.env["mail.activity"].search_count(domain)
        # By the clock; what has no hour comes after what has one.
        activities = found[:SHOWN].sorted(lambda one: (one.date_deadline, one.due_time or 24, -int(one.priority or 0)))
        partners = self._get_partner_by_activity(activities)
        records = [self._prepare_activity(activity, partners[activity]) for activity in activities]
        action = self._prepare_list_action("mail.activity", title, domain)
        return self._prepare_section(code, sequence, title, icon, records, count, action)

    def _get_partner_by_activity(self, activities):
        """Return {activity: contact it is about, perhaps none}; a fixed number of queries for each model."""
        found = {}
        for model, linked in activities.filtered("res_model").grouped("res_model").items():
            records = self.env[model].browse(set(linked.mapped("res_id"))).exists()._filtered_access("read")
            if hasattr(records, "_mail_get_partners"):
                partners = records._mail_get_partners()
                found |= {
                    activity: partners[activity.res_id][:1].id for activity in linked if activity.res_id in partners
                }
        # One set for all of them, so that they are read at once.
        known = self.env["res.partner"].browse(filter(None, set(found.values())))
        return {activity: known.browse(found.get(activity)).with_prefetch(known.ids) for activity in activities}

    def _prepare_activity(self, activity, partner):
        """Return the line of an activity."""
        title = activity.summary or activity.activity_type_id.name or ""
        about = dict.fromkeys(filter(None, [activity.res_name, partner.name]))
        return self._prepare_record(
            activity,
            title,
            subtitle=" · ".join(about),
            date=fields.Date.to_string(activity.date_deadline),
            time=schedule.clock(activity.due_time),
            late=self._is_late(activity),
            important=activity.priority in ("1", "2"),
            icon=activity.icon or "fa-tasks",
            phone=partner.phone,
            open=activity.res_model and self.env[activity.res_model].browse(activity.res_id),
            actions=self._get_activity_actions(),
        )

    def _is_late(self, activity):
        """Tell whether the day, or today's hour, is over."""
        if activity.date_deadline != self._get_today():
            return activity.date_deadline < self._get_today()
        now = fields.Datetime.context_timestamp(self, fields.Datetime.now())
        return bool(activity.due_time) and activity.due_time < now.hour + now.minute / 60

    def _get_activity_actions(self):
        """Return what can be done with an activity, the first with one click."""
        return [
            {"method": "action_done_and_next", "label": self.env._("Done"), "icon": "fa-check", "key": "d"},
            {"method": "action_ask_outcome", "label": self.env._("How did it go?"), "icon": "fa-pencil", "key": "n"},
            {"method": "action_snooze", "label": self.env._("Put off"), "icon": "fa-clock-o", "key": "s"},
            {"method": "action_cancel_with_reason", "label": self.env._("Cancel"), "icon": "fa-ban", "key": "x"},
        ]

    # Opportunities without a next step

    def _get_idle_section(self, user):
        """Return the user's open opportunities nobody has planned anything for."""
        title, domain = self.env._("Without next step"), self.env["crm.lead"]._get_next_step_missing_domain()
        domain &= Domain("user_id", "=", user.id)
        leads = self.env["crm.lead"]
        if not leads.has_access("read"):
            return self._prepare_section("idle", 60, title, "fa-question-circle", [])
        found = leads.search(domain, limit=SHOWN + 1, order="expected_revenue desc, id")
        count = len(found) if len(found) <= SHOWN else leads.search_count(domain)
        records = [self._prepare_idle(lead) for lead in found[:SHOWN]]
        action = self._prepare_list_action("crm.lead", title, domain)
        return self._prepare_section("idle", 60, title, "fa-question-circle", records, count, action)

    def _prepare_idle(self, lead):
        """Return the line of an opportunity without next step."""
        about = filter(None, [lead.partner_id.name or lead.contact_name or lead.partner_name, lead.stage_id.name])
        return self._prepare_record(
            lead,
            lead.name,
            subtitle=" · ".join(about),
            icon="fa-star-o",
            phone=lead.phone or lead.partner_id.phone,
            actions=[
                {
                    "method": "action_plan_next_step",
                    "label": self.env._("Plan"),
                    "icon": "fa-calendar-plus-o",
                    "key": "d",
                },
                {"method": "action_snooze", "label": self.env._("Put off"), "icon": "fa-clock-o", "key": "s"},
            ],
        )

    # ------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------

    def _get_my_day_figures(self, user):
        """Return what the user achieved this month; to be extended.

        :return: list of dicts ``code``, ``label``, ``value`` and, for money, ``currency_id``
        """
        return [*self._get_contact_figures(user), *self._get_quote_figures(user), *self._get_won_figures(user)]

    def _get_month_start(self):
        """Return the first moment of the user's month, in UTC."""
        return schedule.midnight(self._get_today().replace(day=1), self.env.context["tz"])

    def _get_contact_figures(self, user):
        if not self.env["crm.lead"].has_access("read"):
            return []
        mine = Domain("user_id", "=", user.id) & Domain("create_date", ">=", self._get_month_start())
        count = self.env["res.partner"].search_count(mine)
        return [{"code": "contacts", "label": self.env._("New contacts"), "value": count}]

    def _get_quote_figures(self, user):
        """Count the quotes that went out and who bought, in one query."""
        orders = self.env["sale.order"]
        if not orders.has_access("read"):
            return []
        mine = Domain("user_id", "=", user.id) & Domain("date_order", ">=", self._get_month_start())
        found = orders._read_group(
            mine & Domain("state", "in", ("sent", "sale")), ["state"], ["__count", "partner_id:count_distinct"]
        )
        sent, customers = (
            sum(count for _state, count, _who in found),
            sum(who for state, _n, who in found if state == "sale"),
        )
        return [
            {"code": "quotes", "label": self.env._("Quotes"), "value": sent},
            {"code": "customers", "label": self.env._("Customers who bought"), "value": customers},
        ]

    def _get_won_figures(self, user):
        leads = self.env["crm.lead"]
        if not leads.has_access("read"):
            return []
        won = Domain("user_id", "=", user.id) & Domain("won_status", "=", "won")
        [(count, amount)] = leads._read_group(
            won & Domain("date_closed", ">=", self._get_month_start()), [], ["__count", "expected_revenue:sum"]
        )
        return [
            {"code": "won", "label": self.env._("Won"), "value": count},
            {
                "code": "revenue",
                "label": self.env._("Won revenue"),
                "value": amount or 0,
                "currency_id": self.env.company.currency_id.id,
            },
        ]
