from . import crm_billing_job_cancel
