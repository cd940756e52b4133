{
    "name": "CRM Automotive Dealer",
    "summary": "Vehicles, and what buyers tell the dealer reaches the maker and comes back answered",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "website": "https://example.com/crm-suite",
    "license": "LGPL-3",
    "depends": ["crm_core", "fleet"],
    "data": [
        "security/crm_automotive_dealer_groups.xml",
        "security/automotive_vehicle_security.xml",
        "security/ir.model.access.csv",
        "views/automotive_vehicle_views.xml",
        "views/fleet_vehicle_model_views.xml",
        "views/crm_automotive_dealer_menus.xml",
    ],
    "application": True,
}
