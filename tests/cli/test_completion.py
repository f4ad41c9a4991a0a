"""Completion scripts are valid and offer what --help lists."""
import re
import shutil
import subprocess

import pytest

COMMANDS = ["svd", "info", "check", "lowrank", "convert", "update", "transform", "inverse", "energy",
            "pca", "score", "solve", "rank", "cond", "norm", "pinv", "null", "range", "doctor",
            "completion", "man"]
NESTED = ["lsa " + name for name in
          ("fit", "query", "similar", "terms", "topics", "update", "evaluate", "export")]
NESTED += ["image " + name for name in ("compress", "expand", "inspect", "sheet", "preview")]
CHECKS = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "-n"]}


def options_of(eckart, command):
    return set(re.findall(r"(?<![\w-])(--[a-z][a-z-]*|-[a-z](?=,))",
                          eckart(*command.split(), "--help-all").out.split("Usage")[1]))


@pytest.mark.parametrize("shell", CHECKS)
def test_the_script_is_valid(eckart, tmp_path, shell):
    run = eckart("completion", shell)
    assert run.code == 0 and run.err == ""
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "script").write_text(run.out)
    subprocess.run([*CHECKS[shell], str(tmp_path / "script")], check=True)


@pytest.mark.parametrize("shell", CHECKS)
@pytest.mark.parametrize("command", COMMANDS + NESTED)
def test_the_script_knows_every_option_of_the_help(eckart, shell, command):
    script = eckart("completion", shell).out
    for option in options_of(eckart, command):
        if shell == "fish":
            flag = f"-l {option[2:]}" if option.startswith("--") else f"-s {option[1:]}"
            assert re.search(rf"seen_subcommand_from {command.split()[-1]}'.* {flag}( |$)", script,
                             re.M), option
        else:
            label = f"'{command}'" if shell == "bash" and " " in command else command.split()[-1]
            # In zsh's script the commands of lsa stand in its own section.
            start = script.index("    lsa)") if shell == "zsh" and " " in command else 0
            section = script[start + re.search(rf"^    {label}\)", script[start:], re.M).start():]
            assert option in re.split(r"[ '\[]", section[:section.index(";;")]), option


def complete(eckart, tmp_path, *words):
    """What bash offers for the last word."""
    (tmp_path / "script").write_text(eckart("completion", "bash").out)
    array = " ".join(f"'{word}'" for word in words)
    script = (f"source ./script; COMP_WORDS=({array}); COMP_CWORD={len(words) - 1}; _eckart; "
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, check=True, capture_output=True)
    return done.stdout.decode().split()


def test_bash_completes_commands_options_and_choices(eckart, tmp_path):
    assert set(COMMANDS) <= set(complete(eckart, tmp_path, "eckart", ""))
    assert complete(eckart, tmp_path, "eckart", "sv") == ["svd"]
    assert complete(eckart, tmp_path, "eckart", "svd", "--en") == ["--energy"]
    assert complete(eckart, tmp_path, "eckart", "svd", "--method", "la") == ["lanczos"]
    assert complete(eckart, tmp_path, "eckart", "completion", "f") == ["fish"]
    assert complete(eckart, tmp_path, "eckart", "lsa", "q") == ["query"]
    assert complete(eckart, tmp_path, "eckart", "lsa", "fit", "--ste") == ["--stem"]
    assert complete(eckart, tmp_path, "eckart", "lsa", "fit", "--weighting", "lo") == [
        "log", "log-entropy"]
    assert complete(eckart, tmp_path, "eckart", "lsa", "export", "m", "--as", "w") == ["word2vec"]
    (tmp_path / "matrix.npy").write_text("")
    assert complete(eckart, tmp_path, "eckart", "svd", "matr") == ["matrix.npy"]
