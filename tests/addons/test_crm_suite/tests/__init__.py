from . import test_database
