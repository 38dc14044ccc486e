"""Runs in processes of their own, which tests end as the system would."""

import multiprocessing
import os
import signal
import sys

from mne_arousal.cli import main
from mne_arousal.utils import files

# Forked from a server that has imported everything once and has no threads: a fresh interpreter
# would need seconds for each.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["torch", "braindecode.preprocessing", "tests.bids.small_dataset"])


def run_command(arguments, kill_at_write=None, file_limit=None, log=None):
    """Run the command; end it without warning at a write, or let no file grow beyond a limit."""
    if log is not None:
        handle = os.open(log, os.O_WRONLY | os.O_CREAT)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
    if kill_at_write is not None:
        _kill_at_write(kill_at_write)
    if file_limit is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, resource.RLIM_INFINITY))
    sys.exit(main(arguments))


def _kill_at_write(number):
    """Send SIGKILL to this process before, and in turns after, a file gets its name."""
    calls = [0]
    replace = os.replace

    def counted(source, target):
        calls[0] += 1
        if calls[0] == number and number % 2:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)
        if calls[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)

    files.os.replace = counted


def start(arguments, **options):
    """Start the command in a process of its own."""
    process = CONTEXT.Process(target=run_command, args=(arguments,), kwargs=options)
    process.start()
    return process
