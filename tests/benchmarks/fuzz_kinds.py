"""The kinds of file that the fuzz test mutates: how each is made, read, and compared with the sound file."""
# ruff: noqa: ARG001, ARG002, PLR0917

import bz2
import gzip
import io
import lzma
import struct
from functools import partial

import numpy as np

WORDS = ["the", "国王", "naïve", "🐴", "12.5", "a_b", *(f"w{i}" for i in range(60))]
DIM = 6


def vectors():
    return np.random.default_rng(0).standard_normal((len(WORDS), DIM)).astype(np.float32)


class Kind:
    """One kind: the sound file's bytes ``data``, ``read(path)``, and ``compare``, which gives a fault or nothing."""

    ending = ""

    def __init__(self, data, ending=""):
        self.data, self.ending = data, ending

    def read(self, path):
        raise AssertionError

    def compare(self, sound, got, data, changed):
        raise AssertionError


class Vectors(Kind):
    """A file of word vectors; ``entry(word, row)`` gives an entry's bytes, None where bytes cannot be compared."""

    def __init__(self, data, ending="", entry=None, literal=False, exact=False):
        super().__init__(data, ending)
        self.entry, self.literal, self.exact = entry, literal, exact

    def read(self, path):
        from align.files import load

        space = load(path)
        found = dict(zip(space.vocab.words, np.array(space.vectors), strict=True))
        if space.units is not None:
            space.units.vector("unseen")
        return found

    def compare(self, sound, got, data, _):
        if odd := [word for word in got if any(ord(c) < 32 or c == "\ufffd" for c in word)]:
            return f"value: the word {odd[0]!r}"
        if self.exact:
            same = got.keys() == sound.keys() and all(got[w].tobytes() == sound[w].tobytes() for w in sound)
            return "" if same else "value: a packed file is not the sound one"
        for word, row in got.items():
            changed = word in sound and row.tobytes() != sound[word].tobytes()
            once = (
                data.count(word.encode() + b" ") <= 1
            )  # of a repeated word the first entry is read, and the log says so
            if changed and once and self.entry(word, sound[word]) in data:
                return f"value: {word!r} has another vector; its entry is intact"
            if self.literal and self.entry(word, row) not in data:
                return f"value: {word!r} has a vector that does not follow it in the file"
        return ""


class Arrays(Kind):
    """A safetensors file, opened by ``opener``."""

    def __init__(self, data, opener, ending=""):
        super().__init__(data, ending)
        self.opener = opener

    def read(self, path):
        from align.tensors import load_tensors

        self.opener(path)
        return {name: np.array(array) for name, array in load_tensors(path)[0].items()}

    def compare(self, sound, got, data, changed):
        differ = 0
        for name, array in got.items():
            old = sound.get(name)
            if old is None or old.nbytes != array.nbytes:
                return f"value: the array {name} is not one of the sound file"
            differ += int(np.count_nonzero(old.reshape(-1).view(np.uint8) != array.reshape(-1).view(np.uint8)))
        if differ and (changed is None or differ > changed):
            return f"value: {differ} bytes of the arrays differ; {changed} were mutated"
        return ""


class Lines(Kind):
    """A file of lines: ``reader(path)`` gives a container of items, ``items`` the items of each sound line."""

    def __init__(self, data, reader, items, ending="", pack=None, separator=b"\n"):
        self.plain, self.items, self.reader, self.separator = data, items, reader, separator
        self.packed = pack is not None
        super().__init__(pack(data) if pack else data, ending)

    def read(self, path):
        return self.reader(path)

    def compare(self, sound, got, data, changed):
        if self.packed and data[:3] != self.data[:3]:
            return ""  # its content is no longer packed
        lines = self.plain.split(self.separator)
        for i, items in self.items.items():
            intact = self.separator.join([b"", *lines[i - 1 : i + 2], b""])
            if (self.packed or intact in data) and (lost := [one for one in items if one not in got]):
                return f"value: line {i + 1} is intact but {lost[0]!r} is missing"
        return ""


