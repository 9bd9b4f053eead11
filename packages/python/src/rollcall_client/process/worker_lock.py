"""A lock by which one of the processes of a machine is an agent."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_held: set[WorkerLock] = set()


class WorkerLock:
    """An advisory lock on a file of the user in the folder for temporary files.

    The kernel releases it when the process ends, however it ends. On Windows, every process gets it.
    """

    def __init__(self, registry_url: str, agent_id: str) -> None:
        """Processes that name the same registry and agent compete for the same lock."""
        self._name = hashlib.sha256(f"{registry_url}\n{agent_id}".encode()).hexdigest()[:32]
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Tries to get the lock, without waiting. Raises OSError if the file cannot be opened.

        A symbolic link in its place is a PermissionError: what it points to is never opened.
        """
        if fcntl is None:
            return True
        # The file stays: if it were removed, two processes could lock two files of the same name.
        descriptor = _open(_folder() / f"{self._name}.lock")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        _held.add(self)
        return True

    def release(self) -> None:
        """Releases the lock. Idempotent."""
        descriptor, self._descriptor = self._descriptor, None
        _held.discard(self)
        if descriptor is not None:
            os.close(descriptor)


def _open(file: Path) -> int:
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise PermissionError(f"{file} is a symbolic link; remove it") from None


def _folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"rollcall-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    # Everybody may write to the folder above.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user; set TMPDIR to a folder of your own")
    return folder


def _forked() -> None:
    # The lock lasts until all copies of its descriptor are closed.
    for lock in tuple(_held):
        lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
