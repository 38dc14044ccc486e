"""Moments at which a process is ended without warning, while it writes a file.

Installed in this process, or by the environment (``MNE_AROUSAL_KILL``) in workers that start from
scratch: ``sitecustomize.py`` beside this file's `worker_hook` reads it.
"""

import json
import os
import signal
import threading
import time
from pathlib import Path

POINTS = (
    "before fsync",
    "inside fsync",
    "between fsync and rename",
    "between rename and folder fsync",
    "inside folder fsync",
    "before the temporary folder goes",
)
VARIABLE = "MNE_AROUSAL_KILL"
HOOK = """\
import json, os, sys
if "loky" in " ".join(sys.orig_argv):
    sys.path.insert(0, {root!r})
    import importlib.util
    spec = importlib.util.spec_from_file_location("kill_points", {file!r})
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.install(**json.loads(os.environ[{variable!r}]))
"""


def install(point, number, part="", once=None):
    """Have this process killed at the given time that it comes to a point.

    Parameters
    ----------
    point : str
        One of `POINTS`.
    number : int
        Which time, from 1 on.
    part : str
        Count only files whose path holds this.
    once : str | None
        File that is made first, so that of several processes one is killed.
    """
    calls = [0]
    replace, sync, remove = os.replace, os.fsync, os.rmdir

    def reached(name, path):
        if name != point or part not in str(path):
            return False
        calls[0] += 1
        return calls[0] == number

    def die():
        if once is not None:
            try:
                os.close(os.open(once, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(10)

    def fsync(handle):
        path = os.readlink(f"/proc/self/fd/{handle}")
        kind = "folder fsync" if os.path.isdir(path) else "fsync"
        if reached(f"before {kind}", path):
            die()
        if reached(f"inside {kind}", path):
            threading.Thread(target=die).start()
            for _ in range(100):
                sync(handle)
        sync(handle)

    def renamed(source, target, **kwargs):
        if reached("between fsync and rename", target):
            die()
        replace(source, target, **kwargs)
        if reached("between rename and folder fsync", target):
            die()

    def removed(path, **kwargs):
        if ".mne-arousal-" in str(path) and reached("before the temporary folder goes", path):
            die()
        remove(path, **kwargs)

    os.fsync, os.replace, os.rmdir = fsync, renamed, removed


def worker_environment(folder, **where):
    """Environment in which workers of a command are killed at a point.

    Parameters
    ----------
    folder : path-like
        Where to put the hook.
    **where : dict
        As `install` takes it.

    Returns
    -------
    environment : dict
        For `subprocess`.
    """
    root = str(Path(__file__).parents[2])
    hook = HOOK.format(root=root, file=__file__, variable=VARIABLE)
    Path(folder, "sitecustomize.py").write_text(hook)
    path = os.pathsep.join([str(folder), root, os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path, VARIABLE: json.dumps(where)}
