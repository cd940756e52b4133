from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...tools import wording
from .crm_document_renderer import REFUSED_MODELS
from .crm_document_rendering import Rendering


class CrmDocumentTemplate(models.Model):
    """A text with placeholders from which documents of any record are made."""

    _name = "crm.document.template"
    _description = "Document template"
    _inherit = ["mail.thread"]
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [
            ("proposal", "Proposal"),
            ("contract", "Contract"),
            ("agreement", "Agreement"),
            ("visit_sheet", "Visit sheet"),
            ("handover_sheet", "Hand-over sheet"),
            ("other", "Other"),
        ],
        required=True,
        default="contract",
    )
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    model_id = fields.Many2one(
        "ir.model",
        "For",
        required=True,
        ondelete="cascade",
        domain=[("transient", "=", False), ("abstract", "=", False)],
        default=lambda self: self._default_model_id(),
        help="The records these documents are made from.",
    )
    model = fields.Char(related="model_id.model", string="Model name", store=True, index=True)
    lang_id = fields.Many2one(
        "res.lang",
        "Written in",
        context={"active_test": False},
        help="Dates and amounts are written as in this language. Make one template for each language.",
    )
    body = fields.Html(sanitize_style=False, translate=False)
    clause_ids = fields.Many2many("crm.document.clause", string="Clauses", check_company=True)
    signer_ids = fields.One2many("crm.document.template.signer", "template_id", "Signed by", copy=True)
    paperformat_id = fields.Many2one(
        "report.paperformat",
        "Paper format",
        default=lambda self: self._default_paperformat_id(),
        help="Empty: the company's.",
    )
    validity_days = fields.Integer("Valid for (days)", default=30, help="How long it may be signed; 0: no end.")
    reminder_days = fields.Integer("Remind after (days)", help="Who has not signed is asked again; 0: never.")
    document_count = fields.Integer(compute="_compute_document_count")
    preview_ref = fields.Reference(
        "_selection_preview", "Preview with", compute="_compute_preview_ref", readonly=False, compute_sudo=False
    )
    preview = fields.Html(compute="_compute_preview", compute_sudo=False, sanitize=False)
    placeholders = fields.Json(compute="_compute_placeholders", compute_sudo=False)

    _validity_positive = models.Constraint(
        "CHECK(validity_days >= 0 AND reminder_days >= 0)", "Days cannot be negative. Write 0 for never."
    )

    def _default_paperformat_id(self):
        return self.env.ref("crm_core.paperformat_document", raise_if_not_found=False)

    def _default_model_id(self):
        return self.env["ir.model"]._get("crm.lead")

    @api.model
    def _selection_preview(self):
        models = self.env["ir.model"].sudo().search([("transient", "=", False), ("abstract", "=", False)])
        return [(model.model, model.name) for model in models if not REFUSED_MODELS.match(model.model)]

    # ------------------------------------------------------------
    # Checked when saved
    # ------------------------------------------------------------

    @api.constrains("model_id")
    def _check_model(self):
        for template in self:
            if REFUSED_MODELS.match(template.model) or template.model_id.transient or template.model_id.abstract:
                raise ValidationError(
                    self.env._("%(model)s: no documents are made from these records.", model=template.model_id.name)
                )

    @api.constrains("body", "model_id", "clause_ids")
    def _check_body(self):
        """A template that is saved can be filled: unknown fields are named at once."""
        # The host checks as superuser; who writes a template must be allowed to read what it prints.
        own = self.sudo(False)
        renderer = own.env["crm.document.renderer"]
        for template in own:
            renderer._check(template.body, template.model, template.clause_ids.mapped("code"))
            for clause in template.clause_ids:
                if clause.model and clause.model != template.model:
                    raise ValidationError(
                        self.env._(
                            "The clause “%(clause)s” is for %(model)s only. Remove it from “%(template)s”.",
                            clause=clause.name,
                            model=clause.model_id.name,
                            template=template.name,
                        )
                    )
                renderer._check(clause.body, template.model, None)

    # ------------------------------------------------------------
    # Making documents
    # ------------------------------------------------------------

    @api.model
    def _get_for(self, record, kind=None):
        """Return the templates for a record, those in another language than its customer's last.

        :param kind: only those of a kind
        """
        company = record._get_document_company()
        domain = [("model", "=", record._name), ("company_id", "in", [False, company.id])]
        found = self.search(domain + ([("kind", "=", kind)] if kind else []))
        lang = (record._get_document_parties().get("buyer") or self.env["res.partner"])[:1].lang
        return found.sorted(lambda template: bool(template.lang_id) and template.lang_id.code != lang)

    def _create_documents(self, records, **values):
        """Make a document of each record.

        :param records: of the template's model
        :param values: more values of the documents
        :return: the ``crm.document``
        """
        self.ensure_one()
        return self.env["crm.document"].create(
            [{"template_id": self.id, "res_model": records._name, "res_id": record.id, **values} for record in records]
        )

    def _render_for(self, record, user=None, reference=None):
        """Fill the text for a record, as the user may read it.

        :param record: one record of the template's model
        :param user: who is responsible, by default the user
        :param reference: number of the document
        :return: (HTML, list of what is missing: dicts of ``label``, ``res_model``, ``res_id``)
        """
        self.ensure_one()
        template = self.with_context(lang=self._get_installed_lang())
        record = record.with_context(lang=template.env.lang)
        renderer = template.env["crm.document.renderer"]
        rendering = Rendering(
            roots=renderer._get_roots(record, user, reference),
            clauses=template._get_clauses(record),
            locale=wording.locale_of(self.lang_id.code or template.env.lang),
        )
        return renderer._render(template.body, rendering), rendering.missing

    def _get_installed_lang(self):
        """Return the code of the language of the text if it is installed, for labels; else the user's."""
        code = self.lang_id.code
        return code if code and self.env["res.lang"]._get_data(code=code) else self.env.lang

    def _get_clauses(self, record):
        """Return {code: HTML} of the clauses that hold for a record, numbered in order."""
        holding = self.clause_ids.filtered(lambda clause: clause._holds(record)).sorted()
        return {
            clause.code: Markup("<h3>%s. %s</h3>%s") % (number, clause.name, Markup(clause.body or ""))
            for number, clause in enumerate(holding, 1)
        }

    # ------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------

    @api.depends("model_id")
    def _compute_preview_ref(self):
        for template in self:
            model = template.model
            usable = model in self.env and not REFUSED_MODELS.match(model) and self.env[model].has_access("read")
            record = self.env[model].search([], limit=1) if usable else None
            template.preview_ref = f"{model},{record.id}" if record else False

    @api.depends("body", "clause_ids", "preview_ref", "lang_id", "model_id")
    def _compute_preview(self):
        for template in self:
            template.preview = template._get_preview()

    def _get_preview(self):
        record = self.preview_ref
        if not record or record._name != self.model:
            return self.env._("Choose a record to see the document.")
        try:
            self.env["crm.document.renderer"]._check(self.body, self.model, self.clause_ids.mapped("code"))
            return self._render_for(record)[0]
        except (UserError, AccessError) as error:
            return Markup('<div class="alert alert-warning">%s</div>') % str(error)

    @api.depends("model_id", "clause_ids")
    def _compute_placeholders(self):
        """The list to pick from: dicts of ``group``, ``label``, ``text``."""
        for template in self:
            template.placeholders = template._get_placeholders()

    def _get_placeholders(self):
        renderer = self.env["crm.document.renderer"]
        found = []
        for root, kind in renderer._get_root_models(self.model).items():
            group = renderer._get_root_label(root, self.model)
            if kind not in self.env:
                found.append({"group": self.env._("General"), "label": group, "text": f"{{{{ {root} }}}}"})
                continue
            if kind == "res.partner":
                label = self.env._("Name, tax number and address")
                found.append({"group": group, "label": label, "text": f"{{{{ {root} | identification }}}}"})
            found += [
                {"group": group, "label": label, "text": f"{{{{ {root}.{name} }}}}"}
                for name, label in renderer._get_field_labels(kind, lists=root == "record")
            ]
        for code in ("clauses", *(f"clause.{clause.code}" for clause in self.clause_ids)):
            found.append({"group": self.env._("Clauses"), "label": code, "text": f"{{{{ {code} }}}}"})
        return found

    # ------------------------------------------------------------
    # Counts and actions
    # ------------------------------------------------------------

    def _compute_document_count(self):
        counts = dict(
            self.env["crm.document"]._read_group([("template_id", "in", self.ids)], ["template_id"], ["__count"])
        )
        for template in self:
            template.document_count = counts.get(template, 0)

    def action_open_documents(self):
        """Open the documents made from this template."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_core.crm_document_action")
        return {**action, "domain": [("template_id", "=", self.id)], "context": {"default_template_id": self.id}}
