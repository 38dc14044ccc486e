"""Types that public signatures share, for type checkers alone."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import mne
import numpy as np
import pandas as pd
from mne.io import BaseRaw
from numpy.typing import ArrayLike

PathLike: TypeAlias = str | os.PathLike[str]
#: A Raw, a path or an ``mne_bids.BIDSPath`` (untyped).
Recording: TypeAlias = BaseRaw | PathLike | Any
#: Annotations, or a table with ``onset`` and ``duration``, s.
Events: TypeAlias = mne.Annotations | pd.DataFrame
#: What `read_hypnogram` takes.
Hypnogram: TypeAlias = mne.Annotations | PathLike | ArrayLike
Picks: TypeAlias = str | Sequence[str] | Mapping[str, str]
#: ``"auto"``, None, or a reference for each channel.
Reference: TypeAlias = str | Mapping[str, str | Sequence[str]] | None
Labels: TypeAlias = str | Sequence[str] | None
RandomState: TypeAlias = int | np.random.RandomState | None
Verbose: TypeAlias = bool | str | int | None
