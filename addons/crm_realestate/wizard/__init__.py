from . import realestate_booking_cancel, realestate_match_dismiss
