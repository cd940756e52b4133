from . import crm_web_form_report
