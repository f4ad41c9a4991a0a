"""A contender at work: a process that keeps its matrix and answers one JSON line at a time."""

import json
import select
import subprocess
import time
from pathlib import Path


class WorkerFailed(Exception):
    """The contender said no, died, or took too long. The message says which."""


class Worker:
    def __init__(self, command, environment, log):
        Path(log).parent.mkdir(parents=True, exist_ok=True)
        with open(log, "wb") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                bufsize=0,
            )
        self._log = log

    def ask(self, request, limit):
        """Sends the request and returns the reply, waiting at most `limit` seconds."""
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
        except BrokenPipeError:
            raise WorkerFailed(self._last_words()) from None
        if not select.select([self._process.stdout], [], [], limit)[0]:
            self._process.kill()
            raise WorkerFailed(f"stopped after {limit:.0f} s")
        line = self._process.stdout.readline()
        if not line:
            raise WorkerFailed(self._last_words())
        reply = json.loads(line)
        if "error" in reply:
            raise WorkerFailed(reply["error"])
        return reply

    def forget_peak(self):
        """Starts a new measurement of the peak memory."""
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5")

    def memory(self, field):
        """Returns VmRSS (now) or VmHWM (peak since forget_peak) in bytes."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
        return 0

    def stop(self):
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _last_words(self):
        code = self._process.wait()
        time.sleep(0.05)
        words = Path(self._log).read_text(errors="replace").strip().splitlines()[-1:]
        return ": ".join([f"died with code {code}", *words])
