from . import adf
from . import exchange
