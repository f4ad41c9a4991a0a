#!/usr/bin/env python3
"""Checks who includes whom. Usage: check_layers.py [ROOT]; prints FILE:LINE: RULE, exits 1.

docs/architecture.md shows the same table to people.
"""
import re
import sys
from pathlib import Path

# Public headers that declare a method. The other headers directly in include/eckart are the
# vocabulary.
METHODS = {"batch_svd.hpp", "certify.hpp", "svd.hpp", "dense_svd.hpp", "given_svd.hpp",
           "gram_svd.hpp",
           "hermitian_svd.hpp", "jacobi_svd.hpp", "lanczos_svd.hpp", "randomized_svd.hpp",
           "smallest_svd.hpp", "null_space.hpp", "product_svd.hpp", "row_triangle.hpp",
           "single_pass_svd.hpp", "streaming.hpp"}

# Who may include whom. A group is a folder, or one of the three kinds of public headers;
# "types" is include/eckart/types.hpp alone.
ALLOWED = {
    "vocabulary": {"vocabulary"},
    "methods": {"vocabulary", "methods"},
    "public io": {"vocabulary", "methods", "public io", "public apps"},
    "public apps": {"vocabulary", "methods", "public apps"},
    "public models": {"vocabulary", "methods", "public io", "public apps", "public models"},
    "src/core": {"vocabulary", "src/core"},
    "src/text": {"vocabulary", "src/core", "src/text"},
    "src/kernels": {"types", "src/kernels"},
    "src/blas": {"vocabulary", "src/core", "src/kernels", "src/blas"},
    # Parts take the options of the methods that they are parts of.
    "src/factor": {"vocabulary", "methods", "src/core", "src/kernels", "src/blas", "src/factor"},
    "src/operators": {"vocabulary", "src/core", "src/kernels", "src/blas", "src/operators"},
    "src/drivers": {"vocabulary", "methods", "src/core", "src/kernels", "src/blas", "src/factor",
                    "src/operators", "src/drivers"},
    "src/io": {"vocabulary", "methods", "public io", "public apps", "src/core", "src/kernels",
               "src/io"},
    # Uses of the SVD take it from the public methods; loops of their own are kernels, in chunks.
    "src/apps": {"vocabulary", "methods", "public apps", "src/core", "src/kernels", "src/apps"},
    # Weights come tensor by tensor from files.
    "src/models": {"vocabulary", "methods", "public io", "public apps", "public models",
                   "src/core", "src/kernels", "src/models"},
    # Figures know nothing of what they show.
    "public plot": {"vocabulary", "public plot"},
    "src/plot": {"vocabulary", "public plot", "src/plot"},
    # Pictures: read like any other file, decomposed by the public methods.
    "public image": {"vocabulary", "methods", "public image"},
    "src/image": {"vocabulary", "methods", "public io", "public image", "src/core", "src/io",
                  "src/image"},
    # An app with loops of its own.
    "src/recommend": {"vocabulary", "methods", "public apps", "src/core", "src/kernels", "src/blas",
                      "src/recommend"},
    # The explorer: one front end behind another.
    "public explore": {"vocabulary", "public explore"},
    "src/explore": {"vocabulary", "methods", "public io", "public apps", "public models",
                    "public image", "public explore", "src/explore"},
    # Moving bytes between processes.
    "public mpi": {"vocabulary", "public mpi"},
    "src/mpi": {"vocabulary", "public mpi", "src/mpi"},
    "lapack": {"vocabulary", "methods", "lapack"},
    # The command line shares the drop-in's counters with it.
    "cli": {"vocabulary", "methods", "public io", "public apps", "public models", "public plot",
            "public image", "public explore", "public mpi", "cli", "lapack"},
    "python": {"vocabulary", "methods", "public io", "public apps", "public models", "python"},
    "examples": {"vocabulary", "methods", "public io", "public apps", "public models",
                 "examples"},
}

BLAS_NAMES = re.compile(
    r"<(cblas|lapacke?|mkl\w*|openblas\w*|f77blas)\w*\.h>|\b(cblas|LAPACKE|openblas|mkl)_\w+\s*\(|"
    r"\b[sdcz]{1,2}(gemm|gemv|gerc?|syrk|herk|trsm|trmm|dot[cu]?|nrm2|axpy|scal|ge(sdd|svd|svj|jsv|"
    r"qrf|lqf|brd|qp3)|(or|un)(gqr|gbr|mqr|mbr)|bd(sdc|sqr)|(sy|he)evd?|st(eqr|edc)|potrf)_\s*\(")

