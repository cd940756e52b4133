from . import canonical, split
