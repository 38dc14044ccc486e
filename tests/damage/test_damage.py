"""A few damaged files of every format; doc/benchmarks/reliability does so with thousands."""

import sys

import pytest

from .formats import FORMATS
from .worker import outcomes

N_FILES = 8
# files that once ended the process, hung, filled memory or raised another error
ONCE_WRONG = {
    "EDF+": (218, 424),
    "BrainVision .vhdr": (157, 260),
    "EEGLAB .set with .fdt": (71, 148, 164),
    "FIF": (41, 45, 72, 220),
    "*-annot.fif": (33,),
    "*_stages.csv": (4, 5, 26),
    "stages of a result (tsv)": (4, 8, 23, 30, 165),
    "record of a result (json)": (0,),
    "table of ages": (140,),
    "pipeline, sealed again": (6, 10),
}
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="limits as Linux sets them"),
    pytest.mark.filterwarnings("ignore"),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files(name):
    """Read or refused in one sentence; never another error, a hang or gigabytes."""
    seeds = sorted({*range(N_FILES), *ONCE_WRONG.get(name, ())})
    found = {one["seed"]: one for one in outcomes(FORMATS[name], seeds, n_analyzed=1)}
    assert sorted(found) == seeds
    for one in found.values():
        assert one["outcome"] in ("read", "refused", "analyzed"), one
