"""
============================
7. On a GPU and on a cluster
============================

Shown here, and not run when this documentation is built: it needs a CUDA device, or a cluster.
"""

# sphinx_gallery_thumbnail_path = '_static/gpu.png'

# %%
# A GPU
# -----
# ``device="auto"``, the default, takes a GPU where PyTorch finds one. ``mne-arousal sys-info``
# tells which device will be used. ``device="cuda"`` asks for it, and fails with a clear error
# where there is none.

from mne_arousal import DMDTransformer, PSGEncoder, annotate_arousals, annotate_bids, sys_info

sys_info()
annotations = annotate_arousals(
    "night.edf", features=("spectral", "dmd", "body"), device="cuda", random_state=0
)

# %%
# The encoder trains on the GPU; the decomposition takes PyTorch, or CuPy where
# ``mne-arousal[cuda12]`` or ``[cuda13]`` is installed. Both can be asked for by hand.

encoder = PSGEncoder(device="cuda:0", random_state=0)
dmd = DMDTransformer(backend="cupy", device="cuda:0")

# %%
# Windows that are on the GPU already stay there.

import torch

X = torch.randn(10_000, 4, 200, device="cuda", dtype=torch.float64) * 1e-5
result = DMDTransformer(sfreq=100.0, backend="torch").fit(X).decompose(X, output="backend")

# %%
# Cores of one machine
# --------------------
# ``n_jobs`` recordings at once, each in one thread. Workers on one machine use its GPU in turns.

annotate_bids("study", n_jobs=8)

# %%
# In the shell: ``mne-arousal detect study --jobs 8``.
#
# A cluster
# ---------
# Any back end of joblib will do; Dask (``mne-arousal[dask]``) and Ray (``mne-arousal[ray]``) are
# tested.

from dask.distributed import Client
from joblib import parallel_config

with Client("tcp://scheduler:8786"), parallel_config("dask"):
    annotate_bids("/shared/study", n_jobs=64)

# %%
# In the shell: ``mne-arousal detect /shared/study --jobs 64 --dask tcp://scheduler:8786``. All
# workers need the dataset and the output folder under the same path.
#
# With a scheduler such as Slurm, no Dask is needed: give each task its own subjects and its own
# output folder.
#
# .. code-block:: sh
#
#     #SBATCH --array=1-50 --cpus-per-task=1
#     mne-arousal detect /shared/study --subject $(printf '%02d' $SLURM_ARRAY_TASK_ID) \
#         --output /shared/results/$SLURM_ARRAY_TASK_ID
#
# What it brings
# --------------
# Measured on one H100 and the CPU beside it, by the scripts of the :doc:`benchmarks
# </benchmarks>`. The decomposition gains at once. Training gains little until many sequences are
# taken at once, since each step of the small network waits for kernels to start.
#
# .. image:: /_static/gpu.png
#    :alt: Seconds of DMDTransformer and windows per second of PSGEncoder, on a CPU and on a GPU
