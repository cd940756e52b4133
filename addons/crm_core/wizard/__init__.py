from . import crm_quote_approve
from . import crm_quote_refuse
from . import crm_activity_cancel
from . import crm_activity_snooze
from . import crm_next_step
from . import crm_intake_discard
from . import crm_pipeline_switch
from . import crm_pipeline_switch_line
