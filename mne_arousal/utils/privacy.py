"""What leaves the program says nothing of a subject, a user or a machine.

Libraries that read recordings quote what they read: a header's name or date of birth, a row of
``participants.tsv``, a path. Nothing that they say is passed on as it is. Their log is not heard
(`silent_readers`), and of their errors only those words are kept that stand in the source of the
functions that raised them (`reader_words`): what came from a file does not. Text of this package
passes `clean_log` on its way to the log; `RecordingError` cleans its own.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType

from .text import printable

_QUOTED = re.compile(r"""(?<!\w)[a-z]?(['"]).*?\1|<[^>]*>|\(\s*b?'.*?\)""")
_WORD = re.compile(r"\w+")
_PATH = re.compile(r"(?:[A-Za-z]:)?[^\s'\"(]*[\\/][^\s'\")]*")
_MAX_DIGITS = (
    3  # of a number that is kept: counts and positions, neither years nor hospital numbers
)
_MAX_LENGTH = 200  # characters of a reader's sentence
# Words of errors that CPython and NumPy raise in C, whose source can't be looked into.
_COMMON_WORDS = frozenset(
    _WORD.findall(
        """
        a all already an and any as at argument array base be between bound bounds buffer but by
        byte bytes can cannot cast channel channels character codec column columns convert could
        data day decode decompress decompressing delimiter dimension dimensions directory does
        duplicate empty end eof equal error exceeded exceeds exist exists expected expecting
        extra field fields file files float for format found from got had has have header in
        incorrect index indices int integer into invalid is its key large length less line lines
        list literal local longer mapping match maximum memory method missing month more must
        name nan negative no nonempty none not number object of only open operands or out
        outside over parse parsing permission position property range read reading reached
        recursion required requires reshape row sample samples section sections sequence shape
        shapes shift short should size small source start str stream string such support
        supported than that the this time to token tokenizing too truncated type types unable
        unexpected unicode unknown unpack unsupported unterminated use value values version was
        junk mismatched tag unclosed well formed element document encoding syntax
        while with within without wrong year zero
        """
    )
)


def reader_words(error: BaseException) -> str:
    """Say in one sentence what a library's error says, without anything that it read.

    Parameters
    ----------
    error : exception
        What a reader raised.

    Returns
    -------
    text : str
        Its first line; ``...`` stands for what may come from the file. Its class where nothing is
        left.
    """
    kind = type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        return printable(error.strerror)
    text = (str(error).strip() or kind).splitlines()[0].rstrip(".:")
    text = _PATH.sub("...", _QUOTED.sub("'...'", text))
    text = known_words(text, _COMMON_WORDS | _source_words(error))[:_MAX_LENGTH]
    return text if re.search(r"[^\W\d]{2}", text.replace("...", "")) else kind


def known_words(text: str, known: Collection[str]) -> str:
    """Keep words that are known and short numbers; ``...`` stands for all others.

    Parameters
    ----------
    text : str
        Text that may hold anything.
    known : collection of str
        Words in lower case.

    Returns
    -------
    text : str
        One line.
    """

    def keep(match: re.Match) -> str:
        word = match[0]
        if word.isdigit():
            return word if len(word) <= _MAX_DIGITS else "..."
        return word if word.lower() in known else "..."

    text = " ".join(printable(_WORD.sub(keep, text)).split())
    return re.sub(r"(?:\.\.\.\W*){2,}", "... ", text).strip()


def _source_words(error: BaseException) -> set[str]:
    """Words of the texts in the functions that an error passed through, in lower case."""
    codes = [
        getattr(method, "__code__", None) for method in (type(error).__init__, type(error).__str__)
    ]
    trace = error.__traceback__
    while trace is not None:
        codes.append(trace.tb_frame.f_code)
        trace = trace.tb_next
    texts = (text for code in codes if code is not None for text in _constants(code))
    return {word.lower() for text in texts for word in _WORD.findall(text) if not word.isdigit()}


def _constants(code: CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, CodeType):
            yield from _constants(constant)


def failed_where(error: BaseException) -> str:
    """Say where an error was raised, as a traceback without messages and without values.

    Parameters
    ----------
    error : exception
        The error.

    Returns
    -------
    text : str
        Kind of the error, and file, line and function of each call.
    """
    calls = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        calls.append(f"{Path(code.co_filename).name}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    return f"{type(error).__name__}, raised by {' > '.join(calls)}"


class _Filter(logging.Filter):
    """Clean records of MNE's log, or drop those of threads in which a reader works."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()
        self.inside = 0
        self.silent = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(self.silent, "depth", 0):
            return False
        ours = "mne_arousal" in record.pathname
        record.msg, record.args = printable(record.getMessage(), keep_newlines=not ours), ()
        return True


_filter = _Filter()


@contextmanager
def clean_log() -> Iterator[None]:
    """Keep control characters out of MNE's log while this lasts, in all threads.

    Yields
    ------
    None
        Nothing.
    """
    logger = logging.getLogger("mne")
    with _filter.lock:
        _filter.inside += 1
        logger.addFilter(_filter)
    try:
        yield
    finally:
        with _filter.lock:
            _filter.inside -= 1
            if not _filter.inside:
                logger.removeFilter(_filter)


@contextmanager
def silent_readers() -> Iterator[None]:
    """Keep what MNE and mne-bids log in this thread from being heard.

    Yields
    ------
    None
        Nothing.
    """
    with clean_log():
        _filter.silent.depth = getattr(_filter.silent, "depth", 0) + 1
        try:
            yield
        finally:
            _filter.silent.depth -= 1
