from . import crm_my_day
from . import crm_my_day_approvals
from . import crm_my_day_contacts
from . import crm_my_day_unanswered
