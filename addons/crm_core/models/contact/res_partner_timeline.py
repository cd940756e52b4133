from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, formatLang, html2plaintext

from ...tools import timeline

MOST = 100
# Of a series, the week to come is enough: a weekly meeting would hide everything else.
SERIES_DAYS = 7


class ResPartner(models.Model):
    _inherit = "res.partner"

    # ------------------------------------------------------------
    # What the screen calls
    # ------------------------------------------------------------

    @api.readonly
    def crm_timeline(self, limit=20, before=None, kinds=None):
        """Return what happened with this contact, its company and colleagues; the newest first.

        Each source is asked once, for ``limit`` records at most, as the user: what he may not read is not in it.

        :param limit: number of entries, at most 100
        :param before: ``key`` of the last entry of the page before, or a date
        :param kinds: the kinds wanted, by default all of :meth:`crm_timeline_kinds`
        :return: a list of dicts: ``key`` (unique, to page on), ``kind``, ``date`` (UTC, ISO 8601; a day alone
            where there is no hour), ``title``, ``text`` (one line), ``res_model`` and ``res_id`` (what to
            open), ``author``, ``icon`` (Font Awesome)
        :raise ValidationError: ``before`` is neither
        """
        self.ensure_one()
        self.check_access("read")
        limit = min(max(int(limit), 1), MOST)
        try:
            cursor = timeline.parse(before) if before else None
        except ValueError:
            raise ValidationError(
                self.env._("This place of the timeline is unknown: %(place)s.", place=before)
            ) from None
        ranked = []
        for source in self._get_readable_sources():
            if not kinds or source["kind"] in kinds:
                ranked += self._crm_timeline_entries(source, limit, cursor)
        ranked.sort(key=lambda pair: pair[0], reverse=True)
        return [entry for _rank, entry in ranked[:limit]]

    @api.readonly
    def crm_timeline_kinds(self):
        """Return the kinds of entries this user may see: a list of ``kind``, ``label``, ``icon``."""
        self.ensure_one()
        return [{name: source[name] for name in ("kind", "label", "icon")} for source in self._get_readable_sources()]

    @api.readonly
    def crm_timeline_figures(self):
        """Return the figures of this contact, its company and colleagues that the user may see.

        :return: a dict: ``bought`` and ``currency_id`` (of the current company), ``last_purchase`` (UTC, ISO 8601
            or False), ``open_quotes``, ``open_opportunities``; what the user has no right on is left out
        """
        self.ensure_one()
        self.check_access("read")
        partners = self._crm_timeline_partners()
        return {**self._get_order_figures(partners), **self._get_lead_figures(partners)}

    def _get_order_figures(self, partners):
        orders = self.env["sale.order"]
        if not orders.has_access("read"):
            return {}
        company, today = self.env.company, fields.Date.context_today(self)
        bought, quotes, dates = 0.0, 0, []
        for state, currency, amount, last, count in orders._read_group(
            [("partner_id", "in", partners.ids), ("state", "!=", "cancel")],
            ["state", "currency_id"],
            ["amount_total:sum", "date_order:max", "__count"],
        ):
            if state == "sale":
                bought += currency._convert(amount, company.currency_id, company, today)
                dates.append(last)
            else:
                quotes += count
        return {
            "bought": bought,
            "currency_id": company.currency_id.id,
            "last_purchase": self._crm_timeline_date(max(dates)) if dates else False,
            "open_quotes": quotes,
        }

    def _get_lead_figures(self, partners):
        leads = self.env["crm.lead"]
        if not leads.has_access("read"):
            return {}
        domain = [("partner_id", "in", partners.ids), ("type", "=", "opportunity"), ("won_status", "=", "pending")]
        return {"open_opportunities": leads.search_count(domain)}

    # ------------------------------------------------------------
    # Sources
    # ------------------------------------------------------------

    def _crm_timeline_sources(self):
        """Return where entries come from; other addons add theirs.

        :return: a list of dicts: ``kind`` (unique), ``label``, ``icon``, ``model``, ``domain``, ``date`` (name of a
            stored field), ``fields`` (to fetch, all that ``prepare`` reads) and ``prepare``: a function that
            gets a record and returns the parts of its entry, ``title`` at least; it must not query per record
        """
        partners = self._crm_timeline_partners()
        documents = self._crm_timeline_documents(partners)
        return [
            *self._get_activity_sources(documents),
            self._get_message_source(documents),
            self._get_meeting_source(partners, documents),
            *self._get_sale_sources(partners),
            *self._get_intake_sources(partners),
        ]

    def _get_readable_sources(self):
        return [source for source in self._crm_timeline_sources() if self.env[source["model"]].has_access("read")]

    def _crm_timeline_partners(self):
        """Return the contacts the timeline is about: the commercial entity with everybody in it."""
        return self.with_context(active_test=False).search(
            [("commercial_partner_id", "=", self.commercial_partner_id.id)]
        )

    def _crm_timeline_documents(self, partners):
        """Return the records whose messages and activities are shown; a hook: add more and call super.

        :return: list of recordsets the user may read
        """
        documents = [partners]
        for model in ("crm.lead", "sale.order"):
            records = self.env[model].with_context(active_test=False)
            if records.has_access("read"):
                documents.append(records.search([("partner_id", "in", partners.ids)]))
        return documents

    def _get_activity_sources(self, documents):
        """Planned and done activities; who sees them is the host's rule: who may write the document, or has to act."""
        may_write = [records._filtered_access(getattr(records, "_mail_post_access", "read")) for records in documents]
        visible = self._get_document_domain("res_model", may_write)
        visible |= self._get_document_domain("res_model", documents) & Domain("user_id", "=", self.env.uid)
        common = {"model": "mail.activity", "prepare": self._prepare_activity_entry}
        read = [
            *("summary", "note", "feedback", "activity_type_id", "user_id", "res_model", "res_id", "active"),
            *("is_cancelled", "cancel_reason"),
        ]
        return [
            {
                **common,
                "kind": "planned",
                "label": self.env._("Planned"),
                "icon": "fa-clock-o",
                "domain": visible & Domain("active", "=", True),
                "date": "date_deadline",
                "fields": [*read, "date_deadline"],
            },
            {
                **common,
                "kind": "done",
                "label": self.env._("Done"),
                "icon": "fa-check",
                "domain": visible & Domain("active", "=", False),
                "date": "date_done",
                "fields": [*read, "date_done"],
            },
        ]

    def _get_message_source(self, documents):
        # Without what the system writes about fields and activities: these have entries of their own.
        said = Domain("message_type", "not in", ("notification", "user_notification"))
        return {
            "kind": "message",
            "label": self.env._("E-mails and notes"),
            "icon": "fa-envelope-o",
            "model": "mail.message",
            "domain": said & self._get_document_domain("model", documents),
            "date": "date",
            "fields": [
                *("date", "subject", "body", "author_id", "email_from", "message_type", "is_internal", "subtype_id"),
                *("model", "res_id"),
            ],
            "prepare": self._prepare_message_entry,
        }

    def _get_meeting_source(self, partners, documents):
        leads = next((records for records in documents if records._name == "crm.lead"), self.env["crm.lead"])
        about = Domain("partner_ids", "in", partners.ids) | Domain("opportunity_id", "in", leads.ids)
        soon = fields.Datetime.add(fields.Datetime.now(), days=SERIES_DAYS)
        single = Domain("recurrence_id", "=", False) | Domain("start", "<=", soon)
        return {
            "kind": "meeting",
            "label": self.env._("Meetings"),
            "icon": "fa-calendar",
            "model": "calendar.event",
            "domain": about & single & self._get_open_meeting_domain(),
            "date": "start",
            "fields": ["start", "name", "location", "user_id", "privacy", "objective", "conclusion", "outcome_id"],
            "prepare": self._prepare_meeting_entry,
        }

    @api.model
    def _get_open_meeting_domain(self):
        """Return the domain of the meetings whose subject the user may read.

        The host decides it record by record (``_check_private_event_conditions``) and shows the others as "Busy";
        its own domain also hides the meetings of whoever never opened a calendar.
        """
        # sudo: whose calendar is private is the host's own question for every meeting.
        settings = self.env["res.users.settings"].sudo().search([("calendar_default_privacy", "=", "private")])
        mine = Domain("user_id", "=", self.env.uid) | Domain("partner_ids", "in", self.env.user.partner_id.ids)
        by_default = Domain("privacy", "=", False) & Domain("user_id", "not in", settings.user_id.ids)
        return mine | by_default | Domain("privacy", "in", ("public", "confidential"))

    def _get_sale_sources(self, partners):
        of_partners = Domain("partner_id", "in", partners.ids)
        return [
            {
                "kind": "opportunity",
                "label": self.env._("Opportunities"),
                "icon": "fa-star-o",
                "model": "crm.lead",
                "domain": of_partners,
                "date": "create_date",
                "fields": ["create_date", "name", "stage_id", "user_id", "won_status"],
                "prepare": self._prepare_opportunity_entry,
            },
            {
                "kind": "order",
                "label": self.env._("Quotes and orders"),
                "icon": "fa-shopping-cart",
                "model": "sale.order",
                "domain": of_partners,
                "date": "date_order",
                "fields": ["date_order", "name", "state", "amount_total", "currency_id", "user_id"],
                "prepare": self._prepare_order_entry,
            },
        ]

    def _get_intake_sources(self, partners):
        of_partners = Domain("partner_id", "in", partners.ids)
        return [
            {
                "kind": "consent",
                "label": self.env._("Consents"),
                "icon": "fa-shield",
                "model": "crm.privacy.consent",
                "domain": of_partners,
                "date": "date",
                "fields": ["date", "purpose_id", "decision", "source", "user_id"],
                "prepare": self._prepare_consent_entry,
            },
            {
                "kind": "intake",
                "label": self.env._("Incoming"),
                "icon": "fa-inbox",
                "model": "crm.intake",
                "domain": of_partners,
                "date": "create_date",
                "fields": ["create_date", "name", "source"],
                "prepare": self._prepare_intake_entry,
            },
        ]

    @api.model
    def _get_document_domain(self, model_field, documents):
        """Return the domain of what hangs on documents by model name and id."""
        return Domain.OR(
            Domain(model_field, "=", records._name) & Domain("res_id", "in", records.ids) for records in documents
        )

    # ------------------------------------------------------------
    # Entries
    # ------------------------------------------------------------

    def _crm_timeline_entries(self, source, limit, cursor):
        """Return (rank, entry) of one source, in one search."""
        domain = Domain(source["domain"]) & Domain(source["date"], "!=", False)
        if cursor:
            domain &= self._get_before_domain(source, cursor)
        records = (
            self.env[source["model"]]
            .with_context(active_test=False)
            .search_fetch(domain, source["fields"], limit=limit, order=f"{source['date']} desc, id desc")
        )
        return [self._prepare_entry(source, record) for record in records]

    @api.model
    def _get_before_domain(self, source, cursor):
        """Return the domain of what comes after the cursor; exact to the microsecond, which domains are not."""
        moment, kind, number = cursor
        operator, by_id = timeline.comparison(source["kind"], kind)

        def to_sql(model, alias, query):
            date = model._field_to_sql(alias, source["date"], query)
            if by_id:
                return SQL("(%s, %s) < (%s, %s)", date, SQL.identifier(alias, "id"), moment, number)
            return SQL("%s <= %s" if operator == "<=" else "%s < %s", date, moment)

        return Domain.custom(to_sql=to_sql)

    def _prepare_entry(self, source, record):
        moment = record[source["date"]]
        entry = {
            "key": timeline.key(moment, source["kind"], record.id),
            "kind": source["kind"],
            "date": self._crm_timeline_date(moment),
            "text": "",
            "res_model": record._name,
            "res_id": record.id,
            "author": "",
            "icon": source["icon"],
            **source["prepare"](record),
        }
        return timeline.rank(moment, source["kind"], record.id), entry

    @api.model
    def _crm_timeline_date(self, moment):
        """Return a day as it is, a moment as UTC in ISO 8601."""
        text = moment.isoformat(timespec="seconds") if hasattr(moment, "hour") else moment.isoformat()
        return f"{text}Z" if "T" in text else text

    @api.model
    def _get_name(self, record):
        """Return the name of who did it."""
        # sudo: a name on something the user may read; the person may be of another company.
        return record.sudo().name or ""

    @api.model
    def _get_label(self, record, name):
        return dict(record._fields[name]._description_selection(self.env)).get(record[name], "")

    def _prepare_activity_entry(self, activity):
        text = activity.feedback or html2plaintext(activity.note or "", include_references=False)
        cancelled = {}
        if activity.is_cancelled:
            text = self.env._("Cancelled: %(reason)s", reason=activity.cancel_reason or "")
            cancelled = {"icon": "fa-ban"}
        return {
            **cancelled,
            "title": activity.summary or self._get_name(activity.activity_type_id),
            "text": timeline.shorten(text),
            "res_model": activity.res_model,
            "res_id": activity.res_id,
            "author": self._get_name(activity.user_id),
        }

    def _prepare_message_entry(self, message):
        # sudo: what kind of message it is, of one the user may read.
        internal = message.is_internal or message.subtype_id.sudo().internal
        mail = message.message_type in ("email", "email_outgoing") or not internal
        return {
            "title": message.subject or (self.env._("Message") if mail else self.env._("Note")),
            "text": timeline.shorten(html2plaintext(message.body or "", include_references=False)),
            "res_model": message.model,
            "res_id": message.res_id,
            "author": self._get_name(message.author_id) or message.email_from or "",
            "icon": "fa-envelope-o" if mail else "fa-sticky-note-o",
        }

    def _prepare_meeting_entry(self, event):
        """What was agreed, before that what it is for, before that where it is."""
        said = " · ".join(filter(None, [self._get_name(event.outcome_id), event.conclusion]))
        return {
            "title": event.name,
            "text": timeline.shorten(said or event.objective or event.location or ""),
            "author": self._get_name(event.user_id),
        }

    def _prepare_opportunity_entry(self, lead):
        state = self._get_label(lead, "won_status") if lead.won_status != "pending" else self._get_name(lead.stage_id)
        return {"title": lead.name, "text": state, "author": self._get_name(lead.user_id)}

    def _prepare_order_entry(self, order):
        amount = formatLang(self.env, order.amount_total, currency_obj=order.currency_id)
        return {
            "title": f"{order.name}: {amount}",
            "text": self._get_label(order, "state"),
            "author": self._get_name(order.user_id),
        }

    def _prepare_consent_entry(self, consent):
        return {
            "title": f"{self._get_name(consent.purpose_id)}: {self._get_label(consent, 'decision')}",
            "text": consent.source or "",
            "author": self._get_name(consent.user_id),
        }

    def _prepare_intake_entry(self, intake):
        return {"title": intake.name or self.env._("Submission"), "text": intake.source}
