from . import (
    test_api,
    test_builder,
    test_confirm,
    test_crm_web_form,
    test_page,
    test_results,
    test_security,
    test_spam,
    test_tools,
    test_ui,
)
