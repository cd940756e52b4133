from . import backoff
from . import lifecycle
from . import payload
from . import quote_diff
from . import schedule
from . import quote_figures
from . import timeline
from . import user_agent
