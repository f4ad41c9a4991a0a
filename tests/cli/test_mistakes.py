"""A mistake in every argument: the code, the words on standard error, silence on standard output."""
import os
import resource
import subprocess
import time

import numpy as np
import pytest
from conftest import TOOL, run_tool

A = "[[3,2],[2,3]]"

MISTAKES = [
    # Commands and options that do not exist.
    (["sdv", A], 2, ["no command 'sdv'", "did you mean 'svd'"]),
    (["frobnicate"], 2, ["no command 'frobnicate'", "--help"]),
    (["--versoin"], 2, ["--versoin", "--version"]),
    (["help", "chekc"], 2, ["chekc", "'check'"]),
    (["svd", A, "--energi", "0.9"], 2, ["--energi", "did you mean '--energy'"]),
    (["svd", A, "-x", "3"], 2, ["no option -x", "eckart svd --help"]),
    (["svd", A, "-qx"], 2, ["no option -x", "eckart svd --help"]),
    (["check", A, "--force"], 2, ["no option --force"]),
    # Arguments that are missing or too many.
    (["svd"], 2, ["svd", "FILE"]),
    (["svd", A, "-k"], 2, ["--rank", "value"]),
    (["svd", A, "b.npy"], 2, ["b.npy", "too many"]),
    (["svd", A, "--thin=3"], 2, ["--thin takes no value"]),
    (["svd", A, "-o="], 2, ["-o", "takes no '='"]),
    (["svd", A, "-o=out"], 2, ["-o", "takes no '='"]),
    (["svd", A, "-k=1"], 2, ["-k", "takes no '='"]),
    (["lowrank", A, "-k", "1"], 2, ["--output"]),
    (["completion"], 2, ["SHELL"]),
    (["completion", "tcsh"], 2, ["tcsh", "bash, zsh, fish"]),
    # Values.
    (["svd", A, "-k", "0"], 2, ["-k", "'0'", "at least 1"]),
    (["svd", A, "-k", "-3"], 2, ["-k", "'-3'"]),
    (["svd", A, "-k", "2.5"], 2, ["-k", "'2.5'", "whole number"]),
    (["svd", A, "-k", "two"], 2, ["-k", "'two'"]),
    (["svd", A, "-k", "99999999999999999999"], 2, ["-k", "whole number"]),
    (["svd", A, "--energy", "95"], 2, ["--energy", "'95'", "95%"]),
    (["svd", A, "--energy", "0"], 2, ["--energy", "above 0"]),
    (["svd", A, "--energy", "101%"], 2, ["--energy", "101%"]),
    (["svd", A, "--energy", "nan"], 2, ["--energy", "nan"]),
    (["svd", A, "--energy", ""], 2, ["--energy"]),
    (["svd", A, "--energy", "0.9", "--energy", "0.8"], 2, ["--energy", "more than once"]),
    (["svd", A, "--tolerance", "1"], 2, ["--tolerance", "below 1"]),
    (["svd", A, "--tolerance", "-1e-3"], 2, ["--tolerance"]),
    (["svd", A, "--accuracy", "0"], 2, ["--accuracy", "above 0"]),
    (["svd", A, "--accuracy", "tight"], 2, ["--accuracy", "'tight'"]),
    (["svd", A, "--seed", "-1"], 2, ["--seed", "'-1'"]),
    (["svd", A, "--threads", "0"], 2, ["--threads", "at least 1"]),
    (["svd", A, "--threads", "many"], 2, ["--threads", "'many'"]),
    (["svd", A, "--threads", "100000"], 2, ["--threads"]),
    (["svd", A, "--max-memory", "0"], 2, ["--max-memory", "500M"]),
    (["svd", A, "--max-memory", "2X"], 2, ["--max-memory", "'2X'"]),
    (["svd", A, "--max-memory", "lots"], 2, ["--max-memory", "'lots'"]),
    (["svd", A, "--max-memory", "99999999T"], 2, ["--max-memory"]),
    (["svd", A, "--max-time", "0"], 2, ["--max-time", "90s"]),
    (["svd", A, "--max-time", "-5s"], 2, ["--max-time", "'-5s'"]),
    (["svd", A, "--max-time", "soon"], 2, ["--max-time", "'soon'"]),
    (["svd", A, "--choose", "magic"], 2, ["--choose", "gavish-donoho", "elbow"]),
    (["svd", A, "--choose", "gavish-donoho", "--noise", "0"], 2, ["--noise", "above 0"]),
    (["svd", A, "--method", "randomized", "--oversampling", "-1"], 2, ["--oversampling"]),
    (["svd", A, "--method", "randomized", "--power-iterations", "x"], 2, ["--power-iterations"]),
    (["svd", A, "--method", "magic"], 2, ["--method", "'magic'", "lanczos"]),
    (["svd", A, "--color", "blue"], 2, ["--color", "always"]),
    (["svd", A, "--input-format", "xls"], 2, ["--input-format", "mtx"]),
    (["svd", A, "--missing", "mean"], 2, ["--missing", "zero"]),
    # Requests that contradict themselves.
    (["svd", A, "-k", "1", "--energy", "0.5"], 2, ["-k", "--energy", "one of them"]),
    (["svd", A, "-k", "1", "--choose", "elbow"], 2, ["-k", "--choose", "one of them"]),
    (["svd", A, "-k", "1", "--noise", "1"], 2, ["--noise", "gavish-donoho"]),
    (["svd", A, "--choose", "elbow", "--noise", "1"], 2, ["--noise", "gavish-donoho"]),
    (["svd", A, "-k", "1", "--oversampling", "3"], 2, ["--oversampling", "--method randomized"]),
    (["svd", A, "-k", "1", "--method", "lanczos", "--power-iterations", "3"], 2,
     ["--power-iterations", "--method randomized"]),
    (["svd", A, "--choose", "elbow", "--method", "lanczos"], 2, ["lanczos", "every singular"]),
    (["svd", A, "--full", "--thin"], 2, ["--full", "--thin"]),
    (["svd", A, "--full", "--values-only"], 2, ["--full", "--values-only"]),
    (["svd", A, "--smallest"], 2, ["--smallest", "-k"]),
    (["lowrank", A, "-o", "B.npy"], 2, ["-k", "--energy", "--tolerance"]),
    (["check", A], 2, ["--u", "--s", "--vt"]),
    (["check", A, "--u", "U.npy"], 2, ["--u", "--s", "--vt"]),
    (["check", A, "dir", "--u", "U.npy"], 2, ["either"]),
    # Files.
    (["svd", "nowhere.npy"], 3, ["nowhere.npy"]),
    (["svd", "."], 3, ["."]),
    (["svd", "[[3,2],[2]]"], 3, ["row 2", "1 entry"]),
    (["svd", "[[3,2],[2,x]]"], 3, ["x"]),
    (["check", A, "nowhere"], 3, ["nowhere"]),
    (["lowrank", "nowhere", "-k", "1", "-o", "B.npy"], 3, ["nowhere"]),
    (["lowrank", A, "-k", "1", "-o", "no/such/folder/B.npy"], 3, ["no/such/folder"]),
    (["svd", "[[1,nan],[2,3]]"], 3, ["row 1", "column 2"]),
    (["info", "[[1,2],[-inf,3]]"], 3, ["row 2", "column 1"]),
    (["svd", "[[inf,1,1],[1,1,1],[1,1,1]]"], 3, ["row 1", "column 1"]),
]


