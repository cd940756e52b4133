from odoo import api, fields, models


class CrmWebForm(models.Model):
    """Forms to begin with."""

    _inherit = "crm.web.form"

    template = fields.Selection(
        [
            ("contact", "Contact"),
            ("quote", "Quote request"),
            ("call", "Call me back"),
            ("newsletter", "Newsletter"),
            ("survey", "Survey"),
        ],
        "Start with",
        default="contact",
        store=False,
        help="Replaces the fields; you can change everything afterwards.",
    )

    @api.onchange("template")
    def _onchange_template(self):
        """Begin again with the fields of a template; nothing is saved yet."""
        if self.template and not self._origin:
            self.field_ids = [fields.Command.clear(), *self._prepare_template_fields(self.template)]
            self.update(self._prepare_template_values(self.template))

    @api.model
    def _get_templates(self):
        """Return {code: [field values]}, in the order they are asked; a hook for verticals."""
        text, email, phone = self._prepare_who()
        return {
            "contact": [text, email, phone, self._prepare_message(self.env._("Message"))],
            "quote": [
                {"type": "step", "label": self.env._("What you need")},
                self._prepare_message(self.env._("What do you need?"), required=True),
                {"type": "number", "label": self.env._("How many?"), "name": "quantity", "minimum": "1"},
                {"type": "date", "label": self.env._("By when?"), "name": "needed_by", "minimum": "today"},
                {"type": "step", "label": self.env._("How we reach you")},
                text,
                {"type": "text", "label": self.env._("Company"), "name": "company"},
                email,
                {**phone, "ask_country": True},
                {"type": "address", "label": self.env._("Address of delivery"), "name": "address"},
            ],
            "call": [
                text,
                {**phone, "required": True},
                {
                    "type": "radio",
                    "label": self.env._("When is a good time?"),
                    "name": "call_time",
                    "options": self.env._("In the morning\nIn the afternoon\nIn the evening"),
                },
            ],
            "newsletter": [email, self._prepare_newsletter_consent()],
            "survey": self._prepare_survey(text, email),
        }

    def _prepare_who(self):
        """Return the questions who it is and how to reach them."""
        return (
            {"type": "text", "label": self.env._("Name"), "name": "name", "required": True},
            {"type": "email", "label": self.env._("E-mail"), "name": "email", "required": True},
            {"type": "phone", "label": self.env._("Phone"), "name": "phone"},
        )

    def _prepare_message(self, label, required=False):
        return {"type": "textarea", "label": label, "name": "message", "required": required}

    def _prepare_newsletter_consent(self):
        """Return the box without which there is no newsletter; its purpose is chosen if there is one."""
        purpose = self.env["crm.privacy.purpose"].search([("code", "=", "newsletter")], limit=1)
        return {"type": "consent", "name": "newsletter", "required": True, "purpose_id": purpose.id}

    def _prepare_survey(self, name, email):
        """Return how satisfied somebody is, in points."""
        yes, no = self.env._("Yes"), self.env._("No")
        return [
            {
                "type": "rating",
                "label": self.env._("How satisfied are you?"),
                "name": "satisfaction",
                "required": True,
                "points": 1.0,
            },
            {
                "type": "radio",
                "label": self.env._("Would you recommend us?"),
                "name": "recommend",
                "options": f"{yes}\n{no}",
                "option_points": "5, 0",
            },
            self._prepare_message(self.env._("What should we do better?")),
            {**name, "required": False},
            email,
        ]

    @api.model
    def _prepare_template_fields(self, code):
        """Return the commands that make the fields of a template."""
        rows = self._get_templates()[code]
        return [fields.Command.create({"sequence": number, **row}) for number, row in enumerate(rows, start=1)]

    @api.model
    def _prepare_template_values(self, code):
        """Return the settings that go with a template."""
        return {"target": "contact" if code == "newsletter" else "lead"}
