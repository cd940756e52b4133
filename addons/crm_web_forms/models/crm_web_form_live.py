from odoo import api, models, tools


class CrmWebForm(models.Model):
    """Finding a form for a visitor, again and again, without asking the database what it said before."""

    _name = "crm.web.form"
    _inherit = ["crm.web.form", "crm.cached.mixin"]

    @api.model
    def _find_live(self, number):
        """Return the published form with this public number, or none.

        Most of it is remembered: strangers ask as often as they like, a form changes when a colleague saves it.
        """
        # sudo: visitors have no rights at all; of a form they get what `_get_public_schema` returns.
        forms = self.sudo()
        form = forms.browse(forms._get_live_ids().get(number))
        if form:
            form._update_cache(form._get_settings(), validate=False)
        return form

    @api.model
    @tools.ormcache()
    def _get_live_ids(self):
        """Return {public number: id} of the published forms."""
        return {form.uuid: form.id for form in self.search([("state", "=", "published")])}

    @tools.ormcache("self.id")
    def _get_settings(self):
        """Return {field: value} of what is the same in every language, to be remembered between requests.

        Not of what the database empties by itself, when the team or the salesperson is deleted.
        """
        fields_known = (self._fields[name] for name in self._get_columns())
        names = [field.name for field in fields_known if not (field.relational and field.ondelete == "set null")]
        return self.read(names, load=None)[0]

    @api.model
    @tools.ormcache()
    def _get_columns(self):
        """Return the names of what a request may need that is the same in every language."""
        return tuple(
            name
            for name, field in self._fields.items()
            if field.store and field.column_type and not (field.translate or field.groups)
        )

    @tools.ormcache("self.id")
    def _get_version_ids(self):
        """Return {number: id} of the versions."""
        return {version.number: version.id for version in self.version_ids}
