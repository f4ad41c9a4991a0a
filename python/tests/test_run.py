"""Threads, signals, forks and progress: the package as a guest in its process."""
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import eckart
import numpy as np
import pytest
import threadpoolctl


def python(program, **environment):
    """Runs a program in a fresh interpreter and returns what it prints."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True,
                          text=True, env=os.environ | environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# --- the interpreter goes on --------------------------------------------------------------------

def test_other_threads_of_python_run_meanwhile(rng):
    A = rng.standard_normal((900, 900))
    ticks, stop = [], threading.Event()

    def tick():
        while not stop.wait(0.002):
            ticks.append(time.monotonic())

    other = threading.Thread(target=tick)
    other.start()
    during = []
    for _ in range(20):  # a busy machine may give the other thread nothing during one of them
        start = time.monotonic()
        eckart.svd(A)
        end = time.monotonic()
        during.append(sum(start < at < end for at in ticks))
        if during[-1] >= 3:
            break
    stop.set()
    other.join()
    assert during[-1] >= 3, during


# A long run, which Ctrl-C interrupts after a moment; prints the seconds until it is back. A run
# that ends before waits for the signal where it does no harm.
INTERRUPTED = """
    import os, signal, threading, time
    import numpy as np
    import eckart
    A = np.random.default_rng(0).standard_normal(({m}, {n}))
    sent = []
    def send():
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)
    threading.Timer(0.3, send).start()
    ended = False
    try:
        {call}
        ended = True
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        print("ended by itself" if ended else time.monotonic() - sent[0])
    eckart.svd(np.eye(300))
