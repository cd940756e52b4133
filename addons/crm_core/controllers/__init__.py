from . import mail_trace
from . import sale_portal
from . import document
from . import export
