"""Packages of Debian and of npm as archives of data: the user's own client downloads them; nothing is installed."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from align.catalogue.resource import CatalogueError, Resource

_SECONDS = 900
"""How long a client may take."""


def download_with_client(resource: Resource, work: Path) -> Path:
    """Downloads the archive of ``resource``'s package into ``work``: a ``.deb`` by apt-get, or a ``.tgz`` by npm.

    The client asks the servers that the user has configured for it. It neither installs the package nor runs its
    scripts. The caller checks the sha256 of the file.

    Raises:
        CatalogueError: the client is missing, takes too long, or has no such package and version.
    """
    name = f"{resource.package}={resource.version}" if resource.kind == "debian" else _of_npm(resource)
    commands = {
        "debian": ("apt-get", "download", "--quiet=2", name),
        "npm": ("npm", "pack", "--ignore-scripts", "--loglevel=error", name),
    }
    before = set(work.iterdir())
    _run(resource, commands[resource.kind], work)
    made = [path for path in work.iterdir() if path not in before and path.suffix in {".deb", ".tgz"}]
    if len(made) != 1:
        raise CatalogueError(f"{resource.name}: {commands[resource.kind][0]} wrote {len(made)} archives; expected one")
    return made[0]


def _of_npm(resource: Resource) -> str:
    """Returns a package with its version as npm names it."""
    return f"{resource.package}@{resource.version}"


def _run(resource: Resource, command: Sequence[str], work: Path) -> None:
    """Runs ``command`` in ``work``; raises CatalogueError, with the last line of its messages, if it fails."""
    program = shutil.which(command[0])
    if program is None:
        kind = "Debian" if resource.kind == "debian" else "npm"
        raise CatalogueError(f"{resource.name}: {command[0]} is not installed; it downloads packages of {kind}")
    try:
        done = subprocess.run(
            [program, *command[1:]],
            cwd=work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise CatalogueError(f"{resource.name}: {command[0]} took longer than {_SECONDS} s") from error
    if done.returncode:
        lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith(("E:", "npm error", "npm ERR!"))] or lines or ["no message"]
        raise CatalogueError(f"{resource.name}: {command[0]} cannot get {command[-1]}: {errors[0].strip()[:200]}")