def _text():
    from align.files.numbers import shortest

    rows = zip(WORDS, shortest(vectors()), strict=True)
    return b"".join([b"%b %b\n" % (word.encode(), row) for word, row in rows])


def _text_entry(word, row):
    from align.files.numbers import shortest

    return b"\n%b %b\n" % (word.encode(), shortest(row[None])[0])


def _binary_entry(word, row, before=b"", after=b""):
    return before + word.encode() + b" " + row.astype("<f4").tobytes() + after


def text(folder, header=True):
    body = _text()
    return Vectors(b"%d %d\n" % (len(WORDS), DIM) * header + body, ".txt", _text_entry)


def binary(folder, end=b"\n"):
    body = b"".join([_binary_entry(word, row) + end for word, row in zip(WORDS, vectors(), strict=True)])
    return Vectors(b"%d %d\n" % (len(WORDS), DIM) + body, ".bin", _binary_entry, literal=True)


def packed(folder, pack, inner):
    kind = inner(folder)
    return Vectors(pack(kind.data), kind.ending, exact=True)


def fasttext(folder):
    table = np.random.default_rng(1).standard_normal((40, DIM)).astype(np.float32)
    parts = [struct.pack("<ii12id", 793712314, 12, DIM, 5, 1, 1, 5, 1, 2, 2, len(table), 2, 4, 100, 1e-4)]
    parts.append(struct.pack("<iiiqq", len(WORDS), len(WORDS), 0, 100, -1))
    parts += [word.encode() + b"\0" + struct.pack("<qb", 9, 0) for word in WORDS]
    parts.append(struct.pack("<?qq", False, len(WORDS) + len(table), DIM) + vectors().tobytes() + table.tobytes())
    parts.append(struct.pack("<?qq", False, len(WORDS), DIM) + vectors().tobytes())
    data = b"".join(parts)
    head = data.index(vectors().tobytes())
    # A vector is made of the whole n-gram table: it must be the sound one where all but the output matrix is.
    return Vectors(data, ".bin", lambda *_: data[: head + vectors().nbytes + table.nbytes])


def npz(folder, write):
    buffer = io.BytesIO()
    write(buffer, words=np.array(WORDS), vectors=vectors())
    return Vectors(buffer.getvalue(), ".npz", exact=True)


def native(folder):
    from align.files import load, save
    from align.space import Space
    from align.text.units import HashedNgrams
    from align.text.vocab import Vocab

    units = HashedNgrams(np.ones((9, DIM), np.float32), 2, 4)
    save(Space(Vocab(WORDS, np.arange(len(WORDS))), vectors(), units), folder / "sound.safetensors")

    def opener(path):
        space = load(path)
        assert len(list(space.vocab.words)) == len(space)

    return Arrays((folder / "sound.safetensors").read_bytes(), opener, ".safetensors")


def corpus(folder):
    from align.text.corpus import Corpus, open_corpus
    from align.text.vocab import Vocab

    draw = np.random.default_rng(0)
    ids = draw.integers(-1, len(WORDS), 3000).astype(np.int32)
    counts = np.bincount(ids[ids >= 0], minlength=len(WORDS)).astype(np.int64)
    Corpus(Vocab(WORDS, counts), ids, "sound", "en").save(folder / "sound.corpus")
    return Arrays((folder / "sound.corpus").read_bytes(), lambda path: list(open_corpus(path).vocab.words), ".corpus")


def translator(folder):
    from align.bilingual.translator import Translator
    from align.space import Space
    from align.text.vocab import Vocab

    points = vectors() / np.linalg.norm(vectors(), axis=1, keepdims=True)
    means = np.full(len(WORDS), 0.1, np.float32)
    spaces = Space(Vocab(WORDS), points, name="en"), Space(Vocab([f"字{word}" for word in WORDS]), points, name="zh")
    Translator(*spaces, means, means, {"method": "procrustes"}).save(folder / "sound.align")

    def opener(path):
        found = Translator.load(path)
        found.translate([found.source.vocab.words[0]], k=3)

    return Arrays((folder / "sound.align").read_bytes(), opener, ".align")


