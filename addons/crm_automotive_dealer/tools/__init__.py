from . import deadline, disclosure, envelope, network, vin, webhook
