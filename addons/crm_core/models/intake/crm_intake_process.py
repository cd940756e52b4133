from odoo import models
from odoo.fields import Command
from odoo.tools import plaintext2html

from ...exceptions import JobBlocked
from ...tools.payload import clean_payload
from .crm_intake_source import DEFAULTS

DECISIONS = ("granted", "refused", "withdrawn")


class CrmIntake(models.Model):
    """From what arrived to contact, lead, consent and next step; one or many at once, in the same queries."""

    _inherit = "crm.intake"

    def _process(self):
        """Process the submissions and return {intake: JobBlocked} of those a person must look at."""
        self._before_process()
        blocked = {}
        for (company, lang), intakes in self.grouped(lambda intake: (intake.company_id, intake._get_lang())).items():
            ready = intakes.with_company(company).with_context(
                allowed_company_ids=company.ids, mail_create_nosubscribe=True, lang=lang
            )
            blocked |= ready._process_group()
        return blocked

    def _before_process(self):
        """Complete the submissions, one or many, before anything is made of them; a hook."""

    def _process_group(self):
        """As :meth:`_process`, for submissions of one company and language."""
        data = self._prepare_data()
        again = self.filtered("res_id")
        blocked = self._set_assignee(data)
        blocked |= self.filtered(lambda intake: intake not in blocked)._set_partner(data)
        ready = self.filtered(lambda intake: intake not in blocked)
        for target, intakes in ready.grouped("target").items():
            for intake, record in intakes._process_target(target, data).items():
                intake.write({"res_model": record._name, "res_id": record.id})
        (ready - again)._record_consents(data)
        return blocked

    def _process_target(self, target, data):
        """Return {intake: the record it became}."""
        together = self._get_targets_together()
        if target not in together:
            _label, method = self._get_targets()[target]
            return {intake: getattr(intake, method)(data[intake]) for intake in self}
        kind = together[target]
        if kind:
            return self._create_or_extend_leads(data, kind)
        return {intake: intake.partner_id for intake in self}

    def _get_lang(self):
        """Return the sender's language if it is installed, else the company's."""
        code = (self.payload or {}).get("lang")
        installed = dict(self.env["res.lang"].get_installed())
        return code if code in installed else self.company_id.partner_id.lang

    def _prepare_data(self):
        """Return {intake: cleaned payload}, with what it names looked up once for all.

        Added keys: ``country`` (``res.country``), ``source`` (``crm.intake.source``), ``utm_values`` (of a lead).
        """
        data = {intake: clean_payload(intake.payload or {}) for intake in self}
        sources = self.env["crm.intake.source"]._find(set(self.mapped("source")), self.env.company)
        codes = {values["country_code"].upper() for values in data.values()} - {""}
        countries = self.env["res.country"].search([("code", "in", list(codes))]) if codes else ()
        by_code = {country.code: country for country in countries}
        utm = {}
        for intake, values in data.items():
            values["source"] = sources._choose(intake.source, intake.target)
            values["country"] = by_code.get(values["country_code"].upper(), self.env["res.country"])
            values["utm_values"] = self._find_utm(values, utm)
        return data

    def _find_utm(self, values, known):
        """Return source, medium and campaign: what the sender says, else what the channel stands for.

        :param known: {(model, name): id} of what was found before; names are looked up once for all
        """
        models_by_key = {"source": "utm.source", "medium": "utm.medium", "campaign": "utm.campaign"}
        found = {key: number for key, number in values["source"]._prepare_attribution().items() if number}
        for key, model in models_by_key.items():
            name = values["utm"][key]
            if name and (model, name) not in known:
                known[model, name] = self.env["utm.mixin"]._find_or_create_record(model, name).id
            if name:
                found[f"{key}_id"] = known[model, name]
        return found

    def _set_assignee(self, data):
        """Take from the channel what the sender left open; an archived salesperson's successor takes over.

        :return: {intake: JobBlocked} where nobody can take it
        """
        blocked = {}
        for source, intakes in self.grouped(lambda intake: data[intake]["source"]).items():
            for name in DEFAULTS if source else ():
                missing = intakes.filtered(lambda intake, name=name: not intake[name])
                if missing and source[name]:
                    missing.write({name: source[name].id})
        for intake in self.filtered(lambda intake: intake.user_id and not intake.user_id.active):
            successor = intake.user_id.handover_user_id
            if successor.active:
                intake.user_id = successor
            else:
                blocked[intake] = self._get_archived_error(intake.user_id)
        return blocked

    def _get_archived_error(self, user):
        return JobBlocked(
            self.env._(
                "%(name)s, who should get it, is archived. Choose another salesperson and try again.", name=user.name
            ),
            "E_ARCHIVED_USER",
        )

    # ------------------------------------------------------------
    # Consent
    # ------------------------------------------------------------

    def _record_consents(self, data):
        """Append the decisions that came along."""
        purposes, values = {}, []
        for intake in self:
            for consent in data[intake]["consents"]:
                code = consent.get("purpose")
                if consent.get("decision") in DECISIONS and code not in purposes:
                    purposes[code] = self.env["crm.privacy.purpose"]._find(code)
                if consent.get("decision") in DECISIONS and purposes[code]:
                    values.append(intake._prepare_consent(purposes[code], consent))
        # sudo: appending a proof is open to whoever records a contact; changing one is not.
        self.env["crm.privacy.consent"].sudo().create(values)

    def _prepare_consent(self, purpose, consent):
        """Return the values of a decision; a hook."""
        return {
            "partner_id": self.partner_id.id,
            "purpose_id": purpose.id,
            "decision": consent["decision"],
            "source": self.source,
            **({"text": consent["text"]} if consent.get("text") else {}),
        }

    # ------------------------------------------------------------
    # Leads
    # ------------------------------------------------------------

    def _process_contact(self, data):
        return self.partner_id

    def _process_lead(self, data):
        return self._create_or_extend_lead(data, "lead")

    def _process_opportunity(self, data):
        return self._create_or_extend_lead(data, "opportunity")

    def _create_or_extend_lead(self, data, kind):
        """Add to the person's open lead of the same process, or make one; plan the next step."""
        self.ensure_one()
        return self._create_or_extend_leads({self: data}, kind)[self]

    def _create_or_extend_leads(self, data, kind):
        """As :meth:`_create_or_extend_lead` for many at once.

        :param data: {intake: cleaned payload}
        :param kind: ``lead`` or ``opportunity``
        :return: {intake: its lead}
        """
        leads = self._find_open_leads(kind)
        fresh = {}
        for intake in self:
            if intake._get_process() not in leads:
                fresh.setdefault(intake._get_process(), intake)
        values = [intake._prepare_lead_values(data[intake], kind) for intake in fresh.values()]
        leads |= zip(fresh, self.env["crm.lead"].create(values), strict=True)
        for intake in self:
            known = intake.lead_id == leads[intake._get_process()]
            intake.lead_id = leads[intake._get_process()]
            if fresh.get(intake._get_process()) != intake and not known:
                body = plaintext2html(intake._get_description(data[intake]))
                intake.lead_id.message_post(body=body, subject=intake.name or "")
        for step, intakes in self.grouped(lambda intake: intake._get_first_step()).items():
            intakes.lead_id._ensure_next_step(step)
        return {intake: intake.lead_id for intake in self}

    def _get_process(self):
        """Return what may have one open lead: the person and the process."""
        return self.partner_id, self.pipeline_id

    def _find_open_leads(self, kind):
        """Return {(contact, pipeline): open lead} of the senders."""
        found = self.env["crm.lead"].search(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("type", "=", kind),
                ("pipeline_id", "in", [*self.pipeline_id.ids, False]),
                ("company_id", "in", [False, self.env.company.id]),
                ("won_status", "=", "pending"),
            ]
        )
        leads = {}
        for lead in found:  # the host's order: the most important, then the newest
            leads.setdefault((lead.partner_id, lead.pipeline_id), lead)
        return leads

    def _get_first_step(self):
        """Return what the salesperson does first about a new enquiry; a hook."""
        return self.env._("Answer the enquiry")

    def _prepare_lead_values(self, data, kind):
        """Return the values of a new lead; a hook for verticals.

        Address and phone are not given: the host would copy them onto a contact that has others,
        and what a stranger typed must never overwrite what we know. They are in the description.
        """
        tags = self._get_tags(data)
        return {
            "name": data["name"] or self.env._("Enquiry of %(name)s", name=self.partner_id.name),
            "type": kind,
            "partner_id": self.partner_id.id,
            "pipeline_id": self.pipeline_id.id,
            "team_id": self.team_id.id,
            "user_id": self.user_id.id,
            "company_id": self.company_id.id,
            "description": plaintext2html(self._get_description(data)),
            **self._prepare_attribution_values(data),
            **({"tag_ids": [Command.set(tags.ids)]} if tags else {}),
        }

    def _prepare_attribution_values(self, data):
        """Return source, medium and campaign of the lead; a hook."""
        return data["utm_values"]

    def _get_tags(self, data):
        """Return the tags of the lead: those that exist by these names, for a visitor makes no new ones; a hook."""
        tags = self.env["crm.tag"]
        return tags.search([("name", "in", data["tags"])]) if data["tags"] else tags

    def _get_description(self, data):
        """Return what the person wrote, as plain text, with what differs from the contact we know."""
        known = {"email": self.partner_id.email, "phone": self.partner_id.phone, "message": data["message"]}
        lines = [data["message"]]
        lines += [
            f"{label}: {data[key]}" for key, label in self._get_labels() if data[key] and data[key] != known.get(key)
        ]
        lines += [f"{key}: {value}" for key, value in data["answers"].items()]
        return "\n".join(filter(None, lines))
