"""One process holds the lock of an agent."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from rollcall_client.process.worker_lock import WorkerLock
from support.registry import eventually

HOLDER = """
import os, sys
from rollcall_client.process.worker_lock import WorkerLock
lock = WorkerLock("http://registry", "a-1")
assert lock.acquire()
if os.fork() == 0:
    sys.stdin.read()  # Lives on, without the lock.
    os._exit(0)
print("held", flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_lock_is_for_one_registry_and_agent() -> None:
    lock, same = WorkerLock("http://one", "a-1"), WorkerLock("http://one", "a-1")
    others = [WorkerLock("http://one", "a-2"), WorkerLock("http://two", "a-1")]

    assert lock.acquire() and not same.acquire()
    assert all(other.acquire() for other in others)
    lock.release()
    lock.release()
    assert same.acquire()
    for held in (same, *others):
        held.release()


def test_the_lock_of_a_killed_process_is_free_although_its_child_lives(folder: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        env={**os.environ, "TMPDIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin is not None and holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert holder.wait() == -9
    lock = WorkerLock("http://registry", "a-1")

    # The child may still be on its way to letting go.
    eventually(lock.acquire)
    lock.release()
    holder.stdin.close()
    holder.stdout.close()


def test_a_folder_that_another_user_may_have_prepared_is_refused(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    (folder / f"rollcall-{os.getuid()}").symlink_to(folder / "elsewhere")

    with pytest.raises(PermissionError, match="belongs to another user"):
        WorkerLock("http://registry", "a-1").acquire()


def test_a_symbolic_link_in_place_of_the_lock_is_refused(folder: Path) -> None:
    lock = WorkerLock("http://registry", "a-1")
    assert lock.acquire()
    lock.release()
    (file,) = (folder / f"rollcall-{os.getuid()}").iterdir()
    file.unlink()
    precious = folder / "precious"
    precious.write_text("precious")
    file.symlink_to(precious)

    with pytest.raises(PermissionError, match="is a symbolic link; remove it"):
        lock.acquire()
    assert precious.read_text() == "precious"
    # Nor is a file created behind it.
    precious.unlink()
    with pytest.raises(PermissionError, match="is a symbolic link; remove it"):
        lock.acquire()
    assert not precious.exists()
