"""Python imports this at its start: the clock of the process goes wrong by SUITE_CLOCK seconds."""

import os
import time

_right, _wrong_by = time.time, float(os.environ.get("SUITE_CLOCK", "0"))
time.time = lambda: _right() + _wrong_by
