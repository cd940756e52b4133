from . import api, page
