from . import answers, geo, kyero, openimmo, slots, units
