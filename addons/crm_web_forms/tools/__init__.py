from . import answers, body, conditions, origin, schema