# (pattern, does the file come under the rule, the rule)
PATTERNS = [
    (BLAS_NAMES, lambda path: not path.startswith("src/blas/"),
     "only src/blas includes or declares BLAS and LAPACK"),
    (re.compile(r"#\s*pragma\s+omp\s+simd"), lambda path: not path.startswith("src/kernels/"),
     "'omp simd' belongs in src/kernels"),
    (re.compile(r"#\s*pragma\s+omp\s+(?!simd)"), lambda path: path not in {"src/core/parallel.hpp", "src/core/rounds.hpp"},
     "parallel regions open only in src/core/parallel.hpp and rounds.hpp; use for_each_chunk"),
    (re.compile(r"\bomp_(set_\w+|get_(thread_num|num_threads))\b"),
     lambda path: path != "src/blas/blas_threads.cpp",
     "results must not depend on the thread count, nor change it for the caller"),
    (re.compile(r"#\s*include\s*<(fmt|nlohmann)/"),
     lambda path: path.startswith(("include/", "src/kernels/")),
     "fmt and nlohmann-json stay in .cpp files, away from public headers and kernels"),
    (re.compile(r"#\s*include\s*<boost/(asio|beast)"), lambda path: path != "src/explore/server.cpp",
     "Asio and Beast stay in src/explore/server.cpp"),
    (re.compile(r"#\s*include\s*<CLI/"), lambda path: not path.startswith("cli/"),
     "CLI11 belongs in cli"),
    (re.compile(r"#\s*include\s*<iostream>|\bstd::(cout|cerr|clog)\b|\bf?printf\s*\(|\bf?puts\s*\(|"
                r"\bfmt::print\s*\(|\bstd::(abort|exit|terminate)\s*\("),
     lambda path: path.startswith(("include/", "src/")),
     "the library never prints and never ends the process"),
]


def group_of(path):
    """Returns the group of a file, given by its path below the root."""
    parts = path.split("/")
    if parts[0] == "include":
        kinds = {"io": "public io", "apps": "public apps", "models": "public models",
                 "plot": "public plot", "image": "public image",
                 "explore": "public explore", "mpi": "public mpi"}
        kinds |= dict.fromkeys(METHODS, "methods")
        return kinds.get(parts[2], "vocabulary")
    return "/".join(parts[:2]) if parts[0] == "src" else parts[0]


def find_header(root, includer, name):
    """Returns the path below root of the included project header, or None."""
    for folder in (includer.parent, root / "include", root / "src", root):
        candidate = (folder / name).resolve()
        if candidate.is_file() and candidate.is_relative_to(root):
            return candidate.relative_to(root).as_posix()
    return None


def check_line(root, path, line):
    """Yields the rules that one line of the file at root/path breaks."""
    yield from (rule for pattern, applies, rule in PATTERNS
                if applies(path) and pattern.search(line))
    include = re.match(r'\s*#\s*include\s*(?:"(.+?)"|<(eckart/.+?)>)', line)
    if not include:
        return
    name = include[1] or include[2]
    header = find_header(root, root / path, name)
    if header is None:
        yield f'"{name}" is no header of this project; headers from outside are written <{name}>'
        return
    allowed = ALLOWED[group_of(path)]
    if group_of(header) not in allowed and not (
            "types" in allowed and header == "include/eckart/types.hpp"):
        yield f"{group_of(path)} may include {', '.join(sorted(allowed))}, but not {header}"


def check(root):
    """Returns 'FILE:LINE: RULE' for every broken rule below root."""
    root = Path(root).resolve()
    problems = []
    for top in ("include", "src", "lapack", "cli", "python", "examples"):
        files = (f for f in (root / top).rglob("*") if f.suffix in {".hpp", ".h", ".cpp"})
        for file in sorted(files):
            path = file.relative_to(root).as_posix()
            if group_of(path) not in ALLOWED:
                problems.append(f"{path}:1: {group_of(path)} has no line in tools/check_layers.py")
                continue
            for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
                problems += [f"{path}:{number}: {rule}"
                             for rule in check_line(root, path, line.split("//")[0])]
    return problems


if __name__ == "__main__":
    found = check(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1])
    print("\n".join(found) or "Layers: every include is allowed.")
    sys.exit(1 if found else 0)
