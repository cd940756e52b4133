from . import automotive_adf_send
from . import automotive_oem_case_group
from . import automotive_recall_add
from . import crm_exchange_discard
