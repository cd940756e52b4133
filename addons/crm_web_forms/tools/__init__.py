from . import body, origin, schema
