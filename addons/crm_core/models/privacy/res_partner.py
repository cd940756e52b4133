from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    consent_ids = fields.One2many("crm.privacy.consent", "partner_id", "Consents", groups="base.group_user")

    def _has_consent(self, purpose_code):
        """Tell whether this person's last decision about a purpose is a grant.

        :param purpose_code: code of a ``crm.privacy.purpose`` of the current company
        :return: True or False; False as well when the purpose does not exist
        """
        self.ensure_one()
        purpose = self.env["crm.privacy.purpose"]._find(purpose_code)
        if not purpose:
            return False
        # sudo: the answer is yes or no, the reader needs no right on the proofs themselves.
        last = (
            self.env["crm.privacy.consent"]
            .sudo()
            .search([("partner_id", "=", self.id), ("purpose_id", "=", purpose.id)], limit=1)
        )
        return last.decision == "granted"

    def _filter_consented(self, purpose_code):
        """Return those whose last decision about a purpose is a grant; one query for all, see :meth:`_has_consent`."""
        purpose = self.env["crm.privacy.purpose"]._find(purpose_code)
        # sudo: see :meth:`_has_consent`.
        consents = self.env["crm.privacy.consent"].sudo()
        last = {}
        for consent in consents.search([("partner_id", "in", self.ids), ("purpose_id", "in", purpose.ids)]):
            last.setdefault(consent.partner_id.id, consent.decision)  # the newest first
        return self.filtered(lambda partner: last.get(partner.id) == "granted")

    def _record_consent(self, purpose_code, decision, source, text=None):
        """Append a decision of this person.

        :param purpose_code: code of a ``crm.privacy.purpose``; an unknown one records nothing
        :param decision: ``granted``, ``refused`` or ``withdrawn``
        :param source: where it was decided
        :param text: the sentence shown, by default the purpose's own
        :return: the ``crm.privacy.consent``
        """
        self.ensure_one()
        purpose = self.env["crm.privacy.purpose"]._find(purpose_code)
        if not purpose:
            return self.env["crm.privacy.consent"]
        vals = {"partner_id": self.id, "purpose_id": purpose.id, "decision": decision, "source": source}
        # sudo: appending a proof is open to whoever records a contact; changing one is not.
        return self.env["crm.privacy.consent"].sudo().create({**vals, **({"text": text} if text else {})})

    def _repeat_refusals(self, refused):
        """Append the refusals again that this person's newer grants would hide; after a merge of contacts.

        :param refused: the last decisions (``crm.privacy.consent``) of the merged contacts that say no
        """
        self.ensure_one()
        # sudo: see :meth:`_record_consent`.
        consents = self.env["crm.privacy.consent"].sudo()
        for consent in refused.grouped("purpose_id").values():
            last = consents.search(
                [("partner_id", "=", self.id), ("purpose_id", "=", consent[0].purpose_id.id)], limit=1
            )
            if last.decision == "granted":
                consents.create(self._prepare_repeated_refusal(consent[0]))

    def _prepare_repeated_refusal(self, consent):
        day = consent.date.date().isoformat()
        return {
            "partner_id": self.id,
            "purpose_id": consent.purpose_id.id,
            "decision": consent.decision,
            "text": consent.text,
            "source": self.env._("Merge of contacts: one of them said no on %(day)s", day=day),
        }
