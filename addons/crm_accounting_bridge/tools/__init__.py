from . import canonical, ledger, ledger_format, split
