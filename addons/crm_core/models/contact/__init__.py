from . import crm_phone
from . import res_partner
from . import res_partner_timeline
from . import crm_merge_log
from . import crm_merge_log_line
from . import base_partner_merge
