from . import disclosure, envelope, network, vin, webhook
