from . import (
    realestate_booking_cancel,
    realestate_kpi,
    realestate_match_dismiss,
    realestate_unit_generator,
    realestate_visit_finder,
    realestate_visit_round,
    realestate_visit_round_line,
    realestate_visit_slot,
)
