"""Frequency bands of the sleep EEG, shared by the extractors."""

from __future__ import annotations

#: Bands of EEG and EOG, Hz: AASM names, with gamma up to where mains hum begins.
BANDS = {
    "delta": (0.5, 4.0),
    "theta": (4.0, 8.0),
    "alpha": (8.0, 12.0),
    "sigma": (12.0, 15.0),
    "beta": (15.0, 30.0),
    "gamma": (30.0, 45.0),
}

POWER_FLOOR = 1e-18  # V², the square of a nanovolt: far under any recorder's noise


def select_bands(bands: dict, lowpass: float) -> dict:
    """Keep what the recording holds of each band.

    Parameters
    ----------
    bands : dict
        Name and edges (Hz) of each band.
    lowpass : float
        Highest frequency with content, Hz.

    Returns
    -------
    bands : dict
        Without bands above `lowpass`; one that is partly above is cut.
    """
    return {name: (low, min(high, lowpass)) for name, (low, high) in bands.items() if low < lowpass}
