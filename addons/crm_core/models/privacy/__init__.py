from . import crm_privacy_purpose
from . import crm_privacy_consent
from . import res_partner
from . import res_partner_erase
from . import res_partner_export
