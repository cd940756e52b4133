from . import import_sheet, portal, public_alerts, public_feed, public_homes, public_image, public_visit
