from . import test_crm_billing_acceptance
from . import test_crm_billing_job
from . import test_crm_billing_policy
from . import test_exact_amounts
from . import test_portal
from . import test_security
from . import test_tools
from . import test_ui
