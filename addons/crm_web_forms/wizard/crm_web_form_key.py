from odoo import fields, models


class CrmWebFormKey(models.TransientModel):
    """Show the key of a form once, right after it was made; it comes in the context and is kept nowhere."""

    _name = "crm.web.form.key"
    _description = "Key of a Web Form"

    key = fields.Char(readonly=True, store=False)
