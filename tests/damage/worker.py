"""Damaged files used one after the other in a process that may hang, crash or fill memory."""

import json
import os
import resource
import signal
import tempfile
import time
import traceback
import warnings
from pathlib import Path

from .edits import damage
from .formats import Format, check_sentence

LONGEST = 20  # s that reading may take
MOST = 3 << 30  # bytes that it may ask for


def outcomes(fmt: Format, seeds, n_analyzed=0):
    """Damage files and use them.

    Parameters
    ----------
    fmt : Format
        The format.
    seeds : iterable of int
        Seeds, one a file.
    n_analyzed : int
        Of the files that are read, how many are analyzed, too.

    Yields
    ------
    outcome : dict
        ``seed``, ``outcome`` (``"analyzed"``, ``"read"``, ``"refused"``, ``"crashed"``, ``"hung"``
        or ``"memory"``), ``text`` of an error, ``seconds`` and ``megabytes`` on top of what the
        process had.
    """
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = fmt.make(folder)
        whole = path.read_bytes()
        fmt.use(path)  # imports are no cost of the first file
        left = list(seeds)
        while left:
            reader, writer = os.pipe()
            child = os.fork()
            if not child:
                os.close(reader)
                _work(fmt, path, whole, left, n_analyzed, writer)
            os.close(writer)
            with os.fdopen(reader) as lines:
                for line in lines:
                    found = json.loads(line)
                    n_analyzed -= found["outcome"] == "analyzed"
                    left.remove(found["seed"])
                    yield found
            _, status = os.waitpid(child, 0)
            if left:  # the process died on the first one that is left
                died = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
                kind = "hung" if died == signal.SIGALRM else "crashed"
                text = f"ended by signal {died}, status {status}"
                yield {"seed": left.pop(0), "outcome": kind, "text": text,
                       "seconds": float(LONGEST), "megabytes": 0.0}  # fmt: skip


def _work(fmt, path, whole, seeds, n_analyzed, writer):
    """Use files in a child, which writes a line for each."""
    status = 1
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        limit = _memory("VmSize") + MOST
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        for seed in seeds:
            data = (fmt.damaged or damage)(whole, f"{fmt.name} {seed}")
            path.unlink(missing_ok=True)
            path.write_bytes(data)
            found = {"seed": seed, **_use(fmt, path, n_analyzed > 0)}
            n_analyzed -= found["outcome"] == "analyzed"
            os.write(writer, (json.dumps(found) + "\n").encode())
        status = 0
    finally:
        os._exit(status)


def _use(fmt, path, analyze) -> dict:
    before = _memory("VmRSS")
    _forget_peak()
    signal.alarm(LONGEST)
    begin = time.perf_counter()
    outcome, text = "read", ""
    try:
        fmt.use(path)
        seconds = time.perf_counter() - begin
        if analyze and fmt.analyze is not None:
            outcome = "analyzed"
            signal.alarm(3 * LONGEST)
            fmt.analyze(path)
    except fmt.errors as error:
        outcome, text = _refused(error)
    except MemoryError:
        outcome, text = "memory", traceback.format_exc(limit=-4)
    except BaseException:  # what this is there to find
        outcome, text = "crashed", traceback.format_exc(limit=-6)
    if text or outcome == "read":
        seconds = time.perf_counter() - begin
    signal.alarm(0)
    peak = max(_memory("VmHWM") - before, 0)
    if peak > MOST:
        outcome = "memory"
    return {"outcome": outcome, "text": text, "seconds": seconds, "megabytes": peak / 1e6}


def _refused(error) -> tuple[str, str]:
    """Tell how a file was refused: an error that hides a failed allocation asked for too much."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, MemoryError):
            return "memory", f"{error} from {inner!r}"
        inner = inner.__cause__ or inner.__context__
    try:
        check_sentence(error)
    except AssertionError as wrong:
        return "crashed", str(wrong)
    return "refused", str(error)


def _memory(name) -> int:
    """A line of this process's status, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0


def _forget_peak():
    Path("/proc/self/clear_refs").write_text("5")
