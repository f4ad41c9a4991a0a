#!/usr/bin/env python3
"""Checks that tests/ mirrors src/. Usage: check_test_tree.py [ROOT]; prints FILE: RULE, exits 1.

src/<folder>/<name>.cpp has tests/<folder>/<name>_test.cpp, and every such test has a source:
a .cpp or .hpp of src/<folder>, or a public header of that name.
"""
import sys
from pathlib import Path

# Sources without a test file of their own: where their test is.
TESTED_ELSEWHERE = {
    # What all drivers share, through one of them; the planner, through the front door.
    "src/drivers/driver.cpp": "tests/drivers/dense_svd_test.cpp",
    "src/drivers/plan.cpp": "tests/drivers/svd_test.cpp",
    # What the explorer answers, by the whole way of a request.
    **dict.fromkeys([f"src/explore/{name}.cpp" for name in (
        "assets", "matrix_view", "model_views", "pca_view", "question", "shelf", "small_views",
        "weights_view")],
        "tests/explore/api_test.cpp"),
    **dict.fromkeys([f"src/explore/{name}.cpp" for name in ("pictures", "samples")],
                    "tests/explore/picture_view_test.cpp"),
    "src/explore/explorer.cpp": "tests/explore/server_test.cpp",
    # Processes that exchange bytes, through the program that they run.
    "src/mpi/world.cpp": "tests/mpi/test_mpi.py",
    "src/mpi/scalapack.cpp": "tests/mpi/test_mpi.py",
    "src/mpi/absent/scalapack.cpp": "tests/mpi/test_mpi.py",
    # A step of all ranks, through what they read.
    "src/io/together.cpp": "tests/io/spread_test.cpp",
    "src/io/read_rows.cpp": "tests/io/spread_test.cpp",
    # What is in a panel, through the picture that holds it.
    "src/plot/panel.cpp": "tests/plot/picture_test.cpp",
}

# Test files without a source of that name: what they test.
TESTS_OF_MORE = {
    "tests/drivers/known_failures_test.cpp": "every driver where other libraries fail",
    "tests/drivers/memory_test.cpp": "every driver keeps within the bytes that it announced",
    "tests/drivers/published_spectra_test.cpp": "every driver against published singular values",
}


def has_source(root, folder, name):
    return any((root / place).is_file()
               for place in (f"src/{folder}/{name}.cpp", f"src/{folder}/{name}.hpp",
                             f"include/eckart/{name}.hpp", f"include/eckart/{folder}/{name}.hpp"))


def check(root, tested_elsewhere=TESTED_ELSEWHERE, tests_of_more=TESTS_OF_MORE):
    """Returns 'FILE: RULE' for every source without a test and every test without a source."""
    root = Path(root)
    problems = []
    for source in sorted(root.glob("src/*/*.cpp")):
        folder, path = source.parent.name, source.relative_to(root).as_posix()
        test = tested_elsewhere.get(path, f"tests/{folder}/{source.stem}_test.cpp")
        if not (root / test).is_file():
            problems.append(f"{path}: has no test; write {test}")
    for test in sorted(root.glob("tests/*/*_test.cpp")):
        folder, path = test.parent.name, test.relative_to(root).as_posix()
        if not (root / "src" / folder).is_dir() or path in tests_of_more:
            continue
        if not has_source(root, folder, test.stem.removesuffix("_test")):
            problems.append(f"{path}: tests no file of src/{folder}; rename it, or say what it "
                            "tests in TESTS_OF_MORE of tools/check_test_tree.py")
    for path in sorted(set(tested_elsewhere) | set(tests_of_more)):
        if not (root / path).is_file():
            problems.append(f"{path}: is an exception in tools/check_test_tree.py but not a file")
    return problems


if __name__ == "__main__":
    found = check(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1])
    print("\n".join(found) or "Test tree: every source has its test.")
    sys.exit(1 if found else 0)
