"""Downloads Debian and npm packages as archives of data, with the user's own client; installs nothing."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from align.catalogue.resource import CatalogueError, Resource

_MAX_SECONDS = 900
"""The longest time that a client may take."""


def download_with_client(resource: Resource, work: Path) -> Path:
    """Downloads the archive of ``resource``'s package into ``work``: a ``.deb`` by apt-get, or a ``.tgz`` by npm.

    The client asks the servers that the user has configured for it. It neither installs the package nor runs its
    scripts. The caller checks the sha256 of the file.

    Raises:
        CatalogueError: the client is missing, takes too long, or has no such package and version.
    """
    commands = {
        "debian": ("apt-get", "download", "--quiet=2", f"{resource.package}={resource.version}"),
        "npm": ("npm", "pack", "--ignore-scripts", "--loglevel=error", f"{resource.package}@{resource.version}"),
    }
    before = set(work.iterdir())
    _run(resource, commands[resource.kind], work)
    made = [path for path in work.iterdir() if path not in before and path.suffix in {".deb", ".tgz"}]
    if len(made) != 1:
        raise CatalogueError(f"{resource.name}: {commands[resource.kind][0]} wrote {len(made)} archives; expected one")
    return made[0]


def _run(resource: Resource, command: Sequence[str], work: Path) -> None:
    """Runs ``command`` in ``work``; raises CatalogueError with its first error message if it fails."""
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
            timeout=_MAX_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise CatalogueError(f"{resource.name}: {command[0]} took longer than {_MAX_SECONDS} s") from error
    if done.returncode:
        lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith(("E:", "npm error", "npm ERR!"))] or lines or ["no message"]
        raise CatalogueError(f"{resource.name}: {command[0]} cannot get {command[-1]}: {errors[0].strip()[:200]}")
