"""The functions that are under way when the engine tells something: its own, and the script's."""

from __future__ import annotations

import os
import sys
import types

from minitorch.errors import is_engine

_STUDY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")
"""Frames in here are the recorder's own: a subclass of it hands on what the engine has told."""
_DATA = os.path.join(os.path.dirname(os.path.dirname(_STUDY)), "utils", "data", "")


def frames_of_call() -> tuple[types.FrameType, types.FrameType | None, bool]:
    """The frame of the engine that tells an observer, the script's line, and whether a DataLoader is in between."""
    caller = sys._getframe(2)
    while caller.f_back is not None and caller.f_code.co_filename.startswith(_STUDY):
        caller = caller.f_back
    loading = False
    frame: types.FrameType | None = caller
    while frame is not None and is_engine(frame.f_code.co_filename):
        loading = loading or frame.f_code.co_filename.startswith(_DATA)
        frame = frame.f_back
    return caller, frame, loading


def runs(frame: types.FrameType) -> bool:
    """Whether a frame is under way still, as a caller of this one."""
    here: types.FrameType | None = sys._getframe(1)
    while here is not None:
        if here is frame:
            return True
        here = here.f_back
    return False
