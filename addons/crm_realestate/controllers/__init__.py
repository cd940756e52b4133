from . import public_image, public_visit
