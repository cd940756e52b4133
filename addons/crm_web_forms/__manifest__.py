{
    "name": "CRM Web Forms",
    "summary": "Forms on any website become contacts and leads, and none is ever lost",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "website": "https://example.com/crm-suite",
    "license": "LGPL-3",
    "depends": ["crm_core", "http_routing", "utm"],
    "application": True,
}
