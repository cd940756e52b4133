from . import sale_portal
from . import document
from . import export
