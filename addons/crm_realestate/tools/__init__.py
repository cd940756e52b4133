from . import answers, units
