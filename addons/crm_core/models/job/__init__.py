from . import ir_cron
from . import crm_job_mixin
