"""The detector of heart beats of sleepecg, without what else its package imports.

The package brings classifiers and readers of databases along, which take longer to import than a
night's beats take to find.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec

import numpy as np
from scipy.signal import butter, sosfiltfilt

_BAND = (5.0, 30.0)  # Hz; sleepecg's, after Pan and Tompkins 1985
_INTEGRATED = 0.15  # s


def detect_beats(ecg: np.ndarray, sfreq: float) -> np.ndarray:
    """Find heart beats as ``sleepecg.detect_heartbeats`` does.

    Parameters
    ----------
    ecg : array, shape (n_samples,)
        ECG that is not constant.
    sfreq : float
        Its rate, Hz.

    Returns
    -------
    beats : array of int, shape (n_beats,)
        Samples.

    References
    ----------
    Brunner C., Hofer F. (2023). SleepECG: a Python package for sleep staging based on heart rate.
    Journal of Open Source Software 8(86), 5411 (BSD 3-clause; the steps here are its own).
    """
    compiled = _compiled()
    if compiled is None:
        from sleepecg import detect_heartbeats

        return detect_heartbeats(ecg, sfreq)
    first = int(np.argmax(ecg != ecg[0])) if ecg[1] == ecg[0] else 0
    band = butter(2, _BAND, "bandpass", output="sos", fs=sfreq)
    wave = np.ascontiguousarray(sosfiltfilt(band, ecg[first:]))
    slope = np.correlate(wave, np.array([-1, -2, 0, 2, 1]), mode="same")
    integrated = compiled._squared_moving_integration(slope, int(_INTEGRATED * sfreq))
    return np.flatnonzero(compiled._thresholding(wave, integrated, sfreq)) + first


@lru_cache(maxsize=1)
def _compiled():
    """Load the compiled part alone; None where this version of sleepecg has it elsewhere."""
    if "sleepecg" in sys.modules:
        return None
    package = find_spec("sleepecg")
    if package is None:
        return None
    found = PathFinder.find_spec("_heartbeat_detection", package.submodule_search_locations)
    if found is None or found.loader is None:
        return None
    module = module_from_spec(found)
    found.loader.exec_module(module)
    known = ("_squared_moving_integration", "_thresholding")
    return module if all(hasattr(module, name) for name in known) else None
