import datetime

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import schema, upload

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
MAPS_BY_TYPE = {"email": "email", "phone": "phone", "country": "country_code"}
# Of what types a condition can look at the answer, and of those which it can compare.
COMPARED = ("choice", "radio", "multi", "rating", "checkbox", "consent", "country")
LOOKED_AT = (*COMPARED, "text", "email", "phone", "textarea", "number")
ADDRESS = ("street", "zip", "city", "country_code")


class CrmWebFormField(models.Model):
    """One question of a form, or a mark between questions."""

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
            ("textarea", "Several lines"),
            ("email", "E-mail"),
            ("phone", "Phone"),
            ("number", "Number"),
            ("date", "Date"),
            ("choice", "One of a list"),
            ("radio", "One of a few"),
            ("multi", "Several of a list"),
            ("checkbox", "Tick box"),
            ("consent", "Consent"),
            ("rating", "Rating"),
            ("country", "Country"),
            ("address", "Address"),
            ("file", "File"),
            ("hidden", "Hidden"),
            ("section", "Heading"),
            ("step", "New page"),
        ],
        required=True,
        default="text",
    )
    required = fields.Boolean()
    help_text = fields.Char("Help", translate=True, help="A sentence under the question.")
    options = fields.Text("Choices", translate=True, help="One per line.")
    option_points = fields.Char("Points", help="A number for each choice, in the same order: 0, 5, 10.")
    points = fields.Float("Points each", help="For each star or unit, or for the tick.")
    minimum = fields.Char("At least", help="A number; for a date 2026-12-31, or today.")
    maximum = fields.Char("At most", help="A number; for a date 2026-12-31, or today. For a rating: how many stars.")
    accept = fields.Selection(
        [("documents", "Documents"), ("images", "Pictures"), ("both", "Both")],
        "Kind of files",
        default="both",
        help="PDF, Word, Excel and OpenDocument; JPEG, PNG and WebP. Told by their content, not by their name.",
    )
    ask_country = fields.Boolean("Ask for the country", help="With its code before the number.")
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
    lead_field = fields.Selection(
        "_selection_lead_field", "Also fills", help="A field of the lead or opportunity that is made."
    )

    # When it is asked
    condition_field_id = fields.Many2one(
        "crm.web.form.field",
        "Only if",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        domain=f"[('form_id', '=', form_id), ('type', 'in', {LOOKED_AT}), ('id', '!=', id)]",
        help="A question further up that decides whether this one is asked. Empty: always.",
    )
    condition_operator = fields.Selection(
        [("is", "is"), ("is_not", "is not"), ("filled", "is answered")], "Answer", default="is"
    )
    condition_value = fields.Char("This", help="One of its choices. For a tick box: 1.")
    condition_text = fields.Char("Asked if", compute="_compute_condition_text", help="Set it with the wheel.")

    _name_unique = models.UniqueIndex("(form_id, name)", "Two fields of this form have the same technical key.")

    # ------------------------------------------------------------
    # Computed
    # ------------------------------------------------------------

    @api.depends("condition_field_id.label", "condition_operator", "condition_value")
    def _compute_condition_text(self):
        for field in self:
            known = {"question": field.condition_field_id.label, "answer": field.condition_value or ""}
            texts = {
                "is": self.env._("%(question)s: %(answer)s", **known),
                "is_not": self.env._("%(question)s: not %(answer)s", **known),
                "filled": self.env._("%(question)s: answered", **known),
            }
            field.condition_text = bool(field.condition_field_id) and texts[field.condition_operator or "is"]

    @api.depends("label", "type", "purpose_id")
    def _compute_name(self):
        for field in self:
            if not field.name and (field.label or field.purpose_id or field.type in schema.MARKS):
                label = field.label or f"consent_{field.purpose_id.code}"
                field.name = field._get_free_key(schema.to_key(label if field.type != "step" else "step"))

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

    @api.model
    def _selection_lead_field(self):
        """Return the fields of leads an answer may fill: those somebody added by hand; a hook for verticals.

        Never one that says who owns a lead or what it is worth: that is decided here, not outside.
        """
        kinds = ("char", "text", "integer", "float", "date", "boolean", "selection")
        added = (field for field in self.env["crm.lead"]._fields.values() if field.manual and field.type in kinds)
        return [(field.name, field._description_string(self.env)) for field in added if not field.readonly]

    # ------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------

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
        problem = next(
            filter(None, (self._find_missing_text(), self._find_limit_problem(), self._find_condition_problem())), None
        )
        if problem:
            raise UserError(problem)

    def _find_missing_text(self):
        """Return what the visitor would miss on the screen, or None."""
        name = self.label or self.name
        if self.type in schema.CHOICES and not (self.options or "").strip():
            return self.env._("%(field)s has nothing to choose from. Write one choice per line.", field=name)
        if self.type == "consent" and not self.purpose_id:
            return self.env._("%(field)s does not say what people agree to. Choose its purpose.", field=name)
        if self.type not in ("consent", "hidden", "step") and not self.label:
            return self.env._("The field %(key)s has no question. Write one.", key=self.name)
        if self.type == "consent" and not (self.label or self.purpose_id.text):
            return self.env._(
                "The purpose %(name)s has no sentence to show. Write it there.", name=self.purpose_id.name
            )
        return None

    def _find_limit_problem(self):
        """Return what is wrong with the limits and points, or None."""
        name = self.label or self.name
        for value in filter(None, (self.minimum, self.maximum)):
            if self.type in ("number", "date", "rating") and self._read_limit(value) is None:
                return self.env._(
                    "%(field)s: %(value)s is no limit. Write a number, a date like 2026-12-31, or today.",
                    field=name,
                    value=value,
                )
        points = self._read_points()
        if self.option_points and (points is None or len(points) != len(self._get_lines(self._get_own_lang()))):
            return self.env._("%(field)s: write one number of points for each choice, like 0, 5, 10.", field=name)
        return None

    def _find_condition_problem(self):
        """Return what is wrong with the condition, or None."""
        source = self.condition_field_id
        if not source:
            return None
        name = self.label or self.name
        if (source.sequence, source.id) >= (self.sequence, self.id):
            return self.env._(
                "%(field)s depends on %(other)s, which comes later. Move it down.", field=name, other=source.label
            )
        if self.condition_operator != "filled" and source.type not in COMPARED:
            return self.env._(
                '%(field)s: of %(other)s only "is answered" can be asked.', field=name, other=source.label
            )
        if self.condition_operator != "filled" and self.condition_value not in source._get_condition_values():
            return self.env._(
                "%(field)s is asked when %(other)s is %(value)s, which nobody can choose.",
                field=name, other=source.label, value=self.condition_value or "?",
            )  # fmt: skip
        return None

    def _get_condition_values(self):
        """Return the answers a condition can compare this field with."""
        if self.type in schema.CHOICES:
            return [value[: schema.LINE_LIMIT] for value in self._get_lines(self._get_own_lang())]
        if self.type == "rating":
            return [str(number) for number in range(1, self._get_stars() + 1)]
        if self.type == "country":
            return self.env["res.country"].search([("code", "!=", False)]).mapped("code")
        return ["1"]

    def action_open_details(self):
        """Show everything about this question."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.label or self.name,
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    # ------------------------------------------------------------
    # Publishing
    # ------------------------------------------------------------

    def _prepare_schemas(self, langs):
        """Return what this field is published as, see ``tools/schema.py``: one field, or several asked together."""
        self.ensure_one()
        if self.type == "address":
            return self._prepare_address(langs)
        values = self._prepare_schema(langs)
        if self.type == "phone" and self.ask_country:
            return [self._prepare_phone_country(values, langs), values]
        return [values]

    def _prepare_schema(self, langs):
        """Return this field as it is published, see ``tools/schema.py``; a hook for other types."""
        self.ensure_one()
        values = {
            "key": self.name,
            "type": self.type,
            "label": {lang: self._get_label(lang) for lang in langs},
            "required": self.required and self.type not in ("hidden", *schema.MARKS),
            "maps_to": self.maps_to if self.type not in (*schema.BOXES, *schema.MARKS) else "answer",
        }
        if self.help_text:
            values["help"] = self._get_texts("help_text", langs)
        if self.condition_field_id:
            values["if"] = {
                "key": self.condition_field_id.name,
                "op": self.condition_operator or "is",
                "value": self.condition_value or "",
            }
        if self.lead_field:
            values["lead_field"] = self.lead_field
        return values | self._prepare_type_schema(langs)

    def _prepare_type_schema(self, langs):
        """Return what only fields of this type have."""
        if self.type in schema.CHOICES:
            return {"options": self._prepare_options(langs)}
        if self.type == "consent":
            return {"purpose": self.purpose_id.code}
        if self.type == "hidden":
            return {"value": self.value or ""}
        if self.type == "file":
            return {"accept": list(upload.ACCEPT[self.accept or "both"])}
        if self.type == "phone":
            return {"country": self.company_id.country_id.code or ""}
        if self.type == "rating":
            return {"max": self._get_stars(), **self._prepare_points()}
        if self.type in ("number", "date"):
            limits = {"min": self.minimum, "max": self.maximum}
            return {key: self._read_limit(value) for key, value in limits.items() if value} | self._prepare_points()
        return self._prepare_points()

    def _prepare_points(self):
        return {"points": self.points} if self.points else {}

    def _prepare_address(self, langs):
        """Return the four parts of an address, asked together."""
        group = {"key": self.name, "label": {lang: self._get_label(lang) for lang in langs}}
        whole = self._prepare_schema(langs)
        parts = []
        for target in ADDRESS:
            words = {lang: self.with_context(lang=lang)._get_address_words()[target] for lang in langs}
            kind = "country" if target == "country_code" else "text"
            part = {"key": f"{self.name}.{target}", "type": kind, "label": words, "maps_to": target, "group": group}
            parts.append({**whole, **part})
        return parts

    def _get_address_words(self):
        return {
            "street": self.env._("Street and number"),
            "zip": self.env._("Postal code"),
            "city": self.env._("City"),
            "country_code": self.env._("Country"),
        }

    def _prepare_phone_country(self, phone, langs):
        """Return the question before a phone number; both become one group."""
        group = {"key": self.name, "label": phone["label"]}
        words = {lang: self.with_context(lang=lang)._get_address_words()["country_code"] for lang in langs}
        numbers = {lang: self.with_context(lang=lang)._get_number_word() for lang in langs}
        country = {**phone, "key": f"{self.name}.country", "type": "country", "label": words}
        country |= {"required": False, "maps_to": "nowhere", "group": group, "dial": True}
        country.pop("help", None)
        phone |= {"label": numbers, "group": group, "country_key": country["key"]}
        return country

    def _get_number_word(self):
        return self.env._("Number")

    def _prepare_options(self, langs):
        """Return the choices; their values do not change with the language."""
        values = self._get_lines(langs[0])
        labels = {lang: self._get_lines(lang) for lang in langs}
        # A translation with another number of lines cannot be matched: better the original words.
        labels = {lang: lines if len(lines) == len(values) else values for lang, lines in labels.items()}
        points = self._read_points() if self.option_points else None
        return [
            {
                "value": value[: schema.LINE_LIMIT],
                "label": {lang: labels[lang][number] for lang in langs},
                **({"points": points[number]} if points else {}),
            }
            for number, value in enumerate(values)
        ]

    # ------------------------------------------------------------
    # Small readers
    # ------------------------------------------------------------

    def _get_own_lang(self):
        return self.form_id._get_default_lang()

    def _get_label(self, lang):
        field = self.with_context(lang=lang)
        fallback = "" if self.type == "step" else self.name
        return field.label or (field.purpose_id.text if self.type == "consent" else "") or fallback

    def _get_texts(self, name, langs):
        return {lang: self.with_context(lang=lang)[name] or "" for lang in langs}

    def _get_lines(self, lang):
        text = self.with_context(lang=lang).options or ""
        return list(dict.fromkeys(" ".join(line.split()) for line in text.splitlines() if line.strip()))

    def _get_stars(self):
        return max(2, min(int(self._read_limit(self.maximum) or 5), 10))

    def _read_limit(self, value):
        """Return a limit as a number or as an ISO date; None if it is neither."""
        try:
            if self.type == "date":
                return "today" if value == "today" else datetime.date.fromisoformat(value).isoformat()
            return float(str(value or "").replace(",", "."))
        except ValueError:
            return None

    def _read_points(self):
        """Return the points of the choices, or None if they are no numbers."""
        try:
            return [float(part) for part in (self.option_points or "").replace(";", ",").split(",")]
        except ValueError:
            return None
