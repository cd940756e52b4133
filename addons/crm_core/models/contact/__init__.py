from . import crm_phone
from . import res_partner
from . import res_partner_timeline
from . import base_partner_merge
