from . import crm_intake_source
from . import crm_intake
from . import crm_intake_match
from . import crm_intake_process
from . import crm_intake_forget
from . import res_partner
