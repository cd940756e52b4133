from . import crm_web_form
from . import crm_web_form_submit
from . import crm_web_form_field
from . import crm_web_form_version
from . import crm_web_rate_event
from . import crm_intake
from . import ir_http
