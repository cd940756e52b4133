from . import crm_state_mixin
