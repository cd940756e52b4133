from . import crm_intake
