from . import crm_web_form
from . import crm_web_form_field
from . import crm_web_form_version
from . import crm_intake
