from . import automotive_recall_add
