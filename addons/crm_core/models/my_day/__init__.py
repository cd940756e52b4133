from . import crm_my_day
