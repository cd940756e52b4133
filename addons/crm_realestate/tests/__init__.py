from . import test_realestate_property
from . import test_realestate_visit
from . import test_security
