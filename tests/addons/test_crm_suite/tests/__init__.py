from . import test_database
from . import test_estate_story
