"""Training in two processes."""

import os
import subprocess
import sys

import numpy as np
import pytest

SCRIPT = """
import sys
import numpy as np
import torch
import torch.distributed as dist
from mne_arousal import PSGEncoder

torch.set_num_threads(1)
dist.init_process_group("gloo")
rank = dist.get_rank()
X = np.random.default_rng(rank).normal(size=(80, 2, 64)) * (1 + rank)
encoder = PSGEncoder(
    4, sfreq=64.0, n_filters=4, n_embedding=8, n_hidden=4, sequence_length=8, batch_size=2,
    max_epochs=2, steps_per_epoch=3, device="cpu", random_state=0, verbose=False,
).fit(X)
both = np.random.default_rng(5).normal(size=(20, 2, 64))
np.savez(f"{sys.argv[1]}/{rank}.npz", latent=encoder.transform(both), loss=encoder.history_["loss"])
dist.destroy_process_group()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="gloo's launcher is for Unix")
def test_two_processes_learn_one_network(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    subprocess.run(
        [sys.executable, *launch, str(script), str(tmp_path)],
        check=True,
        timeout=300,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
    )
    first, second = (np.load(tmp_path / f"{rank}.npz") for rank in (0, 1))
    np.testing.assert_array_equal(first["latent"], second["latent"])
    assert not np.array_equal(first["loss"], second["loss"])  # each had data of its own
