from . import public_alerts, public_homes, public_image, public_visit
