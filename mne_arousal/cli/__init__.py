"""The command ``mne-arousal``, one module per sub-command.

A sub-command is a module with ``add_parser(commands)``, which adds its parser and sets ``run``, a
function that takes the parsed arguments and returns the exit status.
"""

from __future__ import annotations

import argparse
import gc
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from .._version import __version__
from . import channels, demo, detect, evaluate, report, review, sys_info
from .parsing import Parser

_GARBAGE = 50_000  # new objects after which Python looks for garbage; 700 are usual
EXIT_UNUSABLE = 2
EXIT_INTERRUPTED = 130  # as shells have it for SIGINT
COMMANDS = (detect, channels, report, review, evaluate, demo, sys_info)

_EPILOG = """\
examples:
  mne-arousal demo                                    see it work, offline
  mne-arousal detect night.edf --output results       one recording
  mne-arousal channels night.edf                      what each channel is taken for
  mne-arousal report night.edf --output night.html    one recording, as a page
  mne-arousal report results --output night.html      what detect wrote, as a page
  mne-arousal review results night.edf                accept and reject what was found
  mne-arousal detect study --jobs 4                   a BIDS dataset
  mne-arousal detect folder --output results          a folder of recordings
  mne-arousal evaluate results scored                 compare with an expert's arousals
  mne-arousal detect --help                           all options

Exit status: 0 done, 1 some recordings of a dataset failed, 2 the call or the
recording can't be used. For research; not for diagnosis or treatment.
"""


def main(argv: list[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : list of str | None
        Arguments; None takes those of the process.

    Returns
    -------
    status : int
        0; 1 when some recordings of a dataset failed; 2 when the call or the recording can't be
        used.
    """
    # imports make a million objects that stay; looking through them for garbage takes long
    gc.set_threshold(_GARBAGE, 10, 10)
    arguments = _parser().parse_args(argv)
    # heavy imports come after the arguments are known to be good
    from mne.utils import set_log_level

    from ..utils.privacy import clean_log

    set_log_level(arguments.verbose)
    with _log_to_stderr(), warnings.catch_warnings(), clean_log():
        warnings.showwarning = _show_warning
        try:
            return arguments.run(arguments)
        except KeyboardInterrupt:
            print("mne-arousal: interrupted", file=sys.stderr)
            return EXIT_INTERRUPTED
        except Exception as error:  # a traceback would show what was read
            _show_error(error)
            return EXIT_UNUSABLE


def _show_error(error: Exception) -> None:
    from mne.utils import logger

    from ..utils.errors import RecordingError
    from ..utils.privacy import failed_where, reader_words
    from ..utils.text import printable

    if isinstance(error, RecordingError | FileNotFoundError):
        text = printable(error)
    elif isinstance(error, MemoryError):
        text = "there is not enough memory. Use a machine with more, or fewer jobs."
    else:
        kind = type(error).__name__
        text = f"unexpected {kind} ({reader_words(error)}). Please report it with --verbose debug."
        logger.debug(failed_where(error))
    print(f"mne-arousal: error: {text}", file=sys.stderr)


@contextmanager
def _log_to_stderr() -> Iterator[None]:
    """Send MNE's log to stderr: stdout holds results, which another program may read."""
    from mne.utils import logger

    handlers = [h for h in logger.handlers if type(h) is logging.StreamHandler]
    before = [handler.setStream(sys.stderr) for handler in handlers]
    try:
        yield
    finally:
        for handler, stream in zip(handlers, before, strict=True):
            if stream is not None:
                handler.setStream(stream)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="mne-arousal",
        description="Find sleep stages and micro-arousals in unlabeled polysomnography.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"mne-arousal {__version__}")
    commands = parser.add_subparsers(
        parser_class=Parser, title="commands", required=True, metavar="COMMAND"
    )
    for command in COMMANDS:
        command.add_parser(commands)
    return parser


def _show_warning(message, category, filename, lineno, file=None, line=None) -> None:
    from ..utils.text import printable

    print(f"mne-arousal: warning: {printable(message)}", file=sys.stderr)
