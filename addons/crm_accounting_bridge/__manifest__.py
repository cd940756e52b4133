{
    "name": "CRM Accounting Bridge",
    "summary": "Accepted quotes become correct invoices, by themselves, once",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "CRM Suite contributors",
    "website": "https://example.com/crm-suite",
    "license": "LGPL-3",
    "depends": ["account_payment", "crm_core"],
    "data": [
        "security/crm_accounting_bridge_groups.xml",
        "security/crm_accounting_bridge_security.xml",
        "security/ir.model.access.csv",
        "data/ir_cron_data.xml",
        "views/crm_billing_templates.xml",
    ],
    "application": True,
}
