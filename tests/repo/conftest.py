import pytest

from repository import ADDONS


@pytest.fixture(params=ADDONS, ids=lambda path: path.name)
def addon(request):
    """One of the five addons."""
    return request.param
