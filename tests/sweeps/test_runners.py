"""Whoever does the work, the table is the same; a worker that is killed loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from multiprocessing import active_children

import pytest
from sweeps.work import SMALL, die, die_once, give, start, words

import dpaccount as dpa
from dpaccount.sweeps import runners, verb
from dpaccount.sweeps.runners import Task

posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def ours():
    """Processes that a sweep left, those of the cluster that tests may share apart."""
    return [child for child in active_children() if not child.name.startswith("Dask")]


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as made:
        yield made


def tasks(count, first=()):
    return [*first, *(Task(i, give, (i,)) for i in range(len(first), count))]


def test_here():
    assert list(runners.here(tasks(3))) == [(0, [0]), (1, [1]), (2, [2])]


@pytest.mark.slow
def test_processes_answer_everything_once_and_go():
    assert sorted(runners.by_processes(2)(tasks(30))) == [(i, [i]) for i in range(30)]
    assert not ours()


@pytest.mark.slow
def test_few_tasks_are_held_at_a_time():
    taken = []

    def endless():
        for task in tasks(1000):
            taken.append(task)
            yield task

    answers = runners.by_processes(2)(endless())
    for _ in range(3):
        next(answers)
    assert len(taken) <= 8
    answers.close()  # as an interrupt does: nobody waits for the rest
    assert not ours()


@posix
@pytest.mark.slow
def test_a_worker_that_is_killed_loses_nothing(tmp_path):
    deadly = [Task(i, die_once, (str(tmp_path / str(i)), i)) for i in range(2)]
    assert sorted(runners.by_processes(2)(tasks(20, deadly))) == [(i, [i]) for i in range(20)]


@posix
@pytest.mark.slow
def test_rows_that_kill_every_worker_stop_the_sweep():
    with pytest.raises(dpa.Stopped, match="died") as caught:
        list(runners.by_processes(2)([Task(0, die, ()), *tasks(3)[1:]]))
    assert "do: " in str(caught.value)
    assert not ours()


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_table_is_the_same_each_way(monkeypatch, tmp_path, cluster, form):
    if form == "parquet":
        pytest.importorskip("pyarrow")
    monkeypatch.setattr(verb, "_ROWS", 7)
    ways = {
        "here": {},
        "processes": {"processes": 2},
        "dask": {"scheduler": cluster.scheduler_address},
    }
    made = [dpa.sweep(**SMALL, **how, to=tmp_path / f"{way}.{form}") for way, how in ways.items()]
    assert len({sweep.path.read_bytes() for sweep in made}) == 1
    in_memory = [list(dpa.sweep(**SMALL, **how)) for how in ways.values()]
    assert in_memory[0] == in_memory[1] == in_memory[2]


@posix
@pytest.mark.slow
def test_a_killed_worker_of_a_cluster_loses_nothing(tmp_path, cluster):
    deadly = [Task(0, die_once, (str(tmp_path / "marker"), 0))]
    with runners.by_dask(cluster.scheduler_address) as run:
        assert sorted(run(tasks(20, deadly))) == [(i, [i]) for i in range(20)]


@posix
@pytest.mark.slow
def test_rows_that_kill_every_worker_of_a_cluster_stop_the_sweep(cluster):
    with (
        pytest.raises(dpa.Stopped, match="cluster died again"),
        runners.by_dask(cluster.scheduler_address) as run,
    ):
        list(run([Task(0, die, ())]))


@pytest.mark.parametrize("address", ["", "nonsense", "tcp://127.0.0.1:1", "127.0.0.1:x", 3, b"x"])
def test_an_address_where_nobody_answers(address, tmp_path):
    pytest.importorskip("distributed")
    with pytest.raises(dpa.InputError, match="scheduler"):
        dpa.sweep(**SMALL, scheduler=address, to=tmp_path / "t.csv")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("processes", [0, -1, 2.5, "x", 10**6, True, []])
def test_a_number_of_processes(processes):
    with pytest.raises(dpa.InputError, match="processes"):
        dpa.sweep(**SMALL, processes=processes)


def test_processes_or_a_scheduler():
    with pytest.raises(dpa.InputError, match="together"):
        dpa.sweep(**SMALL, processes=2, scheduler="tcp://127.0.0.1:8786")


@posix
@pytest.mark.slow
def test_a_worker_of_a_command_is_killed(tmp_path):
    psutil = pytest.importorskip("psutil")
    question = {**SMALL, "noise_multiplier": "0.7:2.5:12"}
    process = start(tmp_path, 16, *words(question, out="table.csv", processes="2"))
    try:
        killed = 0
        while process.poll() is None and killed < 2:
            if len(list(tmp_path.glob("*.parts/part-*[0-9]"))) > 3 * killed:
                workers = [
                    child
                    for child in psutil.Process(process.pid).children()
                    if "spawn_main" in " ".join(child.cmdline())
                ]
                if workers:
                    workers[0].send_signal(signal.SIGKILL)
                    killed += 1
            time.sleep(0.05)
        _, err = process.communicate(timeout=300)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    assert killed
    made = dpa.sweep(**question, to=tmp_path / "whole.csv")
    # cut differently, rows share other work: the same numbers within their widths
    texts = [path.read_text().splitlines() for path in (tmp_path / "table.csv", made.path)]
    assert len(texts[0]) == len(texts[1]) == made.rows + 1


MEMORY = """
import resource, sys
import dpaccount as dpa
from dpaccount.sweeps import verb
from dpaccount.sweeps.answers import Answer

def answer(theory, adjacency, rows):
    return [Answer(0.1, 0.2, None, "proved", "none", "") for _ in rows]

verb.answer = answer
dpa.sweep(noise_multiplier=1, sampling_rate=0.1, delta=[1e-5, 1e-6], steps=f"1:{sys.argv[1]}:1000",
          to=sys.argv[2])  # imports
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
dpa.sweep(noise_multiplier="1:2:100", sampling_rate=0.1, delta=[1e-5, 1e-6],
          steps=f"1:{sys.argv[1]}:{sys.argv[1]}", to=sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@posix
@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_memory_does_not_grow_with_the_rows(tmp_path, form):
    if form == "parquet":
        pytest.importorskip("pyarrow")

    def grown(steps):
        done = subprocess.run(
            [sys.executable, "-c", MEMORY, str(steps), str(tmp_path / f"t.{form}")],
            capture_output=True,
            text=True,
            check=True,
        )
        return int(done.stdout)

    few, many = grown(500), grown(1000)  # 100,000 rows more
    assert many - few < 100_000 * 40 / 1024  # kB: far below what a row takes
