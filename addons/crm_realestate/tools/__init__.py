from . import answers, geo, kyero, match_sql, openimmo, slots, units
