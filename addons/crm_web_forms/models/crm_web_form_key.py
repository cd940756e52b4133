import secrets

from odoo import api, fields, models
from odoo.tools import consteq

from ..tools import schema


class CrmWebForm(models.Model):
    """The key other servers send with."""

    _inherit = "crm.web.form"

    key_hash = fields.Char(copy=False, groups="base.group_system", help="SHA-256 of the key of other servers.")
    has_key = fields.Boolean("Servers may send with a key", compute="_compute_has_key")

    @api.depends("key_hash")
    def _compute_has_key(self):
        for form in self:
            # sudo: that there is a key is no secret; its hash does not leave.
            form.has_key = bool(form.sudo().key_hash)

    def _check_key(self, key):
        """Tell whether this is the key of the form, in the same time whatever it is."""
        # sudo: the hash is compared, never shown.
        expected = self.sudo().key_hash
        return bool(expected) and consteq(expected, schema.fingerprint(key))

    def action_make_key(self):
        """Make a new key for other servers and show it once; the former one stops working."""
        self.ensure_one()
        self.check_access("write")
        key = secrets.token_urlsafe(32)
        # sudo: only the hash is kept, and nobody but the system reads it.
        self.sudo().key_hash = schema.fingerprint(key)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Key of %(form)s", form=self.name),
            "res_model": "crm.web.form.key",
            "view_mode": "form",
            "target": "new",
            "context": {"default_key": key},
        }

    def action_remove_key(self):
        """Let no server in any more."""
        self.check_access("write")
        # sudo: see `action_make_key`.
        self.sudo().key_hash = False
