from . import backoff, payload, quote_diff, timeline
