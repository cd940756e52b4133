# In order of dependency.
from . import mixin
from . import job
from . import privacy
from . import contact
from . import activity
from . import pipeline
from . import quote
from . import mail
from . import my_day
from . import meeting
from . import intake
from . import ownership
from . import settings
from . import document
