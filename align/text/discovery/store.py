"""The arrays of a text in blocks: files in a folder, or in memory if the text is a single block."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Store:
    """Named arrays, in files or in memory.

    Args:
      folder: the folder of the files ``NAME.npy``.
      in_memory: keep the arrays in this process and write no file.
    """

    folder: Path
    in_memory: bool = False
    _arrays: dict[str, np.ndarray] = field(default_factory=dict[str, np.ndarray], repr=False)

    def save(self, name: str, array: np.ndarray) -> None:
        """Saves an array, in place of an earlier one with its name."""
        if self.in_memory:
            self._arrays[name] = array
        else:
            np.save(self._file(name), array)

    def load(self, name: str, *, mapped: bool = False) -> Any:
        """Returns an array, which callers must not change.

        Args:
          name: its name.
          mapped: map the file to memory instead of reading it.
        """
        return self._arrays[name] if self.in_memory else np.load(self._file(name), mmap_mode="r" if mapped else None)

    def remove(self, name: str) -> None:
        """Removes an array, if there is one."""
        self._arrays.pop(name, None)
        self._file(name).unlink(missing_ok=True)

    def series(self, kind: str) -> list[Any]:
        """Returns the arrays ``kind-1``, ``kind-2``, ..."""
        found: list[Any] = []
        while self._has(name := f"{kind}-{len(found) + 1}"):
            found.append(self.load(name))
        return found

    def _has(self, name: str) -> bool:
        return name in self._arrays if self.in_memory else self._file(name).exists()

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.npy"
