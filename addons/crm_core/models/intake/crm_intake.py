import logging

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, email_normalize

from ...tools.payload import clean_payload, flatten
from ..job.crm_job_mixin import OPEN_STATES

_logger = logging.getLogger(__name__)

# What a sender may set besides the payload: the configuration of a form, a campaign, an alias.
META = ("company_id", "pipeline_id", "team_id", "user_id", "job_user_id")
# Without prefix and trunk zero: enough to see that two numbers may be the same.
NUMBER_TAIL = 6
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
    # Many small ones are cheaper together, see _job_attempt_many.
    _job_batch_size = 100

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
    user_id = fields.Many2one("res.users", "Salesperson")
    partner_id = fields.Many2one("res.partner", "Contact", index="btree_not_null", ondelete="set null")
    candidate_ids = fields.Many2many("res.partner", string="Possible contacts", readonly=True)
    lead_id = fields.Many2one("crm.lead", index="btree_not_null", ondelete="set null", readonly=True)
    discard_reason = fields.Selection(
        [
            ("spam", "Spam"),
            ("duplicate", "Came twice"),
            ("test", "A test"),
            ("other", "Not for us"),
        ],
        "Discarded because",
        readonly=True,
        copy=False,
    )
    discard_note = fields.Char("Remark", readonly=True, copy=False)
    res_model = fields.Char("Record type", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)

    _external_unique = models.UniqueIndex("(source, external_id) WHERE external_id IS NOT NULL")

    @api.depends("payload")
    def _compute_payload_html(self):
        for intake in self:
            labels = intake._get_payload_labels()
            rows = flatten(clean_payload(intake.payload or {}))
            cells = (Markup(ROW) % (labels.get(name, name), value) for name, value in rows)
            intake.payload_html = Markup("<table class='table table-sm'>%s</table>") % Markup().join(cells)

    def _get_payload_labels(self):
        """Return what the rows of what arrived are called, {name of ``tools.payload.flatten``: label}; a hook."""
        return {
            **dict(self._get_labels()),
            "utm source": self.env._("Source"),
            "utm medium": self.env._("Medium"),
            "utm campaign": self.env._("Campaign"),
            "consents": self.env._("Consents"),
            "tags": self.env._("Tags"),
        }

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
            what other addons add in :meth:`_get_meta_fields`; an ``SQL`` is worked out as the row is inserted
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
        columns = [name for name, field in self._fields.items() if field.store and field.column_type]
        vals = {**vals, **self._prepare_summary(vals["payload"])}
        vals = {**self.default_get([name for name in columns if name not in vals]), **vals}
        stored = {name: vals[name] for name in columns if name in vals}
        columns = {name: self._prepare_column(name, value, vals) for name, value in stored.items()}
        columns |= dict.fromkeys(("create_uid", "write_uid"), self.env.uid)
        columns |= dict.fromkeys(("create_date", "write_date"), SQL("now() AT TIME ZONE 'UTC'"))
        query = SQL(
            "INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (source, external_id) WHERE external_id IS NOT NULL"
            " DO NOTHING RETURNING id",
            SQL.identifier(self._table),
            SQL(", ").join(map(SQL.identifier, columns)),
            SQL(", ").join(columns.values()),
        )
        self.env.flush_query(query)
        self.env.cr.execute(query, log_exceptions=False)
        rows = self.env.cr.fetchall()
        if rows:
            intake = self.browse(rows[0])
            known = {name: value for name, value in stored.items() if not isinstance(value, SQL)}
            intake._update_cache(known, validate=False)
            return intake
        return self.search([("source", "=", vals["source"]), ("external_id", "=", vals["external_id"])])

    def _prepare_column(self, name, value, vals):
        """Return a value as the statement that inserts it takes it."""
        return value if isinstance(value, SQL) else self._fields[name].convert_to_column_insert(value, self, vals)

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

    @api.model
    def _prepare_summary(self, payload):
        """Return what lists show of a payload."""
        data = clean_payload(payload)
        return {
            "name": data["name"] or data["contact_name"] or data["email"] or data["phone"],
            "email": data["email"],
        }

    # ------------------------------------------------------------
    # Running
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
        for error in self._process().values():
            raise error

    def _job_attempt_many(self):
        """Process together what can be: contacts and leads are much cheaper to make at once."""
        together = self._get_together()
        done = together if together._job_attempt_together() else self.browse()
        super(CrmIntake, self - done)._job_attempt_many()

    def _get_together(self):
        """Return what may be processed at once: core targets, one submission of each person.

        What another addon makes of a submission, and the second one of the same person, come after, one by one.
        """
        seen, together = set(), []
        for intake in self:
            identity = intake._get_identity()
            if intake.target in self._get_targets_together() and not identity & seen:
                together.append(intake.id)
            seen |= identity
        return self.browse(together)

    def _get_identity(self):
        """Return what may make two submissions one person's: their contact, address and number."""
        self.ensure_one()
        data = clean_payload(self.payload or {})
        digits = "".join(filter(str.isdigit, data["phone"]))[-NUMBER_TAIL:]
        return {self.partner_id, email_normalize(data["email"]), digits} - {self.env["res.partner"], False, None, ""}

    @api.model
    def _get_targets_together(self):
        """Return {target: kind of lead, or None} of the targets that are processed many at once; a hook."""
        return {"lead": "lead", "opportunity": "opportunity", "contact": None}

    def _job_attempt_together(self):
        """Process all of them in one savepoint, each with its own outcome; tell whether that worked.

        It does not when one of them raises what nobody foresaw: then each is tried alone.
        """
        if len(self) < 2:
            return False
        try:
            with self.env.cr.savepoint():
                blocked = self._process()
                self.env.flush_all()
        except Exception as error:  # noqa: BLE001 - whatever it is, each of them must be tried
            self.env.invalidate_all()
            _logger.info("%s intakes are processed one by one: %s", len(self), error)
            return False
        for intake, error in blocked.items():
            intake.with_env(self.env)._job_set_blocked(error)
        self.filtered(lambda intake: intake not in blocked)._job_set_done()
        return True

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_choose_partner(self, partner_id):
        """Say which contact it is and go on at once.

        :param partner_id: id of a ``res.partner``, or False to make a new contact
        :return: the action that opens what it became, or None if it still waits
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: whoever sees the submission may say who it is from; the rest of it stays closed.
        intake = self.sudo()
        if intake.job_state == "done":
            raise UserError(self.env._("%(name)s is processed already. Reload the page.", name=intake.name))
        partner = self.env["res.partner"].browse(partner_id) if partner_id else intake._create_chosen_partner()
        partner.check_access("read")
        intake.partner_id = partner
        intake.action_job_retry()
        intake._job_attempt()
        return intake.action_open_record() if intake.job_state == "done" else None

    def action_create_partner(self):
        """None of the candidates: make a new contact and go on at once."""
        return self.action_choose_partner(False)

    def _discard(self, reason, note=False):
        """Give up what is still open; it stays with the reason and becomes nothing."""
        still_open = self.filtered(lambda intake: intake.job_state in OPEN_STATES)
        still_open.write({"discard_reason": reason, "discard_note": note})
        still_open.action_job_cancel()

    def action_discard(self):
        """Ask why before giving it up."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Discard"),
            "res_model": "crm.intake.discard",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_intake_ids": [fields.Command.set(self.ids)]},
        }

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