"""


@pytest.mark.parametrize("m, n, call", [
    (3000, 3000, "eckart.svd(A)"),
    (3000, 2000, "eckart.svd(A, method='jacobi')"),
    (3000, 3000, "eckart.svd(A, k=300, method='lanczos')"),
    (3000, 3000, "eckart.svd(A, k=200, method='randomized')"),
    (4000, 4000, "eckart.svdvals(A)"),
    (3000, 2000, "eckart.svd(A, method='gram')"),
    (20000, 1500, "eckart.svd(A)"),
    (20000, 1000, "eckart.lstsq(A, A[:, 0])"),
    (3000, 3000, "eckart.pinv(A)"),
    (30000, 300, "eckart.svd(A.reshape(-1, 100, 100))"),
])
def test_ctrl_c_interrupts(m, n, call):
    answer = python(INTERRUPTED.format(m=m, n=n, call=call))
    assert answer == "ended by itself" or float(answer) >= 0, answer
    if answer == "ended by itself":
        pytest.skip("this machine was too fast")


def test_a_signal_handler_that_does_not_raise_stops_nothing():
    assert python("""
        import os, signal, threading
        import numpy as np
        import eckart
        caught = []
        signal.signal(signal.SIGUSR1, lambda *_: caught.append(1))
        A = np.random.default_rng(0).standard_normal((700, 700))
        threading.Timer(0.02, lambda: os.kill(os.getpid(), signal.SIGUSR1)).start()
        met = True
        while not caught:
            met = met and eckart.svd(A).report.certificate.met
        print(met, len(caught))
    """) == "True 1"


# --- progress -----------------------------------------------------------------------------------

def test_a_progress_function_is_called_on_the_callers_thread(rng):
    A = rng.standard_normal((500, 400))
    events, threads = [], set()

    def watch(now):
        events.append(now)
        threads.add(threading.get_ident())

    result = eckart.svd(A, k=5, method="lanczos", progress=watch)
    assert threads == {threading.get_ident()}
    assert all(isinstance(now, eckart.Progress) for now in events)
    assert all(now.fraction is None or 0 <= now.fraction <= 1 for now in events)
    assert any(now.residual is not None for now in events)
    assert (result.s == eckart.svd(A, k=5, method="lanczos").s).all()


def test_an_exception_of_the_progress_function_stops_the_run(rng):
    class Enough(Exception):
        pass

    def watch(now):
        raise Enough

    with pytest.raises(Enough):
        eckart.svd(rng.standard_normal((500, 400)), k=5, method="lanczos", progress=watch)


def test_progress_shows_a_bar_where_tqdm_is_installed(rng, capsys):
    eckart.svd(rng.standard_normal((500, 400)), k=5, method="lanczos", progress=True)
    assert "%" in capsys.readouterr().err


def test_progress_needs_no_tqdm(rng, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(time, "monotonic", iter(range(0, 10**6, 2)).__next__)
    eckart.svd(rng.standard_normal((500, 400)), k=5, method="lanczos", progress=True)
    lines = capsys.readouterr().err.splitlines()
    assert lines and all(line.startswith("eckart: ") for line in lines)


# --- threads ------------------------------------------------------------------------------------

def test_threads_are_limited_by_argument_threadpoolctl_and_environment(rng):
    A = rng.standard_normal((300, 200))
    assert eckart.svd(A, threads=3).report.threads == 3
    with threadpoolctl.threadpool_limits(1):
        assert eckart.svd(A).report.threads == 1
        assert eckart.svd(A, threads=2).report.threads == 2
    program = """
        import eckart, numpy as np
        print(eckart.svd(np.random.default_rng(0).standard_normal((300, 200))).report.threads)
    """
    assert python(program, OMP_NUM_THREADS="1") == "1"
    assert python(program, OMP_NUM_THREADS="64") == str(len(os.sched_getaffinity(0)))


def test_a_brief_call_takes_one_thread_unless_more_are_asked_for(rng):
    A = rng.standard_normal((30, 20))
    assert eckart.svd(A).report.threads == 1
    assert eckart.svd(A, threads=2).report.threads == 2


def test_a_run_leaves_the_settings_of_others_alone(rng):
    import sklearn.decomposition  # brings an OpenMP runtime of its own

    assert sklearn.decomposition
    def settings():
        return sorted((pool["filepath"], pool["num_threads"])
                      for pool in threadpoolctl.threadpool_info())

    before = settings()
    eckart.svd(rng.standard_normal((300, 200)))
    assert settings() == before


def test_importing_starts_no_threads_and_changes_no_environment():
    assert python("""
        import os
        import numpy
        def threads(): return len(os.listdir("/proc/self/task"))
        before, environment = threads(), dict(os.environ)
        import eckart
        print(threads() - before, os.environ == environment)
    """) == "0 True"


def test_the_spin_count_of_the_user_is_kept():
    program = "import os, eckart; print(os.environ.get('GOMP_SPINCOUNT'))"
    assert python(program, GOMP_SPINCOUNT="7") == "7"
    assert python(program) == os.environ.get("GOMP_SPINCOUNT", "None")


def test_the_blas_kernel_of_the_user_is_kept():
    program = "import eckart; print(eckart._ext.blas()['kernel'])"
    assert python(program, OPENBLAS_CORETYPE="Nehalem") == "Nehalem"


# --- processes ----------------------------------------------------------------------------------

def spectrum(seed):
    return eckart.svd(np.random.default_rng(seed).standard_normal((300, 200))).s


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_a_child_computes_what_its_parent_did(method):
    expected = [spectrum(seed) for seed in range(4)]  # the parent has had its team of threads
    with multiprocessing.get_context(method).Pool(2) as pool:
        children = pool.map_async(spectrum, range(4)).get(timeout=300)
    assert all((a == b).all() for a, b in zip(expected, children))


def test_a_fork_while_another_thread_computes_is_safe(rng):
    A, expected = rng.standard_normal((700, 700)), spectrum(1)
    worker = threading.Thread(target=lambda: eckart.svd(A))
    worker.start()
    child = os.fork()
    if child == 0:
        signal.alarm(120)  # a hanging child must end
        os._exit(0 if (spectrum(1) == expected).all() else 1)
    worker.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("order", ["eckart, sklearn.decomposition", "sklearn.decomposition, eckart"])
def test_it_lives_beside_the_runtimes_of_others(order):
    assert python(f"""
        import numpy as np
        import {order}
        A = np.random.default_rng(0).standard_normal((400, 300))
        for _ in range(2):
            ours = eckart.svd(A, k=3).s
            theirs = sklearn.decomposition.TruncatedSVD(3, algorithm="arpack").fit(A)
            numpys = np.linalg.svd(A, compute_uv=False)[:3]
        print(np.abs(ours - numpys).max() < 1e-10, np.abs(ours - theirs.singular_values_).max() < 1e-6)
    """) == "True True"
