from . import crm_activity_outcome
from . import mail_activity
from . import res_company
