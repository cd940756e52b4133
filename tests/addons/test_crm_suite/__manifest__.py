{
    "name": "CRM Suite Tests",
    "summary": "Flows that cross the addons, browser tours, races",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "author": "CRM Suite contributors",
    "license": "LGPL-3",
    "depends": [
        "crm_accounting_bridge",
        "crm_automotive_dealer",
        "crm_core",
        "crm_realestate",
        "crm_web_forms",
    ],
    "assets": {
        "web.assets_tests": ["test_crm_suite/static/tests/tours/*"],
    },
}
