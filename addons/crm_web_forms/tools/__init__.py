from . import origin, schema
