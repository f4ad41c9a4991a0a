"""One peer of the task out_of_core: PEER FILE K TARGET; writes its singular values to TARGET."""

import json
import sys

import numpy as np


def with_dask(path, k):
    import dask
    import dask.array as da
    A = da.from_array(np.load(path, mmap_mode="r"), chunks=(2000, -1))
    iterations = 2
    _, s, _ = da.linalg.svd_compressed(A, k, n_power_iter=iterations, seed=1)
    # As many passes as it has products with A: one, two for each iteration, one at the end.
    return s.compute(), f"dask {dask.__version__} svd_compressed, 2 power iterations", 2 + 2 * iterations


def with_sklearn(path, k):
    import sklearn
    from sklearn.decomposition import IncrementalPCA
    A = np.load(path, mmap_mode="r")
    model = IncrementalPCA(n_components=k, batch_size=1000)
    for first in range(0, len(A), 1000):
        block = np.ascontiguousarray(A[first:first + 1000])
        if len(block) >= k:
            model.partial_fit(block)
    return model.singular_values_, f"scikit-learn {sklearn.__version__} IncrementalPCA", 1


def main():
    peer, path, k, target = sys.argv[1:]
    values, name, passes = {"dask": with_dask, "sklearn": with_sklearn}[peer](path, int(k))
    np.save(target, values)
    json.dump({"name": name, "passes": passes}, sys.stdout)


main()
