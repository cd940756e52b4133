from . import mail_trace
from . import sale_portal
from . import document
from . import document_portal
from . import lead_file
from . import export
