"""Contender: SLEPc's thick-restart Lanczos SVD through slepc4py, a process for each thread.

Usage: mpirun -n THREADS python slepc_worker.py. Speaks the protocol of worker.hpp; the first
process does, and tells the others what to do. Option "basis": Lanczos vectors, as a multiple of k.
"""

import json
import os
import sys
import time
import traceback

import numpy as np
import slepc4py

slepc4py.init([sys.argv[0]])
from mpi4py import MPI  # noqa: E402
from petsc4py import PETSc  # noqa: E402
from slepc4py import SLEPc  # noqa: E402

WORLD = MPI.COMM_WORLD
BASIS = 2


def load_matrix(request):
    """Returns the matrix, of which every process holds a block of rows."""
    rows, cols = request["rows"], request["cols"]
    if request["scalar"] != "float64" or "batch" in request:
        raise ValueError("SLEPc: one float64 matrix at a time")
    first, last = (rows * (WORLD.rank + i) // WORLD.size for i in range(2))
    width = cols * (WORLD.rank + 1) // WORLD.size - cols * WORLD.rank // WORLD.size
    size = ((last - first, rows), (width, cols))
    values = np.load(request["values"], mmap_mode="r")
    if "offsets" not in request:
        A = PETSc.Mat().createDense(size, array=np.asfortranarray(values[first:last]), comm=WORLD)
    else:
        offsets = np.load(request["offsets"])[first : last + 1]
        stored = slice(offsets[0], offsets[-1])
        columns = np.load(request["columns"], mmap_mode="r")[stored].astype(PETSc.IntType)
        csr = ((offsets - offsets[0]).astype(PETSc.IntType), columns, np.array(values[stored]))
        A = PETSc.Mat().createAIJ(size, csr=csr, comm=WORLD)
    A.assemble()
    return A


def solve(A, request):
    """Returns (U, sigma, V), each process with its rows of U and V."""
    k = request["rank"]
    svd = SLEPc.SVD().create(WORLD)
    svd.setOperator(A)
    svd.setType(SLEPc.SVD.Type.TRLANCZOS)
    svd.setDimensions(k, int(k * request["options"].get("basis", BASIS)))
    svd.setTolerances(request["accuracy"], 1000)
    svd.solve()
    if svd.getConverged() < k:
        raise RuntimeError(f"only {svd.getConverged()} converged")
    v, u = A.createVecs()
    sigma = np.array([svd.getSingularTriplet(i, u, v) for i in range(k)])
    U, V = (np.empty((x.getLocalSize(), k), order="F") for x in (u, v))
    for i in range(k):
        svd.getSingularTriplet(i, u, v)
        U[:, i], V[:, i] = u.getArray(), v.getArray()
    svd.destroy()
    return U, sigma, V


def save(folder, answer):
    U, sigma, V = answer
    U, V = WORLD.gather(U), WORLD.gather(V)
    if WORLD.rank == 0:
        for name, part in (("sigma", sigma), ("U", np.vstack(U)), ("V", np.vstack(V))):
            np.save(f"{folder}/{name}.npy", part)


def requests():
    """Yields the requests, to every process. Who waits sleeps: a process that spins would slow the
    other contenders down."""
    if WORLD.rank == 0:
        for line in sys.stdin:
            for other in range(1, WORLD.size):
                WORLD.send(line, other)
            yield json.loads(line)
        for other in range(1, WORLD.size):
            WORLD.send("", other)
    else:
        while True:
            while not WORLD.iprobe(source=0):
                time.sleep(0.002)
            line = WORLD.recv(source=0)
            if not line:
                return
            yield json.loads(line)


def main():
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    A = task = answer = None
    for request in requests():
        try:
            if request["do"] == "load":
                A, task = load_matrix(request), request
                version = ".".join(map(str, SLEPc.Sys.getVersion()))
                reply = {"about": f"SLEPc {version}, trlanczos, {WORLD.size} processes"}
            elif request["do"] == "run":
                answer = None
                WORLD.barrier()
                start = time.perf_counter()
                answer = solve(A, task)
                reply = {"seconds": time.perf_counter() - start}
            else:
                save(request["folder"], answer)
                reply = {"saved": True}
        except Exception as error:
            traceback.print_exc()
            reply = {"error": f"{type(error).__name__}: {error}"}
        if WORLD.rank == 0:
            print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main()
