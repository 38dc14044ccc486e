"""Fixtures for the tests of DMD."""

import numpy as np
import pytest
from scipy.signal import lfilter


@pytest.fixture(scope="session")
def windows():
    """Colored noise, V, shape (40, 3, 200)."""
    noise = np.random.default_rng(0).standard_normal((40, 3, 300))
    return 1e-5 * lfilter([1.0], [1.0, -1.2, 0.8, -0.3], noise)[:, :, 100:]


@pytest.fixture(params=["numpy", "torch"])
def backend_name(request):
    """Each library that is installed."""
    pytest.importorskip(request.param)
    return request.param
