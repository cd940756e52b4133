from . import receivable
