from . import crm_cached_mixin
from . import crm_state_mixin