@pytest.mark.parametrize("arguments, code, words", MISTAKES,
                         ids=[" ".join(m[0]) or "nothing" for m in MISTAKES])
def test_a_mistake_is_named(eckart, arguments, code, words):
    run = eckart(*arguments)
    assert run.code == code, run.out + run.err
    assert run.out == ""
    assert run.err.startswith("eckart: ")
    assert len(run.err.splitlines()) <= 2
    for word in words:
        assert word in run.err


def test_without_arguments_the_help_goes_to_standard_error(eckart):
    run = eckart()
    assert run.code == 2
    assert run.out == ""
    assert "Examples" in run.err and "svd" in run.err


def test_a_table_with_a_broken_line_names_the_line(eckart, tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,oops\n")
    run = eckart("svd", "t.csv")
    assert run.code == 3 and run.out == ""
    assert "t.csv" in run.err and "3" in run.err and "oops" in run.err


def test_a_missing_field_is_an_error_unless_it_may_be_zero(eckart, tmp_path):
    (tmp_path / "t.csv").write_text("1,2\n3,\n")
    assert eckart("svd", "t.csv").code == 3
    run = eckart("info", "t.csv", "--missing", "zero", "--json")
    assert run.code == 0 and run.json["nonzeros"] == 3


def test_standard_input_is_read_and_its_format_may_be_named(eckart):
    run = eckart("svd", "-", "--json", "--input-format", "csv", stdin=b"3,2\n2,3\n")
    assert run.code == 0, run.err
    np.testing.assert_allclose(run.json["sigma"], [5, 1], rtol=1e-14)


def test_an_existing_result_is_kept_without_force(eckart, tmp_path):
    assert eckart("svd", A, "-o", "out").code == 0
    before = (tmp_path / "out" / "s.npy").read_bytes()
    run = eckart("svd", "[[7]]", "-o", "out")
    assert run.code == 2 and run.out == "" and "--force" in run.err
    assert (tmp_path / "out" / "s.npy").read_bytes() == before
    assert eckart("svd", "[[7]]", "-o", "out", "--force").code == 0
    assert np.load(tmp_path / "out" / "s.npy") == [7]


def test_force_does_not_replace_a_folder_of_other_things(eckart, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_text("cat")
    assert eckart("svd", A, "-o", "photos", "--force").code == 3
    assert (tmp_path / "photos" / "cat.jpg").read_text() == "cat"


def test_a_failed_run_leaves_an_existing_result_alone(eckart, tmp_path):
    assert eckart("svd", A, "-o", "out").code == 0
    before = (tmp_path / "out" / "s.npy").read_bytes()
    assert eckart("svd", "[[nan]]", "-o", "out", "--force").code == 3
    assert (tmp_path / "out" / "s.npy").read_bytes() == before


def test_output_that_cannot_be_created_is_found_before_the_work(eckart, tmp_path):
    (tmp_path / "file").write_text("")
    run = eckart("svd", A, "-o", "file/out")
    assert run.code == 3 and run.out == "" and "file/out" in run.err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
@pytest.mark.parametrize("arguments", [["svd", A], ["info", A, "--json"], ["--version"],
                                       ["--help"], ["completion", "bash"]])
def test_a_full_disk_behind_standard_output_is_an_error(arguments):
    with open("/dev/full", "wb") as full:
        run = run_tool(*arguments, stdout=full)
    assert run.code == 3
    assert "standard output" in run.err and "space" in run.err


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    run = run_tool("svd", A, "-o", tmp_path / "out", stdout=writer)
    os.close(writer)
    assert run.code == 0 and run.err == ""
    assert (tmp_path / "out" / "s.npy").exists()


NAMELESS = [["svd", A, "-o", ""], ["svd", A, "--output="], ["svd", ""],
            ["lowrank", A, "-k", "1", "-o", ""], ["check", A, ""], ["info", ""],
            ["check", A, "--u", "", "--s", "s.npy", "--vt", "Vt.npy"]]


@pytest.mark.parametrize("arguments", NAMELESS, ids=" ".join)
def test_an_empty_name_is_a_mistake_of_the_command_line(eckart, tmp_path, arguments):
    run = eckart(*arguments)
    assert run.code == 2 and run.out == "", run.err
    assert "empty" in run.err or "needs a value" in run.err
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["x.csv", "x.npz", "x.mtx", "-", "x"])
def test_an_approximation_is_written_under_no_other_format_s_name(eckart, tmp_path, name):
    run = eckart("lowrank", A, "-k", "1", "-o", name)
    assert run.code == 2 and ".npy" in run.err
    assert os.listdir(tmp_path) == []


def test_a_result_folder_is_not_standard_output(eckart, tmp_path):
    run = eckart("svd", A, "-o", "-")
    assert run.code == 2 and "--json" in run.err
    assert os.listdir(tmp_path) == []


def test_a_result_never_replaces_its_own_input(eckart, matrix, tmp_path):
    assert eckart("svd", matrix(6, 4), "-o", "in").code == 0
    os.symlink("in/U.npy", tmp_path / "alias.npy")
    before = (tmp_path / "in" / "U.npy").read_bytes()
    runs = [eckart("svd", "in/U.npy", "-o", "in", "--force"),
            eckart("svd", "alias.npy", "-o", "./in/", "--force"),
            eckart("svd", "-", "-o", "in", "--force", stdin=open(tmp_path / "in" / "U.npy", "rb")),
            eckart("lowrank", "in/U.npy", "-k", "1", "-o", "in/U.npy", "--force"),
            eckart("lowrank", "alias.npy", "-k", "1", "-o", "in/U.npy", "--force"),
            eckart("lowrank", "in", "-k", "1", "-o", "in/U.npy", "--force")]
    for run in runs:
        assert run.code == 2 and run.out == "", run.err
        assert "input" in run.err
        assert (tmp_path / "in" / "U.npy").read_bytes() == before
    # Another result beside the input may be replaced.
    assert eckart("svd", "in/U.npy", "-o", "out").code == 0
    assert eckart("svd", "in/U.npy", "-o", "out", "--force").code == 0


def test_a_folder_that_appears_during_the_run_is_the_same_mistake(tmp_path):
    # Standard input stays open until the folder is there: the check at the start saw nothing.
    with subprocess.Popen([TOOL, "svd", "-", "-o", "deep/out"], cwd=tmp_path,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        while not (tmp_path / "deep").exists():
            time.sleep(0.01)
        run_tool("svd", "[[7]]", "-o", "deep/out", cwd=tmp_path)
        out, err = process.communicate(b"3,2\n2,3\n")
    assert process.returncode == 2 and out == b""
    assert b"deep/out exists already" in err and b"--force" in err
    assert np.load(tmp_path / "deep" / "out" / "s.npy") == [7]


def test_a_file_beyond_the_size_limit_is_an_ordinary_failure(matrix, tmp_path):
    name = matrix(200, 200)
    run = subprocess.run(["sh", "-c", 'ulimit -f 20; exec "$@"', "sh", TOOL, "svd", name, "-o",
                          "out"], cwd=tmp_path, capture_output=True)
    assert run.returncode == 3 and b"ulimit -f" in run.stderr
    assert os.listdir(tmp_path) == [name]


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no /dev/zero")
def test_a_device_that_never_ends_is_not_read(eckart):
    def limited():
        # Where it is read after all, it must not fill the machine.
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))

    with open("/dev/zero", "rb") as zero:
        for arguments in (["/dev/zero"], ["-"]):
            run = subprocess.run([TOOL, "svd", *arguments], stdin=zero, capture_output=True,
                                 preexec_fn=limited)
            assert run.returncode == 3 and b"is a device" in run.stderr
    assert "is empty" in eckart("svd", "-", stdin=subprocess.DEVNULL).err


