{
    "name": "CRM Web Forms: Surveys",
    "summary": "A finished survey becomes a contact or a lead, like a form",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "CRM Suite contributors",
    "website": "https://example.com/crm-suite",
    "license": "LGPL-3",
    "depends": ["crm_web_forms", "survey_crm"],
    "data": [
        "security/ir.model.access.csv",
        "views/survey_survey_views.xml",
        "views/survey_question_views.xml",
        "views/crm_intake_views.xml",
    ],
    "auto_install": True,
}
