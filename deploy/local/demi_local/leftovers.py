"""What an engine that was killed leaves: container processes and mounts.

Found by the engine's own containerd namespace and configuration file in their arguments, so that
another engine's are never touched.
"""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from demi_local.processes import end_pid


def end_processes(option: str, value: str) -> None:
    """End every process with this option and value among its arguments, and its children.

    Only shims have children here, the containers, which would outlive them.
    """
    marked = {pid for pid in _pids() if has_option(_arguments(pid), option, value)}
    for pid, parent in _parents().items():
        if parent in marked:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    for pid in marked:
        end_pid(pid, grace_s=2.0)


def unmount(folder: Path) -> None:
    """Unmount everything below a folder, the innermost first."""
    for target in sorted(mounts_below(folder, _mount_table()), reverse=True):
        subprocess.run(["umount", "--lazy", target], capture_output=True, check=False)


def mounts_below(folder: Path, table: str) -> list[str]:
    """List the mount points below a folder. Source: proc(5), `/proc/PID/mountinfo`, field 5."""
    points = [line.split()[4] for line in table.splitlines() if line]
    decoded = [point.replace("\\040", " ") for point in points]
    return [point for point in decoded if Path(point).is_relative_to(folder)]


def has_option(arguments: Sequence[str], option: str, value: str) -> bool:
    """Tell whether the value directly follows the option."""
    return (option, value) in pairwise(arguments)


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _arguments(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def _parents() -> dict[int, int]:
    parents = {}
    for pid in _pids():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            continue
        parents[pid] = int(stat.rpartition(")")[2].split()[1])
    return parents


def _mount_table() -> str:
    return Path("/proc/self/mountinfo").read_text()
