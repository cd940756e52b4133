from . import crm_efficiency_report
