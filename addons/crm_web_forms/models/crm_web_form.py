import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import origin, schema


class CrmWebForm(models.Model):
    """A form that any website can show; what people send becomes contacts and leads.

    Visitors see what was published last (:class:`CrmWebFormVersion`), never work in progress.
    """

    _name = "crm.web.form"
    _description = "Web Form"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char("Title", required=True, translate=True, help="Visitors read it above the form.")
    uuid = fields.Char(
        "Public number", required=True, readonly=True, copy=False, default=lambda self: str(uuid.uuid4())
    )
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [("draft", "Draft"), ("published", "Published")], default="draft", required=True, readonly=True, copy=False
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    intro = fields.Text("Introduction", translate=True, help="A sentence or two under the title.")
    thanks = fields.Text("Thank-you text", translate=True, default=lambda self: self._default_thanks())
    redirect_url = fields.Char(
        "Then go to",
        help="A page that is shown instead of the thank-you text. It must be on one of the websites below.",
    )

    # What a submission becomes
    target = fields.Selection("_selection_target", "Becomes", required=True, default="lead")
    pipeline_id = fields.Many2one("crm.pipeline", check_company=True, ondelete="set null")
    team_id = fields.Many2one("crm.team", "Sales Team", check_company=True, ondelete="set null")
    user_id = fields.Many2one("res.users", "Salesperson", check_company=True, domain="[('share', '=', False)]")
    tag_ids = fields.Many2many("crm.tag", string="Tags", help="Given to what is made.")
    take_turns = fields.Boolean(
        "Members take turns",
        help="Without a salesperson: each new one goes to the member of the team who waits longest.",
    )
    rule_ids = fields.One2many(
        "crm.web.form.rule", "form_id", "By answer", copy=True, help="The first one that fits decides."
    )
    result_ids = fields.One2many(
        "crm.web.form.result", "form_id", "Results", copy=True, help="What the points of the answers mean."
    )
    owner_id = fields.Many2one(
        "res.users",
        "Told about problems",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        help="Who looks at a submission that could not be processed.",
    )

    # Where it may be shown
    allowed_origins = fields.Text(
        "Websites",
        help="Addresses of the websites that may show this form, one per line, for example "
        "https://www.example.com. The form's own page always works.",
    )

    field_ids = fields.One2many(
        "crm.web.form.field", "form_id", "Fields", copy=True, default=lambda self: self._default_field_ids()
    )
    version_ids = fields.One2many("crm.web.form.version", "form_id", "Versions", readonly=True)
    version_id = fields.Many2one(
        "crm.web.form.version", "Published version", readonly=True, copy=False, ondelete="restrict"
    )
    has_changes = fields.Boolean(compute="_compute_has_changes", help="What visitors see differs from what is here.")

    # What came of it
    submission_count = fields.Integer("Submissions", compute="_compute_counts")
    lead_count = fields.Integer("Leads", compute="_compute_counts")
    won_count = fields.Integer("Won", compute="_compute_counts")

    _uuid_unique = models.UniqueIndex("(uuid)")

    # ------------------------------------------------------------
    # Defaults
    # ------------------------------------------------------------

    def _default_thanks(self):
        return self.env._("Thank you. We have received your message and will answer soon.")

    def _default_field_ids(self):
        """A form is usable at once: who, how to reach them, what about."""
        return self._prepare_template_fields("contact")

    @api.model
    def _selection_target(self):
        return self.env["crm.intake"]._selection_target()

    # ------------------------------------------------------------
    # Computed
    # ------------------------------------------------------------

    @api.depends("state", "version_id", "name", "intro", "thanks", "field_ids")
    def _compute_has_changes(self):
        for form in self:
            saved = form._origin
            live = saved.version_id if saved.state == "published" else saved.version_id.browse()
            form.has_changes = live and schema.fingerprint(saved._prepare_schema()) != live.schema_hash

    def _compute_counts(self):
        received = self._count_submissions([])
        leads = self._count_submissions([("lead_id", "!=", False)], "lead_id:count_distinct")
        won = self._count_submissions([("lead_id", "any", [("won_status", "=", "won")])], "lead_id:count_distinct")
        for form in self:
            form.submission_count = received.get(form.id, 0)
            form.lead_count = leads.get(form.id, 0)
            form.won_count = won.get(form.id, 0)

    def _count_submissions(self, domain, aggregate="__count"):
        """Return {form id: number}, of what the reader may see."""
        groups = self.env["crm.intake"]._read_group([("form_id", "in", self.ids), *domain], ["form_id"], [aggregate])
        return {form.id: count for form, count in groups}

    # ------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------

    @api.constrains("allowed_origins", "redirect_url")
    def _check_allowed_origins(self):
        for form in self:
            allowed, wrong = origin.parse_origins(form.allowed_origins)
            if wrong:
                raise ValidationError(
                    self.env._(
                        "%(words)s is not the address of a website. Write it like https://www.example.com.",
                        words=", ".join(wrong),
                    )
                )
            if form.redirect_url and not (
                origin.normalize_origin(form.redirect_url) in allowed or form._is_own_page(form.redirect_url)
            ):
                raise ValidationError(
                    self.env._(
                        "Visitors can only be sent to a website of this form. Add that of %(url)s to the list first.",
                        url=form.redirect_url,
                    )
                )

    def _is_own_page(self, url):
        return origin.normalize_origin(url) == origin.normalize_origin(self.get_base_url())

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # sudo: what the reader may not see counts as well.
        used = self.env["crm.intake"].sudo().search([("form_id", "in", self.ids)], limit=1).form_id
        if used:
            raise UserError(
                self.env._(
                    "%(form)s has submissions and cannot be deleted. Archive it instead.", form=used.display_name
                )
            )

    def copy_data(self, default=None):
        """Say in the title that it is a copy."""
        return [
            {**vals, "name": self.env._("%(name)s (copy)", name=form.name)} if "name" not in (default or {}) else vals
            for form, vals in zip(self, super().copy_data(default), strict=True)
        ]

    def copy(self, default=None):
        """Copy the fields with what they depend on: the copies depend on each other, not on these."""
        copies = super().copy(default)
        for form, made in zip(self, copies, strict=True):
            form._copy_references(made)
        return copies

    def _copy_references(self, made):
        by_key = {field.name: field for field in made.field_ids}
        for field in self.field_ids.filtered("condition_field_id"):
            by_key[field.name].condition_field_id = by_key[field.condition_field_id.name]
        for rule, copied in zip(self.rule_ids, made.rule_ids, strict=True):
            copied.field_id = by_key[rule.field_id.name]

    # ------------------------------------------------------------
    # Publishing
    # ------------------------------------------------------------

    def action_publish(self):
        """Show visitors the form as it is now; a version is kept for each different state."""
        for form in self:
            form._check_publishable()
            content = form._prepare_schema()
            digest = schema.fingerprint(content)
            version = form.version_ids.filtered(lambda version, digest=digest: version.schema_hash == digest)[:1]
            version = version or self.env["crm.web.form.version"].create(form._prepare_version(content, digest))
            form.write({"state": "published", "version_id": version.id})

    def action_unpublish(self):
        """Take the form off the web; its address answers "not found" until it is published again."""
        self.write({"state": "draft"})

    def _check_publishable(self):
        """Raise a UserError that says what is missing before visitors may see the form."""
        self.ensure_one()
        if not self.field_ids:
            raise UserError(self.env._("%(form)s has no fields. Add at least one before publishing.", form=self.name))
        for field in self.field_ids:
            field._check_publishable()
        steps = schema.split_steps(self._prepare_schema()["fields"])
        if any(field["type"] == "file" for _label, fields in steps[:-1] for field in fields):
            raise UserError(
                self.env._("Ask for files on the last page of %(form)s: browsers do not keep them.", form=self.name)
            )

    def _prepare_version(self, content, digest):
        number = max(self.version_ids.mapped("number"), default=0) + 1
        return {"form_id": self.id, "number": number, "schema": content, "schema_hash": digest}

    def _prepare_schema(self):
        """Return what is published, see ``tools/schema.py``; all installed languages are in it."""
        self.ensure_one()
        langs = self._get_langs()
        return {
            "lang": langs[0],
            "title": self._get_texts("name", langs),
            "intro": self._get_texts("intro", langs),
            "thanks": self._get_texts("thanks", langs),
            "fields": [part for field in self._get_fields_in_order() for part in field._prepare_schemas(langs)],
        }

    def _get_fields_in_order(self):
        return self.field_ids.sorted(lambda field: (field.sequence, field._origin.id))

    def _get_langs(self):
        """Return the codes of the installed languages, the form's own first."""
        default = self._get_default_lang()
        return [default, *(code for code, _name in self.env["res.lang"].get_installed() if code != default)]

    def _get_default_lang(self):
        installed = [code for code, _name in self.env["res.lang"].get_installed()]
        lang = self.company_id.partner_id.lang
        return lang if lang in installed else installed[0]

    def _get_texts(self, name, langs):
        return {lang: self.with_context(lang=lang)[name] or "" for lang in langs}

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_open_page(self):
        """Show the form as visitors see it."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.public_url, "target": "new"}

    def action_open_submissions(self):
        """List what was sent with this form."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_web_forms.crm_intake_action_form")
        return {**action, "display_name": self.name, "domain": [("form_id", "=", self.id)], "context": {}}

    def action_open_leads(self):
        """List the leads and opportunities that came of it."""
        self.ensure_one()
        intakes = self.env["crm.intake"].search([("form_id", "=", self.id), ("lead_id", "!=", False)])
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": "crm.lead",
            "view_mode": "list,kanban,form",
            "domain": [("id", "in", intakes.lead_id.ids)],
            "context": {"active_test": False},
        }
