from . import test_intake
from . import test_job
from . import test_pipeline
from . import test_privacy
from . import test_quote
from . import test_security
from . import test_tools
from . import test_ui
