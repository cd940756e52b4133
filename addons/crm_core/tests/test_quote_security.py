from odoo.tests import tagged

from .common import CrmCoreCommon

# role -> model -> what it may do: read, write, create, unlink
RIGHTS = {
    "seller": {
        "crm.quote.event": "r",
        "crm.quote.limit": "r",
        "crm.quote.approval": "r",
        "crm.mail.trace": "r",
        "crm.mail.sent": "",
    },
    "manager": {
        "crm.quote.event": "r",
        "crm.quote.limit": "rwcu",
        "crm.quote.approval": "r",
        "crm.mail.trace": "r",
        "crm.mail.sent": "r",
    },
    "officer": dict.fromkeys(("crm.quote.event", "crm.quote.limit", "crm.quote.approval", "crm.mail.trace"), ""),
}
OPERATIONS = {"r": "read", "w": "write", "c": "create", "u": "unlink"}


@tagged("post_install", "-at_install")
class TestQuoteSecurity(CrmCoreCommon):
    def test_rights_of_each_role(self):
        for role, rights in RIGHTS.items():
            for model, letters in rights.items():
                for letter, operation in OPERATIONS.items():
                    with self.subTest(role=role, model=model, operation=operation):
                        allowed = self.env[model].with_user(getattr(self, role)).has_access(operation)
                        self.assertEqual(allowed, letter in letters)
