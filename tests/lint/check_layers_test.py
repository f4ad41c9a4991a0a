"""The layer check goes red for every rule that it states."""
import check_layers
import pytest

HEADERS = ["include/eckart/types.hpp", "include/eckart/matrix.hpp", "include/eckart/svd.hpp",
           "include/eckart/io/matrix_file.hpp", "src/core/parallel.hpp", "src/kernels/table.hpp",
           "src/blas/gemm.hpp", "src/factor/qr.hpp", "src/drivers/plan.hpp", "src/io/input.hpp",
           "include/eckart/apps/pca.hpp", "cli/args.hpp"]


@pytest.fixture
def tree(tmp_path):
    for header in HEADERS:
        write(tmp_path, header, "#pragma once\n")
    return tmp_path


def write(root, path, text):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


ALLOWED = [
    ("include/eckart/svd.hpp", '#include "eckart/matrix.hpp"'),
    ("include/eckart/io/json.hpp", '#include "eckart/svd.hpp"'),
    ("src/core/a.cpp", '#include "eckart/matrix.hpp"'),
    ("src/kernels/a.cpp", '#include "eckart/types.hpp"'),
    ("src/kernels/a.cpp", '#include "table.hpp"'),
    ("src/kernels/a.cpp", "#pragma omp simd reduction(+ : s)"),
    ("src/core/parallel.hpp", "#pragma omp parallel for schedule(static)"),
    ("src/blas/a.cpp", "#include <cblas.h>"),
    ("src/blas/a.cpp", "cblas_dgemm(order);"),
    ("src/factor/a.cpp", '#include "blas/gemm.hpp"'),
    ("src/drivers/a.cpp", '#include "factor/qr.hpp"'),
    ("src/drivers/a.cpp", "// dgesdd_(...) may fail, std::cout would print"),
    ("src/io/a.cpp", "#include <fmt/format.h>"),
    ("src/apps/a.cpp", '#include "eckart/svd.hpp"'),
    ("src/apps/a.cpp", '#include "eckart/apps/pca.hpp"'),
    ("cli/a.cpp", '#include "eckart/apps/pca.hpp"'),
    ("cli/a.cpp", '#include <eckart/svd.hpp>'),
    ("cli/a.cpp", '#include "args.hpp"'),
    ("cli/a.cpp", "std::cout << 1;"),
    ("examples/a.cpp", '#include <eckart/svd.hpp>'),
]

FORBIDDEN = [
    ("include/eckart/matrix.hpp", '#include "eckart/svd.hpp"', "vocabulary may include"),
    ("include/eckart/svd.hpp", '#include "eckart/io/matrix_file.hpp"', "methods may include"),
    ("include/eckart/svd.hpp", '#include "core/parallel.hpp"', "methods may include"),
    ("include/eckart/svd.hpp", "#include <fmt/format.h>", "stay in .cpp files"),
    ("include/eckart/svd.hpp", "#include <nlohmann/json.hpp>", "stay in .cpp files"),
    ("src/core/a.cpp", '#include "eckart/svd.hpp"', "src/core may include"),
    ("src/core/a.cpp", '#include "blas/gemm.hpp"', "src/core may include"),
    ("src/core/a.cpp", '#include "../blas/gemm.hpp"', "src/core may include"),
    ("src/core/a.cpp", "#pragma omp parallel for", "parallel regions"),
    ("src/core/a.cpp", "  # pragma omp critical", "parallel regions"),
    ("src/core/a.cpp", "#pragma omp simd", "belongs in src/kernels"),
    ("src/core/a.cpp", "std::exit(1);", "never prints"),
    ("src/kernels/a.cpp", '#include "eckart/matrix.hpp"', "src/kernels may include"),
    ("src/kernels/a.cpp", '#include "core/parallel.hpp"', "src/kernels may include"),
    ("src/kernels/a.cpp", "#include <fmt/format.h>", "stay in .cpp files"),
    ("src/blas/a.cpp", '#include "factor/qr.hpp"', "src/blas may include"),
    ("src/apps/a.cpp", '#include "factor/qr.hpp"', "src/apps may include"),
    ("src/apps/a.cpp", '#include "eckart/io/matrix_file.hpp"', "src/apps may include"),
    ("include/eckart/svd.hpp", '#include "eckart/apps/pca.hpp"', "methods may include"),
    ("src/factor/a.cpp", '#include "drivers/plan.hpp"', "src/factor may include"),
    ("src/factor/a.cpp", "#include <lapacke.h>", "only src/blas"),
    ("src/factor/a.cpp", 'extern "C" void dgesdd_(const char* job);', "only src/blas"),
    ("src/drivers/a.cpp", "cblas_dgemm(order);", "only src/blas"),
    ("src/drivers/a.cpp", '#include "eckart/io/matrix_file.hpp"', "src/drivers may include"),
    ("src/drivers/a.cpp", "#include <iostream>", "never prints"),
    ("src/drivers/a.cpp", 'fmt::print("{}", 1);', "never prints"),
    ("src/drivers/a.cpp", "omp_set_num_threads(2);", "thread count"),
    ("src/drivers/a.cpp", '#include "no_such.hpp"', "is no header of this project"),
    ("src/io/a.cpp", '#include "blas/gemm.hpp"', "src/io may include"),
    ("src/io/a.cpp", "#include <CLI/CLI.hpp>", "belongs in cli"),
    ("src/new/a.cpp", "int x;", "has no line"),
    ("cli/a.cpp", '#include "core/parallel.hpp"', "cli may include"),
    ("examples/a.cpp", '#include "core/parallel.hpp"', "examples may include"),
]


@pytest.mark.parametrize(("path", "line"), ALLOWED)
def test_passes_what_the_table_allows(tree, path, line):
    write(tree, path, f"#pragma once\n{line}\n")
    assert check_layers.check(tree) == []


@pytest.mark.parametrize(("path", "line", "rule"), FORBIDDEN)
def test_names_file_line_and_rule(tree, path, line, rule):
    write(tree, path, f"#pragma once\n{line}\n")
    (problem,) = check_layers.check(tree)
    assert problem.startswith((f"{path}:2: ", "src/new/a.cpp:1: ")) and rule in problem


def test_every_method_header_exists():
    public = check_layers.Path(check_layers.__file__).parents[1] / "include" / "eckart"
    assert [name for name in check_layers.METHODS if not (public / name).is_file()] == []
