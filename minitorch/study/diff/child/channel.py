"""Where the records of a run go: through a pipe, in turns."""

from __future__ import annotations

import os
import pickle
import sys
from io import BytesIO
from typing import Any, NoReturn

_TURN = 1 << 22
"""Bytes of records that end a turn."""
Record = tuple[Any, ...]


class Channel:
    """Where the records go. The engines take turns, so to write may mean to wait."""

    def __init__(self, records: int, go: int) -> None:
        self._records, self._go = os.fdopen(records, "wb"), os.fdopen(go, "rb", buffering=0)
        self._buffer = BytesIO()

    def wait(self) -> None:
        """Waits for this engine's turn; ends the process when nobody reads any more."""
        if not self._go.read(1):
            os._exit(0)

    def write(self, *record: Any) -> None:
        """Adds a record, and lets the other engine run when there is enough to read."""
        pickle.dump(record, self._buffer, protocol=5)
        if self._buffer.tell() > _TURN:
            self._flush(("turn",))
            self.wait()

    def close(self, why: str) -> None:
        """Ends the recording."""
        self._flush(("end", why))

    def leave(self) -> NoReturn:
        """Ends the process at once: what is left of the script, threads and exit handlers, is cut off."""
        sys.stdout.flush()
        self.close("enough")
        os._exit(0)

    def _flush(self, last: Record) -> None:
        pickle.dump(last, self._buffer, protocol=5)
        try:
            self._records.write(self._buffer.getbuffer())
            self._records.flush()
        except BrokenPipeError:
            os._exit(0)
        self._buffer = BytesIO()
