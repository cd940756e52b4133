from . import crm_pipeline
from . import crm_stage
from . import crm_lead
from . import crm_lead_loop
from . import crm_lead_party
from . import crm_lead_parties
from . import res_partner_parties
from . import base_partner_merge
