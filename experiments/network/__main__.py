"""A neural network by hand: one neuron, a layer, back-propagation, gradient descent, and the fit of a curve.

Command: ``python -m experiments.network [--out FOLDER] [--seed N]``; about 15 seconds. It fetches nothing.
"""

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from align.message import one_line
from experiments.network import activations, backprop, batches, curve, descent, neuron
from experiments.options import RunOptions, parse_run, refuse
from experiments.report import Section, write
from experiments.terminal import print_page

TITLE = "A neural network by hand"
MODULE = "experiments.network"


class NetworkPart(NamedTuple):
    """One part: its name, and the function that makes its sections."""

    name: str
    run: Callable[[RunOptions], tuple[Section, ...]]


PARTS = (
    NetworkPart("neuron", neuron.run),
    NetworkPart("activations", activations.run),
    NetworkPart("back-propagation", backprop.run),
    NetworkPart("descent", descent.run),
    NetworkPart("batches", batches.run),
    NetworkPart("curve", curve.run),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the parts, prints their tables, writes ``network.html``; returns the exit status."""
    options = parse_run(argv, (__doc__ or "").split("\n")[0], module=MODULE, out="results/network")
    page = options.out / "network.html"
    lead = (
        "Every number below is computed with NumPy in float64 from the formula next to it; `jax.grad` only checks the "
        f"gradients. Random numbers are drawn from the seed {options.seed}. The command is `python -m {MODULE}`."
    )
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        sections = [section for part in PARTS for section in part.run(options)]
        write(sections, page, title=TITLE, lead=(lead,))
    except (ValueError, OSError) as error:
        refuse(one_line(error))
    print_page(sections, page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
