"""eckart explore: the server that it starts, as scripts meet it. tests/browser looks at the page."""
import http.cookiejar
import json
import os
import signal
import socket
import stat
import subprocess
import urllib.error
import urllib.request
from contextlib import contextmanager

import numpy as np
import pytest

from conftest import TOOL


class Explorer:
    def __init__(self, process, url):
        self.process, self.url, self.origin = process, url, url.split("/?")[0]
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)

    def get(self, path):
        return self.opener.open(self.origin + path).read()

    def ask(self, path, question):
        """Returns status and JSON of an answer."""
        request = urllib.request.Request(
            self.origin + path, json.dumps(question).encode(),
            {"Content-Type": "application/json", "X-Eckart": "1"})
        try:
            with self.opener.open(request) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


@contextmanager
def explorer(*arguments, cwd=None, env=None):
    command = [TOOL, "explore", "--json", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd,
                          env=os.environ | (env or {})) as process:
        try:
            started = Explorer(process, json.loads(process.stdout.readline())["url"])
            started.opener.open(started.url)
            yield started
        finally:
            process.send_signal(signal.SIGTERM)


@pytest.fixture
def desktop(tmp_path):
    """An environment with a screen, whose xdg-open notes what it was asked to open."""
    opener = tmp_path / "bin" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\necho "$1" > "{tmp_path}/opening" && mv "{tmp_path}/opening" "{tmp_path}/opened"\n')
    opener.chmod(opener.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{opener.parent}:{os.environ['PATH']}", "DISPLAY": ":9"}


def wait_for(path):
    while not path.exists():
        os.sched_yield()
    return path.read_text().strip()


def test_prints_an_address_that_serves_the_page_and_ends_well_by_ctrl_c(tmp_path):
    with explorer("--no-browser") as run:
        assert b"app.js" in run.get("/")
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait() == 0


def test_a_person_is_told_how_to_end_it(tmp_path):
    process = subprocess.Popen([TOOL, "explore", "--no-browser"], stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout.readline().startswith("explorer http://127.0.0.1:")
        assert "Ctrl-C" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
    with subprocess.Popen([TOOL, "explore", "--no-browser", "-q", "--idle-exit", "0.1"],
                          stdout=subprocess.PIPE, text=True) as process:
        assert len(process.stdout.read().splitlines()) == 1


def test_files_are_listed_in_their_order(tmp_path):
    np.save(tmp_path / "A.npy", np.eye(3))
    with explorer("A.npy", "[[1,2]]", "--no-browser", cwd=tmp_path) as run:
        data = json.loads(run.get("/api/data"))["data"]
        assert [(d["id"], d["name"], d["rows"], d["cols"]) for d in data] == [
            (1, "A.npy", 3, 3), (2, "[[1,2]]", 1, 2)]
        assert run.ask("/api/spectrum", {"data": 1})[1]["sigma"] == [1, 1, 1]


def test_opens_the_browser_with_an_address_that_works_once(tmp_path, desktop):
    with explorer(env=desktop) as run:
        opened = wait_for(tmp_path / "opened")
        assert opened.startswith(run.origin) and opened != run.url
        stranger = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        assert b"app.js" in stranger.open(opened).read()
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open(opened)
        assert refused.value.code == 401


def test_opens_no_browser_when_told_not_to_or_without_a_screen(tmp_path, desktop):
    for arguments, env in ((["--no-browser"], {}), ([], {"DISPLAY": "", "WAYLAND_DISPLAY": ""})):
        environment = {k: v for k, v in (desktop | env).items() if v} | {"NOTHING": "1"}
        command = [TOOL, "explore", "--idle-exit", "0.2", *arguments]
        base = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
        assert subprocess.run(command, env=base | environment, stdout=subprocess.DEVNULL).returncode == 0
        assert not (tmp_path / "opened").exists()


def test_serves_at_the_port_asked_for_and_says_if_it_is_taken(eckart):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        run = eckart("explore", "--no-browser", "--port", port)
        assert run.code == 3 and f"127.0.0.1:{port}" in run.err and "--port" in run.err
    with explorer("--no-browser", "--port", port) as run:
        assert run.origin == f"http://127.0.0.1:{port}"


def test_ends_by_itself_when_idle(eckart):
    assert eckart("explore", "--no-browser", "--idle-exit", "0.1").code == 0


def test_files_of_the_page_may_come_from_a_folder(eckart, tmp_path):
    assert eckart("explore", "--no-browser", "--web-root", tmp_path).code == 2
    (tmp_path / "index.html").write_text("mine")
    with explorer("--no-browser", "--web-root", tmp_path) as run:
        assert run.get("/") == b"mine"


def test_memory_and_time_caps_refuse_in_words(tmp_path, matrix):
    matrix(300, 200)
    with explorer("A.npy", "--no-browser", "--max-memory", "1M", cwd=tmp_path) as run:
        status, answer = run.ask("/api/spectrum", {"data": 1})
        assert (status, answer["error"]) == (413, "memory")
    with explorer("A.npy", "--no-browser", "--max-time", "1e-6", cwd=tmp_path) as run:
        status, answer = run.ask("/api/spectrum", {"data": 1})
        assert (status, answer["error"]) == (503, "time")


def test_the_number_of_threads_changes_the_report_and_no_bit(tmp_path, matrix):
    matrix(300, 200)
    answers = []
    for threads in (1, 2, 3):
        with explorer("A.npy", "--no-browser", "--threads", threads, cwd=tmp_path) as run:
            answers.append(run.ask("/api/spectrum", {"data": 1})[1])
            assert answers[-1]["report"]["threads"] == threads
    assert answers[0]["sigma"] == answers[1]["sigma"] == answers[2]["sigma"]


@pytest.mark.parametrize("arguments, code, words", [
    (["missing.npy"], 3, "missing.npy"),
    (["-"], 2, "standard input"),
    (["/dev/zero"], 3, "device"),
    (["--port", "0"], 2, "--port"),
    (["--port", "65536"], 2, "65535"),
    (["--idle-exit", "soon"], 2, "--idle-exit"),
    (["--web-root", ""], 2, "--web-root"),
])
def test_mistakes_are_told(eckart, arguments, code, words):
    run = eckart("explore", "--no-browser", *arguments)
    assert run.code == code and words in run.err and run.err.count("\n") == 1
