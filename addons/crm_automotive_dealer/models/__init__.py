from . import automotive_vehicle
from . import automotive_vehicle_party
from . import res_partner
