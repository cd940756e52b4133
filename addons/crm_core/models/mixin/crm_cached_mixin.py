from odoo import api, models


class CrmCachedMixin(models.AbstractModel):
    """Settings whose answers are kept in the cache of the registry: every change of them empties it."""

    _name = "crm.cached.mixin"
    _description = "Cached Setting"

    @api.model_create_multi
    def create(self, vals_list):
        """Forget what was kept."""
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        """Forget what was kept."""
        self.env.registry.clear_cache()
        return super().write(vals)

    @api.ondelete(at_uninstall=True)
    def _unlink_forget(self):
        self.env.registry.clear_cache()
