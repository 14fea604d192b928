"""Google's own Pub/Sub emulator, where gcloud has it: another cloud to run tests of Pub/Sub against."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READY = "Server started"  # what it prints [observed: 0.8.20]


def missing() -> str:
    """Why there is none; empty if there is."""
    if _program() is None:
        return "Google's Pub/Sub emulator is not installed (gcloud components install pubsub-emulator)"
    return "" if shutil.which("java") else "Google's Pub/Sub emulator needs java, which is not installed"


@contextmanager
def emulator() -> Iterator[str]:
    """`host:port` of one that has nothing in it; it ends with the block."""
    program = _program()
    assert program is not None
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m",
    }
    command = [str(program), "--host=127.0.0.1", f"--port={port}"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, env=environment, text=True, **streams) as running:  # type: ignore[call-overload]
        try:
            said = []
            while READY not in (line := running.stdout.readline()):
                said.append(line)
                assert line, f"the emulator has ended: {''.join(said)}"
            yield f"127.0.0.1:{port}"
        finally:
            running.kill()


def _program() -> Path | None:
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        return None
    beside = Path(gcloud).resolve().parent.parent / "platform" / "pubsub-emulator" / "bin"
    program = beside / "cloud-pubsub-emulator"
    return program if program.exists() else None
