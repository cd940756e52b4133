import base64
import io

import qrcode
from markupsafe import escape

from odoo import api, fields, models
from odoo.tools import file_open

from ..tools import answers, conditions, schema

STYLE = "crm_web_forms/static/src/hosted/fields.css"


class CrmWebForm(models.Model):
    """How a form is shown and handed to websites."""

    _inherit = "crm.web.form"

    public_url = fields.Char("Link", compute="_compute_share")
    qr_code = fields.Binary("QR code", compute="_compute_qr_code", help="To print: it leads to the form's own page.")
    snippet_element = fields.Text("Element", compute="_compute_share")
    snippet_iframe = fields.Text("Frame", compute="_compute_share")
    snippet_html = fields.Text("Plain HTML", compute="_compute_snippet_html")
    openapi_url = fields.Char("For programs", compute="_compute_share", help="The form's contract as OpenAPI document.")

    @api.depends("uuid")
    def _compute_share(self):
        for form in self:
            base = form.get_base_url()
            form.public_url = f"{base}/crm/f/{form.uuid}"
            form.openapi_url = f"{base}/crm/api/forms/{form.uuid}/openapi.json"
            form.snippet_element = (
                f'<script src="{base}/crm_web_forms/static/embed.js" defer></script>\n'
                f'<crm-form form="{form.uuid}"><a href="{form.public_url}">{escape(form.name or "")}</a></crm-form>'
            )
            form.snippet_iframe = (
                f'<iframe src="{form.public_url}/embed" title="{escape(form.name or "")}" loading="lazy"\n'
                '        style="width:100%;height:640px;border:0"></iframe>\n'
                f'<script src="{base}/crm_web_forms/static/embed.js" defer></script>'
            )

    @api.depends("uuid")
    def _compute_qr_code(self):
        for form in self:
            image = qrcode.make(f"{form.public_url}?utm_source=qr", box_size=8, border=2)
            content = io.BytesIO()
            image.save(content, "PNG")
            form.qr_code = base64.b64encode(content.getvalue())

    @api.depends("uuid", "version_id")
    def _compute_snippet_html(self):
        for form in self:
            form.snippet_html = form.version_id and form._render_plain_html() or ""

    def _render_plain_html(self):
        """Return the published form as HTML to paste and restyle; it needs nothing else."""
        self.ensure_one()
        lang = self._get_default_lang()
        public = self._get_public_texts(lang)
        fields_asked = [field for field in public["fields"] if field["type"] != "step"]
        html = self._render_public("crm_web_forms.form_plain", lang, {"public": public, "fields": fields_asked})
        return schema.tidy(html)

    # ------------------------------------------------------------
    # Showing
    # ------------------------------------------------------------

    def _get_trap(self):
        """Return the name of the field that only programs fill in; another one on each form."""
        self.ensure_one()
        return "url_" + self.uuid[:6]

    def _get_public_texts(self, lang, content=None, number=0):
        """Return what a page says and asks, in one language.

        :param content: a schema, by default the published one; ``number`` is that of its version
        """
        self.ensure_one()
        form = self.with_context(lang=lang)
        content, number = (content, number) if content else (self.version_id._get_schema(), self.version_id.number)
        public = {
            "id": self.uuid,
            "version": number,
            "lang": lang.replace("_", "-"),
            **schema.localize(content, lang),
            "trap": self._get_trap(),
            "words": form._get_words(),
            "errors": form._get_error_texts(),
        }
        form._add_countries(public["fields"])
        return public

    def _add_countries(self, fields_asked):
        """Give the choices of countries their names in this language, and their codes before a phone number."""
        asked = [field for field in fields_asked if field["type"] == "country"]
        if asked:
            # sudo: names of countries are no secret.
            countries = (
                self.env["res.country"].sudo().search_fetch([("code", "!=", False)], ["code", "name", "phone_code"])
            )
            names = [(country.code, country.name, country.phone_code) for country in countries.sorted("name")]
            for field in asked:
                dial = field["key"].endswith(".country")
                field["options"] = [
                    {"value": code, "label": f"{name} (+{prefix})" if dial and prefix else name}
                    for code, name, prefix in names
                ]

    def _get_public_schema(self, lang, version=None):
        """Return what the element and other clients need: texts, fields, and both as HTML with its style."""
        self.ensure_one()
        version = version or self.version_id
        public = self._get_public_texts(lang, version._get_schema(), version.number)
        direction = self.env["res.lang"]._get_data(code=lang).direction or "ltr"
        steps = schema.split_steps(public["fields"])
        html = self._render_public(
            "crm_web_forms.form_element", lang, {"public": public, "steps": steps, "direction": direction}
        )
        style = f"{self._get_style()}\n{conditions.style(public['fields'])}"
        return {**public, "html": str(html), "style": style}

    def _find_result(self, points):
        """Return what so many points mean, see ``crm.web.form.result``; none without points."""
        self.ensure_one()
        return self.env["crm.web.form.result"] if points is None else self.result_ids._choose(points)

    def _get_thanks(self, version, clean, lang):
        """Return what the visitor reads after sending."""
        result = self._find_result(answers.score(version._get_schema(), clean)).with_context(lang=lang)
        return result.thanks or schema.text(version._get_schema()["thanks"], lang, version._get_schema()["lang"])

    @api.model
    def _get_style(self):
        with file_open(STYLE) as source:
            return source.read()

    def _render_public(self, template, lang, values):
        """Return a template of the addon, filled in; visitors have no rights on it."""
        values = {
            "values": {},
            "errors": {},
            "url": self.public_url,
            "trap": self._get_trap(),
            "group_fields": schema.group_fields,
            "GROUPS": schema.GROUPS,
            "BOXES": schema.BOXES,
            **values,
        }
        # sudo: the templates are the addon's own, whoever shows the form.
        return self.env["ir.qweb"].sudo().with_context(lang=lang)._render(template, values)

    def _get_words(self):
        """Return the texts of the page around the fields."""
        return {
            "send": self.env._("Send"),
            "sending": self.env._("Sending..."),
            "next": self.env._("Continue"),
            "back": self.env._("Back"),
            "step": self.env._("Page {number} of {total}"),
            "optional": self.env._("optional"),
            "required": self.env._("required"),
            "choose": self.env._("Please choose"),
            "trap": self.env._("Leave this empty"),
            "summary": self.env._("Please check what is marked below."),
            "failed": self.env._("It could not be sent. What you wrote is still here: please try again."),
            "wait": self.env._("There are too many messages now. Please send it again in a minute."),
            "check": self.env._("Please check"),
            "go_on": self.env._("Continue"),
        }

    def _get_error_texts(self):
        """Return {code: sentence} of what can be wrong with a field."""
        return {
            "required": self.env._("Please fill this in."),
            "email": self.env._("This is not a complete e-mail address, for example name@example.com."),
            "phone": self.env._("This is not a complete phone number, for example +34 600 000 101."),
            "choice": self.env._("Please choose one of the list."),
            "number": self.env._("Please write a number, for example 120."),
            "min": self.env._("This is less than possible."),
            "max": self.env._("This is more than possible."),
            "date": self.env._("Please write a date, for example 2026-12-31."),
            "early": self.env._("This day is too early."),
            "late": self.env._("This day is too late."),
            "country": self.env._("Please choose a country of the list."),
            "file_type": self.env._("This kind of file cannot be sent."),
            "file_size": self.env._("These files are too large."),
            "file_many": self.env._("These are too many files."),
            "control": self.env._("Please write this in one line."),
            "long": self.env._("This is too long. Please shorten it."),
        }