def test_far_more_threads_than_cpus_are_warned_of_once(eckart):
    cpus = eckart("doctor", "--json").json["threads_available"]
    few = eckart("svd", A, "--threads", 4 * cpus)
    assert few.code == 0 and few.err == ""
    many = eckart("svd", A, "--threads", 4 * cpus + 1)
    assert many.code == 0 and many.err.count("warning") == 1 and "CPU" in many.err
    assert eckart("svd", A, "--threads", 4 * cpus + 1, "-q").err == ""


def test_a_file_name_cannot_steer_the_terminal(eckart, matrix, tmp_path):
    evil = "a\033[31m\nb\u009bc.npy"
    matrix(3, 2, name=evil)
    shown = "a\\x1b[31m\\nb\\xc2\\x9bc.npy"
    folder = evil + ".d"
    runs = [eckart("svd", evil, "-o", folder), eckart("svd", evil, "--plan"), eckart("info", evil),
            eckart("lowrank", evil, "-k", "1", "-o", "B" + evil),
            eckart("lowrank", folder, "-k", "1", "-o", "C" + evil), eckart("check", evil, folder),
            eckart("svd", "no" + evil), eckart("svd", A, evil), eckart("svd", A, "-o", folder)]
    assert [run.code for run in runs] == [0, 0, 0, 0, 0, 0, 3, 2, 2], [run.err for run in runs]
    for run in runs:
        text = run.out + run.err
        assert shown in text
        assert "\033" not in text and "\u009b" not in text and "\nb" not in text


def test_a_factorisation_that_is_no_folder_is_called_so(eckart, matrix):
    name = matrix()
    run = eckart("check", name, name)
    assert run.code == 3 and f"{name}: is not a folder" in run.err


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no /proc")
def test_a_folder_that_takes_no_files_is_not_called_missing(eckart):
    run = eckart("svd", A, "-o", "/proc/x")
    assert run.code == 3 and "does not exist" not in run.err
