"""Training in several processes, on one machine or many, as `torchrun` starts them.

    torchrun --nproc-per-node 2 --no-python modelruns train cells --model cell-detector --experiment cells

Each process takes its share of every batch; gradients are averaged, so that all keep the same weights. The first
process alone reports, validates and writes.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import TypeVar

import torch
import torch.distributed as processes
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from trainer.records.errors import TrainingError

# The others wait this long for the first process, which checks, validates, predicts and writes alone: for a million
# pictures, of 50 ms each, 14 hours. That a process is gone is noticed at once.
_PATIENCE = timedelta(days=1)
_SECONDS_TO_LET_GO = 0.3
_Made = TypeVar("_Made")
# In what Gloo and NCCL say when another process is gone.
_LOST = ("gloo", "NCCL", "Connection closed by peer", "Connection reset by peer", "Broken pipe")


def is_distributed() -> bool:
    """Whether this process was started as one of several, by `torchrun` or in the same way."""
    return world_size() > 1


def world_size() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "RANK" in os.environ else 1


def processes_here() -> int:
    """How many of them share this machine."""
    return max(1, int(os.environ.get("LOCAL_WORLD_SIZE", "1"))) if is_distributed() else 1


def rank() -> int:
    """The number of this process among them, from 0."""
    return int(os.environ["RANK"]) if is_distributed() else 0


def is_first() -> bool:
    """Whether this process is the one that reports and writes."""
    return rank() == 0


def join(device: torch.device) -> None:
    """Let the processes talk to each other from now on; does nothing where there is only one, or they do already.

    They talk until the process ends: torchrun's processes cannot meet a second time.

    Args:
        device: Where this process computes: a GPU talks through NCCL, a CPU through Gloo.
    """
    if not is_distributed() or processes.is_initialized():
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    processes.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE)
    atexit.register(_leave)


def _leave() -> None:
    """Say nothing more to the others.

    Threads that carried the last words still have to let go of them, for which they need the interpreter. One that asks
    for it while it is ending takes the whole process down, with a signal, after all was done well.
    """
    time.sleep(_SECONDS_TO_LET_GO)
    processes.destroy_process_group()


@contextmanager
def told_of_the_others() -> Iterator[None]:
    """Inside, the end of another process is an error here that says so; does nothing where there is only one.

    What is sent to the dead fails at once, and torchrun, which notices a little later, ends the others by a signal.
    Once the error is told, that signal is ignored for good: it would end this process while the run is marked failed.

    Raises:
        TrainingError: If another process ended.
    """
    if not is_distributed():
        yield
        return
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, _lose) if in_main else None
    try:
        yield
    except RuntimeError as error:
        if not any(words in str(error) for words in _LOST):
            raise
        if in_main:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise _lost() from error
    finally:
        if in_main and signal.getsignal(signal.SIGTERM) is _lose:
            signal.signal(signal.SIGTERM, before)


def _lose(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _lost()


def _lost() -> TrainingError:
    return TrainingError(
        f"Process {rank()} of {world_size()} cannot go on: another one ended, or all of them were told to end. "
        "What went wrong stands in the output of the first that ended."
    )


def barrier() -> None:
    """Wait until every process is here."""
    if is_distributed():
        processes.barrier()


def from_first(work: Callable[[], _Made]) -> _Made:
    """What the first process makes, in every process; its failure is everybody's.

    Args:
        work: Called in the first process alone; what it returns travels to the others.

    Raises:
        TrainingError: In the others, if the work failed in the first, where its own error rises.
    """
    if not is_distributed():
        return work()
    told: list[object] = [None, None]
    failure: BaseException | None = None
    if is_first():
        try:
            told[0] = work()
        except BaseException as error:
            failure = error
            told[1] = f"{type(error).__name__}: {error}"
    processes.broadcast_object_list(told)
    if failure is not None:
        raise failure
    if told[1] is not None:
        raise TrainingError(f"The first of {world_size()} processes failed: {told[1]}")
    return told[0]  # type: ignore[return-value]


def share_out(network: nn.Module, device: torch.device) -> nn.Module:
    """The network with gradients averaged over all processes; itself where there is only one.

    On GPUs batch normalisation looks at the whole batch; on CPUs each process normalises its own share, and the first
    process's running means are kept.
    """
    if not is_distributed():
        return network
    if device.type == "cuda":
        network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
    return DistributedDataParallel(network, device_ids=[device] if device.type == "cuda" else None)


def share_buffers(network: nn.Module) -> None:
    """Give every process the first one's running means, which each keeps of its own share of the pictures."""
    if is_distributed():
        for buffer in network.buffers():
            processes.broadcast(buffer, src=0)


def mean_over_processes(values: Tensor) -> Tensor:
    """The mean of the processes' values, in each of them."""
    if is_distributed():
        processes.all_reduce(values)
        values /= world_size()
    return values
