"""Recordings in parallel: joblib's back ends, dying workers, turns at the GPU."""

import logging
import sys
import threading
import time

import pytest
import threadpoolctl
import torch
from joblib import parallel_config
from mne.utils import logger

from mne_arousal.bids import process, workers
from mne_arousal.bids.lock import GpuTurn, gpu_turn
from mne_arousal.bids.settings import one_thread
from mne_arousal.cli import main

from .dying_worker import die_on_sub_02
from .small_dataset import DEFAULT_OUTPUT, annotate, tree_bytes
from .test_runs import CLI_FAST


@pytest.fixture(scope="module")
def cluster():
    """A Dask cluster of two processes."""
    distributed = pytest.importorskip("dask.distributed", reason="pip install 'mne-arousal[dask]'")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=logging.ERROR
        ) as cluster,
        distributed.Client(cluster),
    ):
        yield cluster


@pytest.mark.filterwarnings("ignore")  # Dask's shutdown leaves sockets and loops to the collector
def test_dask(noise_dataset, tmp_path, cluster):
    """A cluster does the work and comes to the same bytes."""
    annotate(noise_dataset, tmp_path / "here")
    with parallel_config("dask"):
        table = annotate(noise_dataset)
    assert list(table["status"]) == ["ok"] * 3
    command = ["detect", str(noise_dataset), "--output", str(tmp_path / "shell"), *CLI_FAST]
    assert main([*command, "--dask", cluster.scheduler_address]) == 0
    here = tree_bytes(tmp_path / "here")
    assert tree_bytes(tmp_path / "shell") == here
    there = tree_bytes(noise_dataset / DEFAULT_OUTPUT)
    assert {name for name in here if here[name] != there[name]} == {"dataset_description.json"}


def test_no_scheduler(noise_dataset, capsys):
    """Nobody answers there."""
    pytest.importorskip("dask.distributed")
    command = ["detect", str(noise_dataset), *CLI_FAST, "--dask", "nonsense://127.0.0.1:1"]
    assert main(command) == 2
    assert "No Dask scheduler answers" in capsys.readouterr().err


# warning filters belong to the process, and threads may restore each other's
@pytest.mark.filterwarnings("ignore:Did not find any:RuntimeWarning")
def test_threads(noise_dataset, tmp_path):
    """Whatever back end of joblib the user chooses is used."""
    annotate(noise_dataset, tmp_path / "here")
    levels = [handler.level for handler in logger.handlers]
    with parallel_config("threading", n_jobs=2):
        annotate(noise_dataset, tmp_path / "there")
    assert [handler.level for handler in logger.handlers] == levels  # the log speaks again
    assert tree_bytes(tmp_path / "there") == tree_bytes(tmp_path / "here")


@pytest.mark.filterwarnings("ignore")  # Ray's own, at start and end
def test_ray(noise_dataset, tmp_path):
    """A Ray cluster of two workers comes to the same bytes."""
    ray = pytest.importorskip("ray", reason="python -m pip install 'mne-arousal[ray]'")
    from ray.util.joblib import register_ray

    annotate(noise_dataset, tmp_path / "here")
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    try:
        register_ray()
        with parallel_config("ray", n_jobs=2):
            annotate(noise_dataset, tmp_path / "there")
    finally:
        ray.shutdown()
    assert tree_bytes(tmp_path / "there") == tree_bytes(tmp_path / "here")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.filterwarnings("ignore:A worker stopped:UserWarning")
def test_a_worker_that_dies_costs_one_recording(noise_dataset, monkeypatch):
    """The others go on, and the one that killed it is named."""
    monkeypatch.setattr(workers, "process_recording", die_on_sub_02)
    table = annotate(noise_dataset, n_jobs=2)
    assert list(table["subject"]) == ["02"]  # the stand-in leaves no results of the others
    assert "was ended from outside" in table.loc[0, "error"]


def test_one_thread_each():
    """Workers don't fight for cores; afterwards all is as before."""
    before = torch.get_num_threads()
    with one_thread():
        assert torch.get_num_threads() == 1
        pools = threadpoolctl.threadpool_info()
        assert {pool["num_threads"] for pool in pools if pool["user_api"] == "blas"} == {1}
    assert torch.get_num_threads() == before


@pytest.mark.skipif(sys.platform == "win32", reason="locks of files are POSIX")
def test_turns_at_the_gpu():
    """Two at once wait for each other."""
    inside, most = [], []

    class Step:
        def transform(self, X):
            inside.append(X)
            most.append(len(inside))
            time.sleep(0.05)
            inside.remove(X)
            return X

        fit_transform = transform

    threads = [
        threading.Thread(target=getattr(GpuTurn(Step()), name), args=(i,))
        for i, name in enumerate(("transform", "fit_transform", "transform"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1]
    with gpu_turn():
        assert inside == []


def test_only_steps_on_a_gpu_share_gpu(monkeypatch):
    """On a CPU nobody waits."""
    from mne_arousal.pipeline import FEATURES, make_arousal_pipeline

    pipeline = make_arousal_pipeline(features=FEATURES, random_state=0)
    assert process.share_gpu(pipeline, "cpu")["features"].transformer_list[1][1].__class__ is not (
        GpuTurn
    )
    monkeypatch.setattr(process, "resolve_device", lambda device: "cuda")
    steps = dict(process.share_gpu(pipeline, "auto")["features"].transformer_list)
    assert isinstance(steps["dmd"], GpuTurn)
    assert isinstance(steps["encoder"], GpuTurn)
    assert not isinstance(steps["spectral"], GpuTurn)
