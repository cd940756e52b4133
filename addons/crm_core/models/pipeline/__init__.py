from . import crm_pipeline
from . import crm_stage
from . import crm_lead
from . import mail_activity
