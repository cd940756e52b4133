from . import test_crm_intake
from . import test_realestate_booking
from . import test_realestate_demand
from . import test_realestate_property
from . import test_realestate_visit
from . import test_security
from . import test_tour
from . import test_tools
