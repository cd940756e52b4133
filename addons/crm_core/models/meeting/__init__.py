from . import calendar_event
from . import mail_activity
from . import crm_my_day
