"""Arguments that are checked where they are parsed, and near misses that are suggested."""

from __future__ import annotations

import argparse
import sys
from difflib import get_close_matches

_HIGHEST_SEED = 2**32 - 1  # of NumPy's generators


class Parser(argparse.ArgumentParser):
    """A parser that suggests what may have been meant."""

    def parse_known_args(self, args=None, namespace=None):
        """Parse, with the arguments kept for suggestions."""
        self._given = list(sys.argv[1:] if args is None else args)
        return super().parse_known_args(args, namespace)

    def error(self, message: str):
        """Print usage, the message and a near miss, and exit with status 2."""
        super().error(message + self._suggestion(message))

    def _suggestion(self, message: str) -> str:
        unknown = [word for word in getattr(self, "_given", []) if word in message]
        known = self._known()
        for word in unknown:
            near = get_close_matches(word.partition("=")[0], known, n=1, cutoff=0.6)
            if near and near[0] != word.partition("=")[0]:
                return f"\nDid you mean {near[0]}?"
        return ""

    def _known(self) -> list[str]:
        words: list[str] = []
        for action in self._actions:
            words += action.option_strings
            if isinstance(action, argparse._SubParsersAction):
                words += list(action.choices)
                for parser in action.choices.values():
                    words += [w for a in parser._actions for w in a.option_strings]
            elif action.choices is not None:
                words += [str(choice) for choice in action.choices]
        return list(dict.fromkeys(words))


def seed(text: str) -> int:
    """Parse a random seed."""
    return _whole(text, 0, f"a whole number from 0 to {_HIGHEST_SEED}", _HIGHEST_SEED)


def count(text: str) -> int:
    """Parse a number of things that may be none."""
    return _whole(text, 0, "a whole number, 0 or more")


def jobs(text: str) -> int:
    """Parse a number of jobs: positive, or -1 for one a core."""
    number = _whole(text, -1, "a positive whole number, or -1 for as many as there are cores")
    if number == 0:
        raise argparse.ArgumentTypeError(
            f"must be a positive whole number, or -1 for as many as there are cores; got {text!r}"
        )
    return number


def probability(text: str) -> float:
    """Parse a probability above 0."""
    return _real(text, "above 0 and at most 1", lambda value: 0 < value <= 1)


def positive(text: str) -> float:
    """Parse a positive number."""
    return _real(text, "a positive number", lambda value: 0 < value < float("inf"))


def _whole(text: str, low: int, what: str, high: int | None = None) -> int:
    try:
        number = int(text)
    except ValueError:
        number = low - 1
    if number < low or (high is not None and number > high):
        raise argparse.ArgumentTypeError(f"must be {what}; got {text!r}")
    return number


def _real(text: str, what: str, is_fit) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not is_fit(number):
        raise argparse.ArgumentTypeError(f"must be {what}; got {text!r}")
    return number
