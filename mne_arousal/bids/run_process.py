"""Workers end when the process of their run does."""

from __future__ import annotations

import os
import threading
import time

_LOOK = 0.5  # s between two looks at whether it is still there
_followed: set[int] = set()


def end_with(process: int) -> None:
    """End this process soon after the one that started it, however that one ends.

    A worker whose run was killed would compute on for minutes, for nobody. Where this process was
    started by another one, as on a cluster, or is the run's own, nothing happens.

    Parameters
    ----------
    process : int
        Process of the run.
    """
    if os.name != "posix" or os.getppid() != process or process in _followed:
        return
    _followed.add(process)
    threading.Thread(target=_watch, args=(process,), daemon=True).start()


def _watch(process: int) -> None:
    while os.getppid() == process:
        time.sleep(_LOOK)
    os._exit(1)
