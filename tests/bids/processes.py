"""Runs in processes of their own, which tests end as the system would."""

import multiprocessing
import os
import re
import sys
from pathlib import Path

from mne_arousal.cli import main

from .kill_points import install

# Forked from a server that has imported everything once and has no threads: a fresh interpreter
# would need seconds for each.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["torch", "braindecode.preprocessing", "tests.bids.small_dataset"])


def run_command(arguments, kill_at=None, file_limit=None, memory_limit=None, log=None):
    """Run the command; end it at a point, or let no file or its memory grow beyond a limit."""
    if log is not None:
        handle = os.open(log, os.O_WRONLY | os.O_CREAT)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
    if kill_at is not None:
        install(*kill_at)
    if file_limit is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, resource.RLIM_INFINITY))
    if memory_limit is not None:
        import resource

        status = Path("/proc/self/status").read_text()
        there = 1024 * int(re.search(r"VmSize:\s+(\d+)", status)[1])
        resource.setrlimit(resource.RLIMIT_AS, (there + memory_limit, resource.RLIM_INFINITY))
    sys.exit(main(arguments))


def start(arguments, **options):
    """Start the command in a process of its own."""
    process = CONTEXT.Process(target=run_command, args=(arguments,), kwargs=options)
    process.start()
    return process
