"""Speed of ELMo's training, compared with the same network written plainly in PyTorch.

Run: ``python -m tests.benchmarks.elmo [--language en|zh] [--words N] [--peer FOLDER]`` after ``pip install --target
FOLDER torch``. Both read the first N words of the default corpus of the language with the default settings: characters,
convolutions, a highway layer, two LSTM layers with projections in each direction, 64 streams of 16 words a step, and a
softmax over the words of the step and 512 noise words. PyTorch has ``nn.LSTM`` with ``proj_size``, sparse gradients for
the rows of the softmax, and no clipping of cells; states are carried on and are not reset between sentences. Speeds are
words per second and per processor second, without the first segment (align) or the first ten steps (PyTorch). Each
program has one core unless --cores says otherwise: on a busy machine, threads that wait for each other cost more than
they save.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np


def text_of(options):
    """Returns the excerpt of the default corpus."""
    from align.text.defaults import default_corpus
    from experiments.excerpt import excerpt_of

    return excerpt_of(default_corpus(options.language), options.words, language=options.language)


def ours(options):
    """Trains with align; returns words per second and per processor second."""
    from align.train.elmo import ELMo
    from align.train.models import train

    corpus, ends = text_of(options), []
    train(ELMo(), corpus, callback=lambda *_: ends.append((time.perf_counter(), time.process_time())))
    words = corpus.tokens * (len(ends) - 1) / len(ends)
    return [words / (last - first) for first, last in zip(ends[0], ends[-1], strict=True)]


def plainly(options):
    """Trains in PyTorch; returns words per second and per processor second."""
    import torch
    from torch import nn

    from align.text.characters import Alphabet
    from align.train.elmo import ELMo

    corpus, model = text_of(options), ELMo()
    alphabet = Alphabet.of(corpus.vocab, longest=model.longest)
    letters = torch.tensor(np.concatenate([alphabet.rows(corpus.vocab.words), alphabet.boundary()[None]]).astype(int))
    ids = np.where(corpus.ids < 0, len(corpus.vocab), corpus.ids)
    sizes = model.sizes(alphabet.letters)
    dim, streams, steps, filters = model.dim, model.streams, model.steps, sizes.filters
    size = sum(count for _, count in filters)
    embed, convolutions = nn.Embedding(alphabet.size, sizes.char_dim), nn.ModuleList()
    for width, count in filters:
        convolutions.append(nn.Conv1d(sizes.char_dim, count, width))
    highway, project = nn.Linear(size, 2 * size), nn.Linear(size, dim)
    ways = nn.ModuleList(nn.LSTM(dim, model.cells, model.layers, proj_size=dim) for _ in range(2))
    table = nn.Embedding(len(letters), dim + 1, sparse=True)
    nn.init.zeros_(table.weight)
    dense = [p for part in (embed, convolutions, highway, project, ways) for p in part.parameters()]
    adam, rows = torch.optim.Adam(dense, lr=model.rate), torch.optim.SparseAdam(table.parameters(), lr=model.rate)
    loss_of, rng = nn.CrossEntropyLoss(), np.random.default_rng(0)
    share = np.bincount(ids, minlength=len(letters)) ** 0.75
    share /= share.sum()
    total = len(ids) // (streams * steps) - 1
    lines = ids[: (total + 1) * steps * streams].reshape(streams, -1)
    states, marks = [None, None], []
    for step in range(total):
        if step in (10, total - 1):
            marks.append((time.perf_counter(), time.process_time()))
        begin = step * steps
        window = [lines[:, begin : begin + steps + 1].T, lines[:, ::-1][:, begin : begin + steps + 1].T]
        words, places = np.unique(np.stack(window), return_inverse=True)
        places = torch.tensor(places.reshape(2, steps + 1, streams))
        noise = np.setdiff1d(rng.choice(len(letters), model.negatives, p=share), words)
        x = embed(letters[words]).transpose(1, 2)
        features = torch.cat([convolution(x).amax(2).relu() for convolution in convolutions], 1)
        changed, gate = highway(features).chunk(2, 1)
        features = features + gate.sigmoid() * (changed.relu() - features)
        vectors = project(features)
        candidates = table(torch.tensor(np.concatenate([words, noise])))
        loss = 0.0
        for way, lstm in enumerate(ways):
            output, state = lstm(vectors[places[way, :-1]], states[way])
            states[way] = tuple(part.detach() for part in state)
            logits = output.reshape(-1, dim) @ candidates[:, :-1].T + candidates[:, -1]
            loss = loss + loss_of(logits, places[way, 1:].reshape(-1)) / 2
        adam.zero_grad()
        rows.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(dense, model.clip)
        adam.step()
        rows.step()
    words = (total - 11) * steps * streams
    return [words / (last - first) for first, last in zip(*marks, strict=True)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    parser.add_argument("--words", type=int, default=300_000)
    parser.add_argument("--cores", type=int, default=1, help="processor cores that a program may use")
    parser.add_argument("--peer", help="the folder that has torch")
    parser.add_argument("--measure", choices=("align", "PyTorch"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
        print(json.dumps(ours(options) if options.measure == "align" else plainly(options)))
        return
    print(f"{'program':12}{'words/s':>10}{'words/processor s':>20}")
    for who in ("align", "PyTorch") if options.peer else ("align",):
        paths = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), options.peer)))
        command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.elmo", "--measure", who]
        command += ["--language", options.language, "--words", str(options.words), "--cores", str(options.cores)]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths}
        )
        if done.returncode:
            sys.exit(f"{who}: {done.stderr[-2000:]}")
        speed, core = json.loads(done.stdout.splitlines()[-1])
        print(f"{who:12}{speed:10,.0f}{core:20,.0f}", flush=True)


if __name__ == "__main__":
    main()
