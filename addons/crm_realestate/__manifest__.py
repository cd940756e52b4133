{
    "name": "CRM Real Estate",
    "summary": "Properties, demands, visits and bookings that can never collide",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "website": "https://example.com/crm-suite",
    "license": "LGPL-3",
    "depends": ["crm_core"],
    "application": True,
}
