from . import backoff, payload
