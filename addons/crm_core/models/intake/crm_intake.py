from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, email_normalize, plaintext2html

from ...exceptions import JobBlocked
from ...tools.payload import clean_payload, flatten

# What a sender may set besides the payload: the configuration of a form, a campaign, an alias.
META = ("company_id", "pipeline_id", "team_id", "user_id", "job_user_id")
# Told in the description of the lead where they are not what the contact says.
DIFFERENCES = ("email", "phone", "company_name", "vat")
ROW = "<tr><th class='pe-3'>%s</th><td class='text-break' style='white-space: pre-line'>%s</td></tr>"


class CrmIntake(models.Model):
    """Whatever arrives by itself: a form, an e-mail, a call, a feed. Kept first, understood later.

    Payload keys (all optional): ``name`` (subject), ``contact_name``, ``company_name``, ``email``,
    ``phone``, ``message``, ``street``, ``zip``, ``city``, ``country_code``, ``vat``, ``lang``, ``tags``
    (list), ``utm`` (source, medium, campaign), ``consents`` (list of purpose, decision, text) and
    ``answers`` (anything else, kept and shown).
    """

    _name = "crm.intake"
    _description = "Intake"
    _inherit = ["mail.thread", "mail.activity.mixin", "crm.job.mixin"]
    _order = "id desc"
    _job_cron = "crm_core.ir_cron_intake"

    name = fields.Char("Subject", readonly=True)
    email = fields.Char("From", readonly=True)
    source = fields.Char(required=True, readonly=True, help="The channel it came through, for example: web_form.")
    external_id = fields.Char(readonly=True, copy=False, help="The sender's own number: the same one is taken once.")
    target = fields.Selection("_selection_target", required=True, readonly=True)
    payload = fields.Json(readonly=True)
    payload_html = fields.Html("What arrived", compute="_compute_payload_html", sanitize=False)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, readonly=True)
    pipeline_id = fields.Many2one("crm.pipeline", readonly=True, ondelete="set null")
    team_id = fields.Many2one("crm.team", readonly=True, ondelete="set null")
    user_id = fields.Many2one("res.users", "Salesperson", readonly=True)
    partner_id = fields.Many2one("res.partner", "Contact", index="btree_not_null", ondelete="set null")
    candidate_ids = fields.Many2many("res.partner", string="Possible contacts", readonly=True)
    lead_id = fields.Many2one("crm.lead", index="btree_not_null", ondelete="set null", readonly=True)
    res_model = fields.Char("Record type", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)

    _external_unique = models.UniqueIndex("(source, external_id) WHERE external_id IS NOT NULL")

    @api.depends("payload")
    def _compute_payload_html(self):
        for intake in self:
            labels = dict(self._get_labels())
            rows = flatten(clean_payload(intake.payload or {}))
            cells = (Markup(ROW) % (labels.get(name, name), value) for name, value in rows)
            intake.payload_html = Markup("<table class='table table-sm'>%s</table>") % Markup().join(cells)

    # ------------------------------------------------------------
    # Receiving
    # ------------------------------------------------------------

    @api.model
    def _receive(self, source, target, payload, external_id=None, **meta):
        """Keep one submission; it is processed after the commit.

        :param source: the channel (a stable code)
        :param target: a key of :meth:`_get_targets`
        :param payload: a dict, see the class
        :param external_id: the sender's own number; the same (source, external_id) returns the
            first record and changes nothing
        :param meta: ``company_id``, ``pipeline_id``, ``team_id``, ``user_id``, ``job_user_id`` (ids) and
            what other addons add in :meth:`_get_meta_fields`
        :return: the ``crm.intake``
        :raise ValidationError: unknown target or meta, payload that is no dict
        """
        if target not in self._get_targets():
            raise ValidationError(self.env._("Unknown intake target: %(target)s.", target=target))
        if not isinstance(payload, dict):
            raise ValidationError(self.env._("The payload of an intake must be a set of named values."))
        unknown = set(meta) - set(self._get_meta_fields())
        if unknown:
            raise ValidationError(self.env._("Unknown intake settings: %(names)s.", names=", ".join(sorted(unknown))))
        vals = {"source": source, "target": target, "payload": payload, "external_id": external_id or False, **meta}
        # sudo: who may send is the door's business (a form's key, a signature); the queue is closed to all.
        intake = self.sudo()._insert_first(vals)
        intake._job_trigger()
        return intake.with_env(self.env)

    @api.model
    def _get_meta_fields(self):
        """Return the fields :meth:`_receive` takes besides the payload; to be extended."""
        return META

    @api.model
    def _insert_first(self, vals):
        """Insert one row and return it, or the one that came first.

        Not through ``create``: of two equal senders at once, the second must wait for the first and
        then be told. PostgreSQL does that here, by a serialization failure when the first row is
        newer than what this transaction sees; the host runs the request again and finds it.
        """
        vals = {**self.default_get(list(self._fields)), **vals, **self._prepare_summary(vals["payload"])}
        stored = {name: value for name, value in vals.items() if self._fields[name].column_type}
        columns = {
            name: self._fields[name].convert_to_column_insert(value, self, vals) for name, value in stored.items()
        }
        columns |= dict.fromkeys(("create_uid", "write_uid"), self.env.uid)
        columns |= dict.fromkeys(("create_date", "write_date"), self.env.cr.now())
        query = SQL(
            "INSERT INTO %s (%s) VALUES %s ON CONFLICT (source, external_id) WHERE external_id IS NOT NULL"
            " DO NOTHING RETURNING id",
            SQL.identifier(self._table),
            SQL(", ").join(map(SQL.identifier, columns)),
            tuple(columns.values()),
        )
        self.env.cr.execute(query, log_exceptions=False)
        rows = self.env.cr.fetchall()
        if rows:
            return self.browse(rows[0])
        return self.search([("source", "=", vals["source"]), ("external_id", "=", vals["external_id"])])

    @api.model
    def _prepare_summary(self, payload):
        """Return what lists show of a payload."""
        data = clean_payload(payload)
        return {
            "name": data["name"] or data["contact_name"] or data["email"] or data["phone"],
            "email": data["email"],
        }

    # ------------------------------------------------------------
    # Processing
    # ------------------------------------------------------------

    @api.model
    def _get_targets(self):
        """Return what a submission can become: {code: (label, name of the method)}; to be extended.

        The method gets the cleaned payload and returns the record it made.
        """
        return {
            "lead": (self.env._("Lead"), "_process_lead"),
            "opportunity": (self.env._("Opportunity"), "_process_opportunity"),
            "contact": (self.env._("Contact"), "_process_contact"),
        }

    @api.model
    def _selection_target(self):
        return [(code, label) for code, (label, _method) in self._get_targets().items()]

    def _job_run(self):
        """Turn the payload into a contact, a lead and whatever the target asks."""
        self.ensure_one()
        company = self.company_id
        intake = self.with_company(company).with_context(
            allowed_company_ids=company.ids, mail_create_nosubscribe=True, lang=self._get_lang()
        )
        data = clean_payload(self.payload or {})
        intake.partner_id = intake.partner_id or intake._find_or_create_partner(data)
        _label, method = self._get_targets()[self.target]
        record = getattr(intake, method)(data)
        intake.write({"res_model": record._name, "res_id": record.id})
        intake._record_consents(data)

    def _get_lang(self):
        """Return the sender's language if it is installed, else the company's."""
        code = (self.payload or {}).get("lang")
        installed = dict(self.env["res.lang"].get_installed())
        return code if code in installed else self.company_id.partner_id.lang

    # -- contact

    def _find_or_create_partner(self, data):
        """Return the one contact this person is, or make it.

        :raise JobBlocked: several contacts fit; a person must choose
        """
        found = self._find_partners(data)
        if len(found) > 1:
            names = ", ".join(found.mapped("display_name"))
            raise JobBlocked(
                self.env._("Several contacts fit: %(names)s. Choose the contact and try again.", names=names),
                "E_AMBIGUOUS",
                {"candidate_ids": [fields.Command.set(found.ids)]},
            )
        return found or self._create_partner(data)

    def _find_partners(self, data):
        """Return the contacts with exactly this e-mail address; failing that, one of its phone numbers."""
        partners = self.env["res.partner"]
        in_company = [("company_id", "in", [False, self.company_id.id])]
        email = email_normalize(data["email"])
        if email:
            found = partners.search([("email_normalized", "=", email), *in_company], limit=5)
            if found:
                return self._prefer_person(found)
        if data["phone"]:
            country = self._get_country(data) or self.company_id.country_id
            return self._prefer_person(partners._crm_match_phone(data["phone"], country, in_company))[:5]
        return partners

    def _prefer_person(self, partners):
        """A company and its only person with the same address are not ambiguous: take the person."""
        persons = partners.filtered(lambda partner: not partner.is_company)
        return (
            persons
            if len(persons) == 1 and partners.commercial_partner_id == persons.commercial_partner_id
            else partners
        )

    def _get_country(self, data):
        code = data["country_code"].upper()
        return self.env["res.country"].search([("code", "=", code)], limit=1) if code else self.env["res.country"]

    def _create_partner(self, data):
        """Make the contact; nothing to write down, nobody to contact: a person must look."""
        if not (data["email"] or data["phone"]):
            raise JobBlocked(
                self.env._("Neither an e-mail address nor a phone number was given. Choose the contact and try again."),
                "E_NO_CONTACT",
            )
        return self.env["res.partner"].create(self._prepare_partner_values(data))

    def _prepare_partner_values(self, data):
        """Return the values of a new contact; a hook for verticals."""
        return {
            "name": data["contact_name"] or data["company_name"] or data["email"] or data["phone"],
            "company_name": data["company_name"] if data["contact_name"] else False,
            "is_company": bool(data["company_name"] and not data["contact_name"]),
            "email": data["email"] or False,
            "phone": data["phone"] or False,
            "street": data["street"] or False,
            "zip": data["zip"] or False,
            "city": data["city"] or False,
            "country_id": self._get_country(data).id,
            "vat": False,  # an unchecked number from outside is kept with the answers only
            "lang": self._get_lang(),
            "user_id": self.user_id.id,
        }

    def _process_contact(self, data):
        return self.partner_id

    # -- lead

    def _process_lead(self, data):
        return self._create_or_extend_lead(data, "lead")

    def _process_opportunity(self, data):
        return self._create_or_extend_lead(data, "opportunity")

    def _create_or_extend_lead(self, data, kind):
        """Add to the person's open lead of the same process, or make one; plan the next step."""
        lead = self._find_open_lead(kind)
        if lead:
            lead.message_post(body=plaintext2html(self._get_description(data)), subject=self.name or "")
        else:
            lead = self.env["crm.lead"].create(self._prepare_lead_values(data, kind))
        self.lead_id = lead
        lead._ensure_next_step(self._get_first_step())
        return lead

    def _get_first_step(self):
        """Return what the salesperson does first about a new enquiry; a hook."""
        return self.env._("Answer the enquiry")

    def _find_open_lead(self, kind):
        return self.env["crm.lead"].search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("type", "=", kind),
                ("pipeline_id", "=", self.pipeline_id.id),
                ("company_id", "in", [False, self.company_id.id]),
                ("won_status", "=", "pending"),
            ],
            limit=1,
        )

    def _prepare_lead_values(self, data, kind):
        """Return the values of a new lead; a hook for verticals.

        Address and phone are not given: the host would copy them onto a contact that has others,
        and what a stranger typed must never overwrite what we know. They are in the description.
        """
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
            **({"tag_ids": [fields.Command.set(self._get_tags(data).ids)]} if data["tags"] else {}),
        }

    def _get_description(self, data):
        """Return what the person wrote, as plain text, with what differs from the contact we know."""
        known = {"email": self.partner_id.email, "phone": self.partner_id.phone}
        lines = [data["message"]]
        lines += [
            f"{label}: {data[key]}" for key, label in self._get_labels() if data[key] and data[key] != known.get(key)
        ]
        lines += [f"{key}: {value}" for key, value in data["answers"].items()]
        return "\n".join(filter(None, lines))

    @api.model
    def _get_labels(self):
        """Return what the keys of a payload are called on a screen; a hook."""
        return [
            ("name", self.env._("Subject")),
            ("contact_name", self.env._("Name")),
            ("company_name", self.env._("Company")),
            ("email", self.env._("E-mail")),
            ("phone", self.env._("Phone")),
            ("vat", self.env._("Tax number")),
            ("street", self.env._("Street")),
            ("zip", self.env._("ZIP")),
            ("city", self.env._("City")),
            ("country_code", self.env._("Country")),
            ("lang", self.env._("Language")),
            ("message", self.env._("Message")),
        ]

    def _prepare_attribution_values(self, data):
        """Return source, medium and campaign; found by name, else created."""
        mixin = self.env["utm.mixin"]
        models_by_key = {"source": "utm.source", "medium": "utm.medium", "campaign": "utm.campaign"}
        return {
            f"{key}_id": mixin._find_or_create_record(model, data["utm"][key]).id
            for key, model in models_by_key.items()
            if data["utm"][key]
        }

    def _get_tags(self, data):
        """Return the tags that exist by these names: a visitor makes no new ones."""
        return self.env["crm.tag"].search([("name", "in", data["tags"])])

    # -- consent

    def _record_consents(self, data):
        """Append the decisions that came along."""
        for consent in data["consents"]:
            if consent.get("decision") in ("granted", "refused", "withdrawn"):
                self.partner_id._record_consent(
                    consent.get("purpose"), consent["decision"], self.source, consent.get("text")
                )

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_open_record(self):
        """Open what it became."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
