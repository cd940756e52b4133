from . import crm_job_mixin
