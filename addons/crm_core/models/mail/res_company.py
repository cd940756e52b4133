from odoo import api, fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    mail_tracking = fields.Boolean(
        "Follow mails",
        help="Tell when customers open, click, answer; never for a contact who objected. "
        "Say so in your privacy notice.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Forget whether mails are followed."""
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        """Forget whether mails are followed."""
        if "mail_tracking" in vals:
            self.env.registry.clear_cache()
        return super().write(vals)
