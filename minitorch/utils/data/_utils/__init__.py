"""The places that torch gives to what `torch.utils.data` is made of, where older scripts look for `default_collate`."""

import sys

from minitorch.utils.data import collate as collate
from minitorch.utils.data import worker as worker

for _file in (collate, worker):
    sys.modules[f"{__name__}.{_file.__name__.rpartition('.')[2]}"] = _file
