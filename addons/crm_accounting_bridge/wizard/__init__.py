from . import crm_billing_job_cancel
from . import crm_billing_job_fix
from . import crm_billing_policy_setup
from . import crm_billing_rebill
from . import crm_billing_simulation
