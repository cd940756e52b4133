from dataclasses import dataclass, field

from babel import Locale
from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import html2plaintext, html_sanitize

from ...tools import placeholder, wording

#: The class of what stands where something is missing.
MARK = "o_crm_document_missing"


@dataclass
class Rendering:
    """What one document is made from.

    :param roots: {first name of a placeholder: records or text}
    :param clauses: {code: HTML with its placeholders}, those that hold, in order
    :param locale: of the language the text is written in
    :param missing: what was not there: dicts of ``label``, ``res_model``, ``res_id``
    """

    roots: dict
    clauses: dict
    locale: Locale
    missing: list = field(default_factory=list)


class CrmDocumentRenderer(models.AbstractModel):
    _inherit = "crm.document.renderer"

    @api.model
    def _render(self, source, rendering):
        """Fill the placeholders of a text; what is missing is noted in ``rendering``.

        :param source: HTML
        :param rendering: a :class:`Rendering`
        :return: HTML
        :raise AccessError: the user may not read what the template asks for
        """

        def field_of(one):
            return self._render_one(one, rendering)

        def value_of(one):
            if one.path[0] not in ("clause", "clauses"):
                return field_of(one)
            wanted = rendering.clauses if one.path == ("clauses",) else one.path[1:]
            return "".join(placeholder.fill(rendering.clauses.get(code, ""), field_of) for code in wanted)

        # Once more over the whole: no value brings a script, a form or a frame.
        return html_sanitize(placeholder.fill(source, value_of), sanitize_tags=True, sanitize_style=False)

    @api.model
    def _render_one(self, one, rendering):
        """Return what stands for one placeholder."""
        if one.path == ("today",):
            return escape(wording.day(fields.Date.context_today(self), rendering.locale))
        start = rendering.roots.get(one.path[0], "")
        if isinstance(start, str):
            return escape(start or "…")
        if not start and not one.optional:
            return self._get_mark(one, rendering, rendering.roots["record"], self.env._("nobody chosen"))
        if one.filter == "table":
            return self._get_table(self._walk(start, one.path[1:], one), one, rendering)
        texts = [self._render_for(record, one, rendering) for record in start]
        return self._join([text for text in texts if text], one, rendering)

    @api.model
    def _render_for(self, record, one, rendering):
        """Return what one of the records says, or the mark of what it lacks."""
        *before, last = one.path[1:] or [None]
        holder = self._walk(record, before, one)
        if one.filter == "identification" or not last:
            holder = self._walk(holder, [last], one) if last else holder
            text, lacking = self._get_record_text(holder, one)
        else:
            text, lacking = self._get_field_text(holder, last, one, rendering), ""
        if one.optional or (text and not lacking):
            return text
        mark = self._get_mark(one, rendering, holder or record, lacking or self._get_label(one, rendering))
        return Markup(" ").join(filter(None, [text, mark]))

    @api.model
    def _walk(self, records, steps, one):
        """Follow relations; the user must be allowed to read at each step."""
        records.check_access("read")
        for step in steps:
            if not self._get_field(records, step, one.text).relational:
                raise ValidationError(
                    self.env._("“%(text)s”: there is nothing behind “%(step)s”.", text=one.text, step=step)
                )
            records = records.mapped(step)
            records.check_access("read")
        return records

    # ------------------------------------------------------------
    # Values as text
    # ------------------------------------------------------------

    @api.model
    def _get_field_text(self, records, name, one, rendering):
        """Return a field of records as HTML, empty when it says nothing."""
        field = self._get_field(records, name, one.text)
        if field.relational:
            return self._join(
                [escape(text) for text in self._walk(records, [name], one).mapped("display_name")], one, rendering
            )
        texts = [self._get_value_text(record, field, one.filter, rendering.locale) for record in records]
        return self._join([text for text in texts if text], one, rendering)

    @api.model
    def _get_value_text(self, record, field, shown_as, locale):
        """Return the value of one field of one record as HTML."""
        value = record[field.name]
        if field.type == "boolean":
            return escape(self.env._("Yes") if value else self.env._("No"))
        if field.type in ("integer", "float", "monetary"):
            return escape(self._get_number_text(record, field, value, shown_as, locale))
        if not value:
            return Markup("")
        if field.type in ("date", "datetime"):
            return escape(self._get_date_text(record, field, value, shown_as, locale))
        if field.type == "selection":
            value = dict(field._description_selection(record.env)).get(value, value)
        if field.type == "html":
            # As text: what a customer wrote may show pictures of others' servers.
            value = html2plaintext(value, include_references=False)
        text = value.upper() if shown_as == "upper" else value
        return escape(text.strip()).replace("\n", Markup("<br/>"))

    @api.model
    def _get_number_text(self, record, field, value, shown_as, locale):
        if field.type == "monetary":
            currency = record[field.get_currency_field(record)]
            if currency:
                return wording.money(value, currency.name, locale)
        return wording.number(value, locale, 2 if shown_as == "amount" else None)

    @api.model
    def _get_date_text(self, record, field, value, shown_as, locale):
        if field.type == "datetime":
            value = fields.Datetime.context_timestamp(record, value)
            if shown_as != "date":
                return wording.moment(value, locale)
        return wording.day(value, locale)

    @api.model
    def _get_record_text(self, records, one):
        """Return a contact as contracts name it, or the name of any record; and the label of what it lacks."""
        if one.filter != "identification":
            return Markup(" ").join(records.mapped("display_name")), ""
        partner = records.partner_id if records._name == "res.company" else records
        partner.check_access("read")
        address = ", ".join(partner._get_document_address())
        wanted = {self.env._("Tax number"): partner.vat, self.env._("Address"): address}
        parts = [Markup("<strong>%s</strong>") % (partner.name or "")]
        if partner.vat:
            parts.append(self.env._("tax number %(number)s", number=partner.vat))
        if address:
            parts.append(self.env._("of %(address)s", address=address))
        return Markup(", ").join(parts), ", ".join(label for label, value in wanted.items() if not value)

    @api.model
    def _get_table(self, records, one, rendering):
        """Return records as a table with the columns asked for."""
        columns = [self._check_steps(records._name, name.split("."), one.text) for name in one.arguments]
        head = Markup("").join(Markup("<th>%s</th>") % self._get_field_label(column) for column in columns)
        rows = [
            Markup("<tr>%s</tr>")
            % Markup("").join(
                self._get_cell(record, name, column, one, rendering)
                for name, column in zip(one.arguments, columns, strict=True)
            )
            for record in records
        ]
        return Markup('<table class="table table-sm"><thead><tr>%s</tr></thead><tbody>%s</tbody></table>') % (
            head,
            Markup("").join(rows),
        )

    @api.model
    def _get_cell(self, record, name, column, one, rendering):
        *before, last = name.split(".")
        text = self._get_field_text(self._walk(record, before, one), last, one, rendering)
        align = "right" if column.type in ("integer", "float", "monetary") else "left"
        return Markup('<td style="text-align: %s;">%s</td>') % (align, text)

    @api.model
    def _join(self, texts, one, rendering):
        """Return several values as a sentence has them, or one below the other."""
        if one.filter == "list":
            return Markup("<br/>").join(texts)
        return Markup(wording.enumeration([str(text) for text in texts], rendering.locale))

    # ------------------------------------------------------------
    # What is missing
    # ------------------------------------------------------------

    @api.model
    def _get_mark(self, one, rendering, holder, lacking):
        """Note what is missing and return what stands there until it is known."""
        label = self._get_root_label(one.path[0], rendering.roots["record"]._name)
        found = {"label": f"{label}: {lacking}", "res_model": holder._name, "res_id": holder[:1].id}
        if found not in rendering.missing:
            rendering.missing.append(found)
        return Markup('<span class="%s" style="background-color: #ffe8a3;">[%s]</span>') % (MARK, found["label"])

    @api.model
    def _get_label(self, one, rendering):
        """Return the label of the last field of a path."""
        kind = self._get_root_models(rendering.roots["record"]._name)[one.path[0]]
        field = self._check_steps(kind, one.path[1:], one.text)
        return self._get_field_label(field) if field is not None else one.text

    @api.model
    def _get_field_label(self, field):
        """Return how the user's screens call a field."""
        return field._description_string(self.env) or field.name
