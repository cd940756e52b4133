from odoo import models
from odoo.fields import Domain

DEALER = "crm_automotive_dealer.group_crm_automotive_dealer_user"


class ResPartner(models.Model):
    """The cars of a customer in the history: bought, driven, repaired, called back."""

    _inherit = "res.partner"

    def _crm_timeline_sources(self):
        partners = self._crm_timeline_partners()
        own = [
            self._get_vehicle_source(partners),
            self._get_test_drive_source(partners),
            self._get_workshop_source(partners),
            self._get_recall_source(partners),
        ]
        return [*super()._crm_timeline_sources(), *own]

    def _get_meeting_source(self, partners, documents):
        """Whoever sees test drives and appointments need not see their meetings as well."""
        source = super()._get_meeting_source(partners, documents)
        if self.env.user.has_group(DEALER):
            plain = Domain("test_drive_ids", "=", False) & Domain("service_appointment_ids", "=", False)
            source["domain"] &= plain
        return source

    def _get_vehicle_source(self, partners):
        return {
            "kind": "car",
            "label": self.env._("Cars"),
            "icon": "fa-car",
            "model": "automotive.vehicle.party",
            "domain": Domain("partner_id", "in", partners.ids),
            "date": "date_from",
            "fields": ["date_from", "date_to", "role", "vehicle_id"],
            "prepare": self._prepare_vehicle_entry,
        }

    def _prepare_vehicle_entry(self, party):
        # sudo: the name of a car on something the user may read.
        car = party.vehicle_id.sudo().display_name
        until = self.env._("until %(day)s", day=party.date_to) if party.date_to else ""
        record = {"res_model": party.vehicle_id._name, "res_id": party.vehicle_id.id}
        return {"title": f"{self._get_label(party, 'role')}: {car}", "text": until, **record}

    def _get_test_drive_source(self, partners):
        return {
            "kind": "test_drive",
            "label": self.env._("Test drives"),
            "icon": "fa-road",
            "model": "automotive.test.drive",
            "domain": Domain("partner_id", "in", partners.ids),
            "date": "start",
            "fields": ["start", "state", "interest", "comment", "vehicle_id", "model_id", "user_id"],
            "prepare": self._prepare_test_drive_entry,
        }

    def _prepare_test_drive_entry(self, drive):
        car = (drive.vehicle_id or drive.model_id).sudo().display_name or ""  # sudo: as above
        said = (self._get_label(drive, "state"), self._get_label(drive, "interest"), drive.comment)
        title = self.env._("Test drive: %(car)s", car=car)
        return {"title": title, "text": " · ".join(filter(None, said)), "author": self._get_name(drive.user_id)}

    def _get_workshop_source(self, partners):
        return {
            "kind": "workshop",
            "label": self.env._("Workshop"),
            "icon": "fa-wrench",
            "model": "automotive.service.appointment",
            "domain": Domain("partner_id", "in", partners.ids),
            "date": "start",
            "fields": ["start", "state", "request", "vehicle_id", "user_id"],
            "prepare": self._prepare_workshop_entry,
        }

    def _prepare_workshop_entry(self, appointment):
        title = self.env._("Workshop: %(car)s", car=appointment.vehicle_id.sudo().display_name)  # sudo: as above
        said = (self._get_label(appointment, "state"), appointment.request)
        return {"title": title, "text": " · ".join(filter(None, said)), "author": self._get_name(appointment.user_id)}

    def _get_recall_source(self, partners):
        owned = Domain("partner_id", "in", partners.ids) & Domain("role", "=", "owner") & Domain("date_to", "=", False)
        return {
            "kind": "recall",
            "label": self.env._("Recalls"),
            "icon": "fa-exclamation-triangle",
            "model": "automotive.recall.vehicle",
            "domain": Domain("vehicle_id.party_ids", "any", owned),
            "date": "create_date",
            "fields": ["create_date", "state", "recall_id", "vehicle_id"],
            "prepare": self._prepare_recall_entry,
        }

    def _prepare_recall_entry(self, line):
        recall = line.recall_id.sudo()  # sudo: as above
        title = self.env._("Recall %(number)s: %(title)s", number=recall.name, title=recall.title)
        return {"title": title, "text": self._get_label(line, "state")}
