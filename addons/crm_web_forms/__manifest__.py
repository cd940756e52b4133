{
    "name": "CRM Web Forms",
    "summary": "Forms on any website become contacts and leads, and none is ever lost",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "website": "https://example.com/crm-suite",
    "license": "LGPL-3",
    "depends": ["crm_core", "http_routing", "utm"],
    "data": [
        "security/crm_web_forms_security.xml",
        "security/ir.model.access.csv",
        "views/crm_web_form_templates.xml",
        "views/crm_web_form_views.xml",
        "wizard/crm_web_form_key_views.xml",
        "views/crm_intake_views.xml",
        "views/crm_web_forms_menus.xml",
    ],
    "demo": ["demo/crm_web_form_demo.xml"],
    "assets": {
        "web.assets_tests": ["crm_web_forms/static/tests/tours/*.js"],
    },
    "application": True,
}
