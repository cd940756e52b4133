from . import answers, body, conditions, openapi, origin, proof, schema, spam, upload
