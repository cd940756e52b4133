from . import test_crm_web_form, test_security, test_tools
