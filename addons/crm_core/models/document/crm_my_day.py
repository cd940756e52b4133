from odoo import models
from odoo.fields import Domain

from ..my_day.crm_my_day import SHOWN


class CrmMyDay(models.AbstractModel):
    _inherit = "crm.my.day"

    def _get_my_day_sections(self, user):
        """Documents whose time to be signed is over: send a new version or let go."""
        sections = super()._get_my_day_sections(user)
        if self.env["crm.document"].has_access("read"):
            sections.append(self._get_document_section(user))
        return sections

    def _get_document_section(self, user):
        documents = self.env["crm.document"]
        domain = Domain("user_id", "=", user.id) & Domain("is_expired", "=", True)
        found = documents.search(domain, limit=SHOWN, order="expires_on, id")
        title = self.env._("Not signed in time")
        return self._prepare_section(
            "document",
            45,
            title,
            "fa-file-text-o",
            [self._prepare_document(document) for document in found],
            count=documents.search_count(domain) if len(found) == SHOWN else len(found),
            action=self._prepare_list_action("crm.document", title, domain),
        )

    def _prepare_document(self, document):
        label = self.env._("New version")
        return self._prepare_record(
            document,
            document.name,
            subtitle=document.partner_id.display_name or "",
            date=document.expires_on.isoformat(),
            late=True,
            actions=[{"method": "action_new_version", "label": label, "icon": "fa-refresh", "key": "v"}],
        )
