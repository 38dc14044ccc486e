"""Train one encoder on many recordings, in several processes or on several machines.

One machine with four GPUs:

    torchrun --standalone --nproc-per-node=4 encoder_distributed.py encoder.safetensors *.edf

A SLURM cluster, two machines (``sbatch`` this):

    #!/bin/bash
    #SBATCH --nodes=2 --ntasks-per-node=1 --gpus-per-node=4 --cpus-per-task=32
    host=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
    srun torchrun --nnodes=2 --nproc-per-node=4 --rdzv-backend=c10d \
        --rdzv-endpoint="$host:29500" encoder_distributed.py encoder.safetensors /data/*.edf

Each process prepares and draws from recordings of its own; gradients are averaged
(PyTorch's DistributedDataParallel). All processes end with the same encoder, and the first writes
it. Spectrograms wait in ``--cache``, best a local disk, and not in memory.
"""

import argparse
import os

import torch
import torch.distributed as dist

from mne_arousal import PSGEncoder, PSGWindower


def main():
    """Train and write an encoder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path")
    parser.add_argument("recordings", nargs="+")
    parser.add_argument("--cache", default=None)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--cpu", action="store_true", help="leave GPUs alone")
    args = parser.parse_args()
    gpu = torch.cuda.is_available() and not args.cpu
    dist.init_process_group("nccl" if gpu else "gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    if len(args.recordings) < size:
        raise SystemExit(f"{size} processes need as many recordings, got {len(args.recordings)}.")
    device = f"cuda:{os.environ['LOCAL_RANK']}" if gpu else "cpu"
    if gpu:
        torch.cuda.set_device(device)
    windows = PSGWindower().fit_transform(args.recordings[rank::size])
    encoder = PSGEncoder(
        max_epochs=args.epochs,
        n_workers=2 if gpu else 0,
        cache=args.cache,
        device=device,
        random_state=0,
        verbose=rank == 0,
    ).fit(windows)
    if rank == 0:
        encoder.save(args.path)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
