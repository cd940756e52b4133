from . import answers, geo, slots, units