def checkpoint(folder):
    import jax

    from align.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
    from align.train.config import TrainingConfig
    from align.train.loop import run
    from align.train.update import AdaGrad
    from tests.train.factors import Factors, listed

    state, losses = run(Factors((20, 16), 3, ruled=AdaGrad()), listed(2), TrainingConfig(0.05), key=jax.random.key(3))
    save_checkpoint(folder / "run.checkpoint", Checkpoint(len(losses), state, losses), {"seed": "3"})
    opener = partial(load_checkpoint, like=state, fingerprint={"seed": "3"})
    return Arrays((folder / "run.checkpoint").read_bytes(), opener, ".checkpoint")


def _vocabulary(folder, path, tokenise="split"):
    from align.text.build import build_corpus

    made = build_corpus([path], folder / "made.corpus", language="en", tokenise=tokenise, min_count=1, workers=1)
    return set(made.vocab.words)


def plain_text(folder, pack=None):
    rows = [[f"w{i}x{j}" for j in range(5)] for i in range(60)]
    data = "".join(f"{' '.join(row)}\n" for row in rows).encode()
    return Lines(data, partial(_vocabulary, folder), {i: rows[i] for i in range(1, 59)}, ".text", pack)


def dump(folder, pack=None):
    pages = [[f"page{chr(97 + i % 26)}{'x' * (i // 26)}q{chr(97 + j)}" for j in range(8)] for i in range(30)]
    head = '<mediawiki xml:lang="en"><siteinfo><namespaces><namespace key="6">File</namespace></namespaces></siteinfo>'
    page = "<page><title>T{}</title><ns>0</ns><revision><text>{}</text></revision></page>"
    lines = [head, *(page.format(i, " ".join(words)) for i, words in enumerate(pages)), "</mediawiki>", ""]
    items = {i: pages[i - 1] for i in range(2, 30)}
    reader = partial(_vocabulary, folder, tokenise="english")
    return Lines("\n".join(lines).encode(), reader, items, ".xml", pack)


def tsv(folder):
    from align.bilingual.dictionary.dictionary import read_dictionary
    from align.text.chinese import simplify_all

    data = "".join(f"word{i}x\t词{chr(0x4E00 + i)}\n" for i in range(60)).encode()
    items = {i: [(f"word{i}x", simplify_all([f"词{chr(0x4E00 + i)}"])[0])] for i in range(1, 59)}
    return Lines(data, lambda path: set(read_dictionary(path).pairs), items, ".tsv")


def cedict(folder):
    from align.bilingual.dictionary.cedict import chinese_frequencies, load_cedict

    chinese_frequencies()  # read once, whatever dictionary is read
    data = "# CC-CEDICT\n" + "".join(
        f"字{chr(0x4E00 + i)} 字{chr(0x4E00 + i)} [zi4 yi1] /letter{i}x/\n" for i in range(60)
    )
    items = {i: [f"letter{i - 1}x"] for i in range(2, 59)}

    def reader(path):
        found = load_cedict(path)
        found.of_english("letter1x")
        return "\n".join([str(found.entry(row)) for row in range(len(found.lines))])

    return Lines(data.encode(), reader, items, ".u8")


KINDS = {
    "word2vec-binary": binary,
    "word2vec-binary-gensim": partial(binary, end=b""),
    "word2vec-text": text,
    "glove": partial(text, header=False),
    "fasttext": fasttext,
    "npz": partial(npz, write=np.savez),
    "npz-packed": partial(npz, write=np.savez_compressed),
    "native": native,
    "binary-gzip": partial(packed, pack=gzip.compress, inner=binary),
    "text-bzip2": partial(packed, pack=bz2.compress, inner=text),
    "fasttext-xz": partial(packed, pack=lzma.compress, inner=fasttext),
    "corpus": corpus,
    "translator": translator,
    "checkpoint": checkpoint,
    "text": plain_text,
    "text-gzip": partial(plain_text, pack=gzip.compress),
    "dump": dump,
    "dump-bzip2": partial(dump, pack=bz2.compress),
    "dictionary-tsv": tsv,
    "dictionary-cedict": cedict,
}
