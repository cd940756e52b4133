from . import test_exchange
from . import test_feedback
from . import test_http
from . import test_timeline
from . import test_tools
from . import test_ui
from . import test_vehicle
