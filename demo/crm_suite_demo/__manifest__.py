{
    "name": "CRM Suite Demo",
    "summary": "One story through all five addons: an estate agency, a car dealer and a maker",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "CRM Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_accounting_bridge",
        "crm_automotive_dealer",
        "crm_core",
        "crm_realestate",
        "crm_web_forms",
        "l10n_es",
    ],
}
