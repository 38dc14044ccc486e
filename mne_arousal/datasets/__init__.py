"""Recordings to try the package on: simulated nights and real ones."""

from ._simulate import SimulatedPSG, simulate_psg
from ._sleep_edf import fetch_sleep_edf

__all__ = ["SimulatedPSG", "fetch_sleep_edf", "simulate_psg"]
