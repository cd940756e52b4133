from . import answers, body, conditions, origin, proof, schema, spam, upload
