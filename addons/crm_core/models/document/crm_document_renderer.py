import difflib
import re

from odoo import api, models
from odoo.exceptions import AccessError, ValidationError

from ...tools import placeholder

# Never printed, whoever asks: files, structures without a fixed meaning, and what opens doors.
REFUSED_TYPES = {"binary", "image", "json", "properties", "properties_definition", "reference", "many2one_reference"}
REFUSED_NAMES = re.compile(r"password|passwd|token|secret|api_?key|totp|signup|oauth|credential")
# What only administrators see is no matter for a contract, even when an administrator writes the template.
REFUSED_GROUPS = {".", "base.group_system", "base.group_erp_manager", "base.group_no_one"}
REFUSED_MODELS = re.compile(r"(ir|base|bus|mail|auth|res\.users|res\.groups|fetchmail|payment)(\.|_|$)")


class CrmDocumentRenderer(models.AbstractModel):
    """Fills placeholders with what the user may read; nothing is evaluated as code.

    Two gates: what may be printed at all (:meth:`_get_field`, the same for everybody), and what the user who
    renders may read (his rights on records and fields, checked at each step; never through ``sudo``).
    """

    _name = "crm.document.renderer"
    _description = "Document renderer"

    # ------------------------------------------------------------
    # What a placeholder may begin with
    # ------------------------------------------------------------

    @api.model
    def _get_role_labels(self):
        """Return {role: label in the user's language}."""
        return dict(self.env["crm.lead.party"]._fields["role"]._description_selection(self.env))

    @api.model
    def _get_root_models(self, model):
        """Return {first name: model of what it stands for, or a plain type}."""
        roles = dict.fromkeys(self._get_role_labels(), "res.partner")
        fixed = {"company": "res.company", "user": "res.partner", "today": "date", "reference": "char"}
        return {**roles, **fixed, "record": model}

    @api.model
    def _get_root_label(self, root, model=None):
        """Return how a person calls a first name."""
        fixed = {
            "company": self.env._("Our company"),
            "user": self.env._("Responsible"),
            "today": self.env._("Today"),
            "reference": self.env._("Number of the document"),
        }
        if root == "record":
            return self.env["ir.model"]._get(model).name or ""
        return fixed.get(root) or self._get_role_labels().get(root, root)

    @api.model
    def _get_roots(self, record, user=None, reference=None):
        """Return {first name: records or value} of one record."""
        parties = record._get_document_parties()
        return {
            **{role: parties.get(role) or self.env["res.partner"] for role in self._get_role_labels()},
            "record": record,
            "company": record._get_document_company(),
            "user": (user or self.env.user).partner_id,
            "reference": reference or "",
        }

    # ------------------------------------------------------------
    # Checking, when a template is saved
    # ------------------------------------------------------------

    @api.model
    def _check(self, source, model, clauses=()):
        """Check that every placeholder of a text can be filled.

        :param source: HTML
        :param model: name of the model of the record
        :param clauses: codes that ``{{ clause.code }}`` may name; None where no clause may stand
        :raise ValidationError: one cannot; the sentence names it and says what is wrong
        """
        try:
            found = placeholder.find(source)
        except placeholder.PlaceholderError as error:
            raise ValidationError(self._explain(error)) from None
        for one in found:
            self._check_one(one, model, clauses)

    @api.model
    def _check_one(self, one, model, clauses):
        root, *steps = one.path
        if root in ("clause", "clauses"):
            return self._check_clause(one, clauses)
        kind = self._get_root_models(model).get(root)
        if not kind:
            known = [*self._get_root_models(model), "clauses"]
            raise ValidationError(
                self.env._(
                    "“%(text)s”: a placeholder cannot begin with “%(root)s”. Begin with one of: %(known)s.",
                    text=one.text,
                    root=root,
                    known=", ".join(known),
                )
            )
        field = self._check_steps(kind, steps, one.text)
        self._check_filter(one, kind, field)

    @api.model
    def _check_clause(self, one, clauses):
        if clauses is None:
            raise ValidationError(self.env._("“%(text)s”: a clause cannot contain clauses.", text=one.text))
        known = len(one.path) == 2 and one.path[0] == "clause" and one.path[1] in clauses
        if one.path != ("clauses",) and not known:
            raise ValidationError(
                self.env._(
                    "“%(text)s”: the template has no such clause. Add it, or write {{ clauses }} for all of them.",
                    text=one.text,
                )
            )

    @api.model
    def _check_steps(self, kind, steps, text):
        """Follow the names from a model; return the last field, None when there are no names."""
        field = None
        for step in steps:
            model = field.comodel_name if field is not None else kind
            if model not in self.env:
                raise ValidationError(
                    self.env._("“%(text)s”: there is nothing behind “%(step)s”.", text=text, step=step)
                )
            field = self._get_field(self.env[model], step, text)
        return field

    @api.model
    def _check_filter(self, one, kind, field):
        """A filter must fit what it is used on; a table's columns are fields too."""
        comodel = field.comodel_name if field is not None else kind if kind in self.env else None
        many = field is not None and field.type in ("one2many", "many2many")
        types = {
            "date": ("date", "datetime"),
            "datetime": ("datetime",),
            "amount": ("float", "monetary", "integer"),
        }
        value_type = field.type if field is not None else kind
        fits = {
            "table": many,
            "list": many or kind == "res.partner" and not one.path[1:],
            "identification": comodel in ("res.partner", "res.company"),
        }.get(one.filter, value_type in types.get(one.filter, (value_type,)))
        if not fits:
            raise ValidationError(
                self.env._("“%(text)s”: “%(filter)s” cannot show this field.", text=one.text, filter=one.filter)
            )
        for argument in one.arguments:
            self._check_steps(comodel, argument.split("."), one.text)

    @api.model
    def _get_field(self, records, name, text):
        """Return the field of a step, if it may be printed at all and the user may read it.

        :raise ValidationError: unknown, or never printed
        :raise AccessError: not for this user
        """
        field = records._fields.get(name)
        if field is None:
            raise ValidationError(self._explain_unknown(records, name, text))
        if not self._is_printable(records, field):
            raise ValidationError(
                self.env._("“%(text)s”: “%(name)s” cannot be used in documents.", text=text, name=name)
            )
        if not records._has_field_access(field, "read"):
            raise AccessError(self.env._("“%(text)s”: you may not read “%(name)s”.", text=text, name=name))
        return field

    @api.model
    def _is_printable(self, records, field):
        """Tell whether a field may stand in a document, whoever asks; a hook."""
        if field.type in REFUSED_TYPES or REFUSED_NAMES.search(field.name):
            return False
        if REFUSED_GROUPS.intersection((field.groups or "").replace("!", "").split(",")):
            return False
        if records._name == "res.users":
            # Of a user only what is on his contact: name, e-mail, telephone.
            return bool(field.inherited)
        if REFUSED_MODELS.match(records._name):
            return False
        comodel = field.comodel_name or ""
        return not REFUSED_MODELS.match(comodel) or comodel == "res.users"

    # ------------------------------------------------------------
    # Explaining
    # ------------------------------------------------------------

    @api.model
    def _explain(self, error):
        """Return the sentence for a placeholder that cannot be understood."""
        sentences = {
            "syntax": self.env._(
                "“%(text)s” is no placeholder. Write names with dots between them, for example {{ buyer.name }}."
            ),
            "formatting": self.env._("“%(text)s”: remove the bold or colour inside the braces and format all of it."),
            "in_tag": self.env._("“%(text)s”: a placeholder cannot be the address of a link or an image."),
            "steps": self.env._("“%(text)s” goes over too many records."),
            "filter": self.env._("“%(text)s”: unknown display. Known are: %(known)s."),
            "arguments": self.env._("“%(text)s”: write the columns after a colon, for a table only."),
        }
        return sentences[error.code] % {"text": error.text, "known": ", ".join(placeholder.FILTERS)}

    @api.model
    def _explain_unknown(self, records, name, text):
        label = self.env["ir.model"]._get(records._name).name or records._name
        names = [
            other
            for other, field in records._fields.items()
            if self._is_printable(records, field) and records._has_field_access(field, "read")
        ]
        close = difflib.get_close_matches(name, names, n=1)
        sentence = self.env._("“%(text)s”: “%(model)s” has no field “%(name)s”.", text=text, model=label, name=name)
        return f"{sentence} {self.env._('Did you mean “%(name)s”?', name=close[0])}" if close else sentence

    @api.model
    def _get_field_labels(self, model, lists=True):
        """Return (name, label) of what may be printed of a model, by label.

        :param lists: with the fields that lead to several records
        """
        records = self.env[model]
        found = [
            (name, field._description_string(self.env) or name)
            for name, field in records._fields.items()
            if self._is_printable(records, field)
            and records._has_field_access(field, "read")
            and (lists or field.type not in ("one2many", "many2many"))
        ]
        return sorted(found, key=lambda pair: pair[1].lower())
