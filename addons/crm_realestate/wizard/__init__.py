from . import realestate_booking_cancel
