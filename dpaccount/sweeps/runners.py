"""Who answers the pieces: this process, several, or a Dask cluster; the table is the same."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from multiprocessing import active_children, get_context, parent_process
from typing import Any

from dpaccount import _validate
from dpaccount.errors import InputError, Stopped, Unsupported, install, shown

__all__ = ["Runner", "Task", "by_dask", "by_processes", "here", "runner_of"]

#: How often a piece may be lost with its worker before the sweep stops.
_ATTEMPTS = 4
#: Seconds for a scheduler to answer.
_PATIENCE = 10.0
_GO_ON = "ask the same sweep again; what is finished is kept"


@dataclass(frozen=True)
class Task:
    """One piece: its number, and the call that answers it, small enough to be sent anywhere."""

    piece: int
    call: Callable[..., list[Any]]
    arguments: tuple[Any, ...]


Done = tuple[int, list[Any]]
#: Answers tasks in any order; few of them are held at a time.
Runner = Callable[[Iterable[Task]], Iterator[Done]]


def here(tasks: Iterable[Task]) -> Iterator[Done]:
    """One after the other, in this process."""
    for task in tasks:
        yield task.piece, task.call(*task.arguments)


def by_processes(count: int) -> Runner:
    """Processes of their own on this machine; one that dies loses nothing.

    Args:
        count: How many.
    """

    def run(tasks: Iterable[Task]) -> Iterator[Done]:
        waiting, lost = iter(tasks), Counter[int]()
        while True:
            broken = yield from _in_a_pool(waiting, count)
            if not broken:
                return
            for task in broken:
                lost[task.piece] += 1
                if lost[task.piece] >= _ATTEMPTS:
                    raise Stopped(
                        f"the sweep stopped: a process died {_ATTEMPTS} times at the same rows",
                        advice="free memory or use fewer processes (in a script, start it under "
                        f'if __name__ == "__main__"), and {_GO_ON}',
                    )
            waiting = itertools.chain(broken, waiting)

    return run


def _in_a_pool(tasks: Iterator[Task], count: int) -> Generator[Done, None, list[Task]]:
    """Answer tasks until they end or a process dies; returns the tasks that were lost then."""
    before = set(active_children())
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_begin)
    running: dict[Future[list[Any]], Task] = {}
    lost: list[Task] = []
    try:
        while True:
            while not lost and len(running) < 2 * count:
                task = next(tasks, None)
                if task is None:
                    break
                try:
                    running[pool.submit(task.call, *task.arguments)] = task
                except BrokenProcessPool:
                    lost.append(task)
            if not running:
                return lost
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                task = running.pop(future)
                try:
                    answers = future.result()
                except BrokenProcessPool:
                    lost.append(task)
                else:
                    yield task.piece, answers
    finally:  # also when the reader leaves: nobody waits for pieces that are under way
        for process in set(active_children()) - before:
            process.terminate()
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """A worker's first act: leave quietly with the sweep, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the sweep itself says that it was interrupted
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def by_dask(address: str) -> Iterator[Runner]:
    """The workers of a Dask cluster, which need this package; one that dies loses nothing.

    Args:
        address: Its scheduler's, such as "tcp://127.0.0.1:8786".

    Raises:
        InputError: If nobody answers there.
        Unsupported: If Dask is not installed.
    """
    try:
        import distributed
        from distributed.comm import get_address_host_port
    except ImportError as error:
        raise Unsupported(
            "a Dask cluster",
            missing="distributed is not installed",
            advice=f"{install('dask')}, or leave the scheduler out",
        ) from error
    try:
        # a client that is refused complains again when it is forgotten: somebody has to be there
        where = get_address_host_port(address, strict=True)
        socket.create_connection(where, timeout=_PATIENCE).close()
        client = distributed.Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            "scheduler",
            given=address,
            allowed="the address of a Dask scheduler that answers",
            advice="start one with: dask scheduler",
        ) from error

    with client:
        yield lambda tasks: _on_a_cluster(tasks, client)


def _on_a_cluster(tasks: Iterable[Task], client: Any) -> Iterator[Done]:
    from distributed import KilledWorker, as_completed
    from distributed.client import FutureCancelledError

    waiting, pieces = iter(tasks), dict[str, int]()

    def submit(task: Task) -> Any:
        future = client.submit(task.call, *task.arguments, pure=False)
        pieces[future.key] = task.piece
        return future

    window = 2 * max(sum(client.nthreads().values()), 1)
    first = [submit(task) for task in itertools.islice(waiting, window)]
    finished = as_completed(first, loop=client.loop)
    for future in finished:
        try:
            answers = future.result()
        except KilledWorker as error:
            raise Stopped(
                "the sweep stopped: workers of the cluster died again and again at the same rows",
                advice=f"give them more memory, and {_GO_ON}",
            ) from error
        except FutureCancelledError as error:
            raise Stopped(
                "the sweep stopped: the scheduler is gone", advice=f"start it again, and {_GO_ON}"
            ) from error
        except ImportError as error:
            raise Stopped(
                f"the sweep stopped: a worker of the cluster says {error}",
                advice=f"install this version of dpaccount there, and {_GO_ON}",
            ) from error
        task = next(waiting, None)
        if task is not None:
            finished.add(submit(task))
        yield pieces.pop(future.key), answers


def runner_of(processes: object, scheduler: object, pieces: int) -> AbstractContextManager[Runner]:
    """Who answers so many pieces: this process, several, or the cluster at an address."""
    if scheduler is not None:
        if processes is not None or not isinstance(scheduler, str):
            given = "together with processes" if processes is not None else shown(scheduler)
            raise InputError(
                "scheduler", given=given, allowed="the address of a Dask scheduler",
                advice="give a scheduler, or processes, or neither",
            )  # fmt: skip
        return by_dask(scheduler)
    count = 1 if processes is None else _validate.count(processes, "processes", least=1, most=1024)
    count = min(count, pieces)
    return nullcontext(here if count == 1 else by_processes(count))
