from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import CrmCoreCommon

MODELS = (
    "crm.pipeline",
    "crm.lead.party",
    "crm.intake",
    "crm.privacy.purpose",
    "crm.privacy.consent",
    "crm.phone",
    "crm.activity.outcome",
)
DOCUMENTS = ("crm.document", "crm.document.signer")
TEMPLATES = ("crm.document.template", "crm.document.template.signer", "crm.document.clause")
MODELS += DOCUMENTS + TEMPLATES
# role -> model -> what it may do
RIGHTS = {
    "seller": {
        "crm.pipeline": "r",
        "crm.activity.outcome": "r",
        "crm.lead.party": "rwcu",
        **dict.fromkeys(DOCUMENTS, "rwcu"),
        **dict.fromkeys(TEMPLATES, "r"),
        "crm.intake": "r",
        "crm.privacy.purpose": "r",
        "crm.privacy.consent": "rc",
        "crm.phone": "rwcu",
    },
    "manager": {
        "crm.pipeline": "rwcu",
        "crm.activity.outcome": "rwcu",
        "crm.lead.party": "rwcu",
        **dict.fromkeys(DOCUMENTS + TEMPLATES, "rwcu"),
        "crm.intake": "rw",
        "crm.privacy.purpose": "r",
        "crm.privacy.consent": "rc",
        "crm.phone": "rwcu",
    },
    "officer": {
        "crm.pipeline": "",
        "crm.activity.outcome": "r",
        "crm.lead.party": "",
        **dict.fromkeys(DOCUMENTS + TEMPLATES, ""),
        "crm.intake": "",
        "crm.privacy.purpose": "rwcu",
        "crm.privacy.consent": "rc",
        "crm.phone": "r",
    },
}
# model -> rights of (seller, manager, officer)
OWNERSHIP = {
    "crm.handover": ("r", "rwc", ""),
    "crm.handover.line": ("r", "r", ""),
    "crm.handover.scope": ("r", "rwcu", ""),
    "crm.handover.area": ("r", "rwcu", ""),
    "crm.intake.source": ("r", "rwcu", ""),
    "crm.intake.discard": ("", "rwcu", ""),
    "crm.export.log": ("", "r", "r"),
    "crm.efficiency.report": ("r", "r", ""),
}
CONTACT = {
    "crm.duplicate": ("r", "r", "r"),
    "crm.lifecycle.change": ("r", "r", "r"),
    "crm.merge.log": ("", "r", "r"),
    "crm.merge.log.line": ("", "r", "r"),
    "crm.relationship": ("r", "r", "r"),
    "crm.relationship.level": ("r", "rwcu", "r"),
    "crm.segment": ("rwcu", "rwcu", "r"),
}
OWNERSHIP |= CONTACT
MODELS += tuple(OWNERSHIP)
for number, rights in enumerate(RIGHTS.values()):
    rights |= {model: roles[number] for model, roles in OWNERSHIP.items()}
OPERATIONS = {"r": "read", "w": "write", "c": "create", "u": "unlink"}


@tagged("post_install", "-at_install")
class TestSecurity(CrmCoreCommon):
    def test_rights_of_each_role(self):
        for role, rights in RIGHTS.items():
            for model in MODELS:
                for letter, operation in OPERATIONS.items():
                    with self.subTest(role=role, model=model, operation=operation):
                        allowed = self.env[model].with_user(getattr(self, role)).has_access(operation)
                        self.assertEqual(allowed, letter in rights[model])

    def test_companies_do_not_see_each_other(self):
        self.pipeline.company_id = self.company
        purpose = self.env["crm.privacy.purpose"].create({"name": "N", "code": "n", "company_id": self.company.id})
        partner = self.env["res.partner"].create({"name": "Max"})
        consent = partner.with_company(self.company)._record_consent("n", "granted", "test")
        intake = self._receive(email="a@example.com")
        outcome = self.env["crm.activity.outcome"].create({"name": "O", "company_id": self.company.id})
        source = self.env["crm.intake.source"].create({"name": "S", "code": "s", "company_id": self.company.id})
        for record in (self.pipeline, outcome, purpose, consent, intake, source):
            with self.subTest(model=record._name), self.assertRaises(AccessError):
                record.with_user(self.seller_b).read(["display_name"])

    def test_a_seller_sees_own_intakes_only(self):
        own = self._receive(email="a@example.com")
        other = self._receive(email="b@example.com")
        other.sudo().write({"user_id": self.manager.id})
        self.assertEqual(self.env["crm.intake"].with_user(self.seller).search([]), own)
        self.assertEqual(len(self.env["crm.intake"].with_user(self.manager).search([])), 2)

    def test_a_manager_cannot_rewrite_what_arrived(self):
        with self.assertRaises(AccessError):
            self.env["crm.intake"].with_user(self.manager).create({"source": "x", "target": "lead"})

    def test_the_privacy_officer_needs_no_sales_rights(self):
        partner = self.env["res.partner"].create({"name": "Nils"})
        self.assertEqual(partner.with_user(self.officer).consent_ids.ids, [])
        self.assertFalse(self.officer.has_group("sales_team.group_sale_salesman"))
