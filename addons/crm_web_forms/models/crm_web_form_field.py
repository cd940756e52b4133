from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import schema

# Where an answer goes if nobody says so: by technical key, else by type.
MAPS_BY_KEY = {
    "name": "contact_name",
    "full_name": "contact_name",
    "company": "company_name",
    "company_name": "company_name",
    "email": "email",
    "e_mail": "email",
    "phone": "phone",
    "telephone": "phone",
    "message": "message",
    "subject": "name",
    "street": "street",
    "zip": "zip",
    "city": "city",
}
MAPS_BY_TYPE = {"email": "email", "phone": "phone"}


class CrmWebFormField(models.Model):
    """One question of a form."""

    _name = "crm.web.form.field"
    _description = "Web Form Field"
    _order = "sequence, id"
    _rec_name = "label"
    _check_company_auto = True

    form_id = fields.Many2one("crm.web.form", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="form_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    label = fields.Char("Question", translate=True, help="For a consent box, empty: the sentence of the purpose.")
    name = fields.Char(
        "Technical key",
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
        help="The name websites and programs use for this field.",
    )
    type = fields.Selection(
        [
            ("text", "One line"),
            ("email", "E-mail"),
            ("phone", "Phone"),
            ("textarea", "Several lines"),
            ("choice", "Choice"),
            ("checkbox", "Tick box"),
            ("consent", "Consent"),
            ("hidden", "Hidden"),
        ],
        required=True,
        default="text",
    )
    required = fields.Boolean()
    options = fields.Text("Choices", translate=True, help="One per line.")
    value = fields.Char(
        "Fixed value", help="What a hidden field says. Empty: the parameter of the same name in the page's address."
    )
    purpose_id = fields.Many2one(
        "crm.privacy.purpose",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="What the person agrees to.",
    )
    maps_to = fields.Selection(
        [
            ("contact_name", "Name of the contact"),
            ("company_name", "Name of the company"),
            ("email", "E-mail of the contact"),
            ("phone", "Phone of the contact"),
            ("street", "Street"),
            ("zip", "Postal code"),
            ("city", "City"),
            ("country_code", "Country code"),
            ("vat", "Tax number"),
            ("name", "Subject"),
            ("message", "Message"),
            ("answer", "Answer (kept as it is)"),
        ],
        "Goes to",
        compute="_compute_maps_to",
        store=True,
        readonly=False,
        precompute=True,
    )

    _name_unique = models.UniqueIndex("(form_id, name)", "Two fields of this form have the same technical key.")

    @api.depends("label", "type", "purpose_id")
    def _compute_name(self):
        for field in self:
            if not field.name and (field.label or field.purpose_id):
                field.name = field._get_free_key(schema.to_key(field.label or f"consent_{field.purpose_id.code}"))

    def _get_free_key(self, key):
        """Return a key no other field of the form has."""
        taken = {*schema.RESERVED, *(self.form_id.field_ids - self).mapped("name")}
        candidates = (key if not number else f"{key[:36]}_{number + 1}" for number in range(len(taken) + 1))
        return next(candidate for candidate in candidates if candidate not in taken)

    @api.depends("name", "type")
    def _compute_maps_to(self):
        for field in self:
            if not field.maps_to:
                field.maps_to = MAPS_BY_TYPE.get(field.type) or field._get_map_of_key() or "answer"

    def _get_map_of_key(self):
        return MAPS_BY_KEY.get(self.name) if self.type in ("text", "textarea", "hidden") else None

    @api.constrains("name")
    def _check_name(self):
        for field in self:
            if not schema.KEY.fullmatch(field.name or "") or field.name in schema.RESERVED:
                raise ValidationError(
                    self.env._(
                        "%(key)s cannot be a technical key. Use small letters, digits and _, begin with a letter.",
                        key=field.name or field.label or "?",
                    )
                )

    def _check_publishable(self):
        """Raise a UserError that says what this field lacks."""
        self.ensure_one()
        if self.type == "choice" and not (self.options or "").strip():
            raise UserError(
                self.env._("%(field)s has nothing to choose from. Write one choice per line.", field=self.label)
            )
        if self.type == "consent" and not self.purpose_id:
            raise UserError(
                self.env._(
                    "%(field)s does not say what people agree to. Choose its purpose.", field=self.label or self.name
                )
            )
        if self.type not in ("consent", "hidden") and not self.label:
            raise UserError(self.env._("The field %(key)s has no question. Write one.", key=self.name))
        if self.type == "consent" and not (self.label or self.purpose_id.text):
            raise UserError(
                self.env._("The purpose %(name)s has no sentence to show. Write it there.", name=self.purpose_id.name)
            )

    def _prepare_schema(self, langs):
        """Return this field as it is published, see ``tools/schema.py``; a hook for other types."""
        self.ensure_one()
        values = {
            "key": self.name,
            "type": self.type,
            "label": {lang: self._get_label(lang) for lang in langs},
            "required": self.required and self.type != "hidden",
            "maps_to": self.maps_to if self.type not in schema.BOXES else "answer",
        }
        if self.type == "choice":
            values["options"] = self._prepare_options(langs)
        elif self.type == "consent":
            values["purpose"] = self.purpose_id.code
        elif self.type == "hidden":
            values["value"] = self.value or ""
        return values

    def _get_label(self, lang):
        field = self.with_context(lang=lang)
        return field.label or (field.purpose_id.text if self.type == "consent" else "") or self.name

    def _prepare_options(self, langs):
        """Return the choices; their values do not change with the language."""
        values = self._get_lines(langs[0])
        labels = {lang: self._get_lines(lang) for lang in langs}
        # A translation with another number of lines cannot be matched: better the original words.
        labels = {lang: lines if len(lines) == len(values) else values for lang, lines in labels.items()}
        return [
            {"value": value[: schema.LINE_LIMIT], "label": {lang: labels[lang][number] for lang in langs}}
            for number, value in enumerate(values)
        ]

    def _get_lines(self, lang):
        text = self.with_context(lang=lang).options or ""
        return list(dict.fromkeys(" ".join(line.split()) for line in text.splitlines() if line.strip()))
