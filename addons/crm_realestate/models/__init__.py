from . import realestate_state_mixin
from . import realestate_zone
from . import realestate_property_type
from . import realestate_feature
from . import realestate_property
from . import realestate_party
from . import realestate_image
from . import realestate_price_history
