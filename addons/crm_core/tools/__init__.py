from . import backoff, payload, timeline
