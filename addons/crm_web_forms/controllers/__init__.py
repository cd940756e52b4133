from . import api, confirm, page
