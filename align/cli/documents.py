"""Commands on documents, one per line: documents compare, documents nearest, documents explain."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from align.checks import at_least
from align.cli.options import READ_ALL, Count, Flag, Given, Maybe, Output, Reading, one_of, refuse, shown_as
from align.cli.output import output_file, say, write_json, write_tsv
from align.cli.translation import open_translator
from align.message import few, number_of

if TYPE_CHECKING:
    import numpy as np

    from align.meaning.documents.bags import Bags, Documents
    from align.meaning.documents.measures import DocumentMeasure, WordStatistics
    from align.space import Space

MeasureName = Literal["wmd", "rwmd", "lc-rwmd", "wcd", "sinkhorn", "cosine", "sif", "tf-idf", "bag-of-words"]
WeightingName = Literal["counts", "tf-idf", "sif", "keywords", "textrank"]
_KEYWORDS = 10
_NAMED = 3
"""The largest number of unknown words of a file that are named."""


@Parameter(name="*")
@dataclass(frozen=True)
class BagOptions:
    """Options for the words of documents: their weights and their vectors."""

    weights: WeightingName = "counts"
    """Weights of words for the transport of words and for `cosine`."""
    keywords: int = _KEYWORDS
    """Number of words that `--weights keywords` and `--weights textrank` keep of each document."""
    idf: Given = "documents"
    """Source of inverse document frequencies: `documents`, `frequencies` (of words), or a file of documents."""
    with_: Annotated[Maybe, Parameter(name="--with")] = ""
    """A translator: the two files may then be in different languages."""

    def opened(self) -> "DocumentMeasure":
        """Returns the measure, checked."""
        return self._measure("wmd")

    def _measure(self, name: MeasureName) -> "DocumentMeasure":
        """Returns the measure of this name; raises ValueError for an option without effect on it."""
        from align.meaning.documents.measures import DocumentMeasure

        at_least(self.keywords, 1, "--keywords")
        if self.weights not in ("keywords", "textrank"):
            refuse("only with --weights keywords or textrank", keywords=self.keywords != _KEYWORDS)
        found = DocumentMeasure(name, self.weights, self.keywords)
        if found.used_weighting != self.weights:
            refuse(f"not with --measure {name}, which has its own weights", weights=self.weights != "counts")
        used = ("tf-idf", "keywords") if self.idf == "frequencies" else ("tf-idf", "keywords", "sif")
        if found.used_weighting not in used:
            refuse(f"only with the weights {' or '.join(used)}", idf=self.idf != "documents")
        return found

    def bags(self, space: str, files: tuple[str, str], reading: Reading) -> "tuple[Bags, Bags]":
        """Returns the documents of both files, weighted for the measure."""
        from align.meaning.documents.measures import weighted

        measure = self.opened()
        texts = [read_documents(file) for file in files]
        spaces = self._spaces(space, texts, reading)
        both = [_documents(spaces[0], texts[0], files[0])]
        both += both if files[0] == files[1] else [_documents(spaces[1], texts[1], files[1])]
        x, y = (weighted(documents, measure, self._statistics(documents, both)) for documents in both)
        return x, y

    def _spaces(self, space: str, texts: list[list[str]], reading: Reading) -> "list[Space]":
        """Returns the space of each file: ``space``, or the side of the translator in the language of the text."""
        if not self.with_:
            return [reading.space_and_language(space)[0]] * 2
        reading.refuse(f"only for vector files; with --with, the vectors are those of {self.with_}")
        translator = open_translator(self.with_)
        names = (translator.source.name, translator.target.name)
        if space not in names:
            say(f"align: documents are placed in the space of {self.with_} ({' and '.join(names)}), not in {space}")
        return [translator.target if is_chinese(lines) else translator.source for lines in texts]

    def _statistics(self, documents: "Documents", both: "list[Documents]") -> "WordStatistics":
        """Returns the inverse document frequencies and probabilities of words for ``documents``."""
        from align.meaning.documents.bags import documents_of
        from align.meaning.documents.measures import background_statistics, frequency_statistics, statistics_of

        if self.idf == "frequencies":
            return frequency_statistics(documents)
        if self.idf == "documents":
            return statistics_of(*(side for side in both if side.space is documents.space))
        space = documents.space
        return background_statistics(documents_of(space, _words(space, read_documents(self.idf))))


@Parameter(name="*")
@dataclass(frozen=True)
class DocumentOptions(BagOptions):
    """Options for comparing documents."""

    measure: MeasureName = "wmd"
    """`wmd`: exact Word Mover's Distance; `rwmd`, `lc-rwmd`: relaxed; `wcd`: distance of centroids; `sinkhorn`:
    entropic; `cosine`: 1 - cosine of mean vectors; `sif`; `tf-idf` and `bag-of-words`: without vectors."""

    def opened(self) -> "DocumentMeasure":
        """Returns the measure, checked."""
        return self._measure(self.measure)


BY_COUNT, BY_MOVER = BagOptions(), DocumentOptions()


def compare(
    space: str,
    first: str,
    second: str,
    /,
    *,
    how: DocumentOptions = BY_MOVER,
    json: Flag = False,
    tsv: Flag = False,
    reading: Reading = READ_ALL,
) -> None:
    """Print the distance of every document of one file to every document of another, as a matrix.

    A document is a line. Its words are looked up as written, then in lower case. Smaller means nearer. A document
    without a known word has no distance: `nan`, null in JSON.

    **Examples**

        align documents compare googlenews-small a.txt b.txt
        align documents compare googlenews-small a.txt b.txt --measure cosine --weights tf-idf --json
        align documents compare googlenews-small english.txt chinese.txt --with en-zh.align

    Args:
        space: A file of word vectors, or a name from the catalogue.
        first: Documents, one per line: the rows of the matrix.
        second: Documents, one per line: the columns.
        how: How documents are compared.
        json: Print one JSON document.
        tsv: Print tab-separated lines, which is the default.
        reading: How vector files are read.
    """
    from align.evaluate.score import defined
    from align.meaning.documents.measures import distances

    one_of(json=json, tsv=tsv)
    x, y = how.bags(space, (first, second), reading)
    matrix = distances(x, y, how.opened())
    if json:
        rows = [[defined(value) for value in row] for row in matrix.tolist()]
        write_json({"measure": how.measure, "weights": how.opened().used_weighting, "matrix": rows})
    else:
        write_tsv([f"{value:.6f}" for value in row] for row in matrix.tolist())


def nearest(
    space: str,
    queries: str,
    collection: str,
    /,
    *,
    k: Count = 5,
    how: DocumentOptions = BY_MOVER,
    json: Flag = False,
    tsv: Flag = False,
    reading: Reading = READ_ALL,
) -> None:
    """Find the nearest documents of a collection for each query document.

    A document is a line. With `--measure wmd`, lower bounds replace most exact distances; the answer is the same as
    that of a full search. The output has the columns query, rank, document and distance; query and document are line
    numbers from 1.

    **Examples**

        align documents nearest googlenews-small queries.txt collection.txt -k 5
        align documents nearest googlenews-small english.txt chinese.txt --with en-zh.align --json

    Args:
        space: A file of word vectors, or a name from the catalogue.
        queries: Documents, one per line.
        collection: Documents, one per line.
        k: Number of documents for each query.
        how: How documents are compared.
        json: Print one JSON document.
        tsv: Print tab-separated lines, which is the default.
        reading: How vector files are read.
    """
    from align.meaning.documents.measures import nearest_documents
    from align.progress import count_bar

    one_of(json=json, tsv=tsv)
    at_least(k, 1, "--k")
    x, y = how.bags(space, (queries, collection), reading)
    with count_bar("queries", len(x)) as advance:
        found = nearest_documents(x, y, k, how.opened(), advance=advance)
    answers = [
        [(int(at), float(distance)) for at, distance in zip(ids, values, strict=True) if at >= 0]
        for ids, values in zip(found.ids, found.distances, strict=True)
    ]
    if json:
        listed = [
            {
                "query": line,
                "nearest": [{"document": at + 1, "index": at, "distance": distance} for at, distance in answer],
            }
            for line, answer in enumerate(answers, 1)
        ]
        write_json({"measure": how.measure, "k": k, "queries": listed})
    else:
        write_tsv(
            (line, rank, at + 1, f"{distance:.6f}")
            for line, answer in enumerate(answers, 1)
            for rank, (at, distance) in enumerate(answer, 1)
        )


def explain(
    space: str,
    first: str,
    second: str,
    /,
    *,
    output: Output,
    line: Annotated[tuple[int, int], Parameter(show_default=shown_as("1 1"))] = (1, 1),
    how: BagOptions = BY_COUNT,
    json: Flag = False,
    reading: Reading = READ_ALL,
) -> None:
    """Print the optimal transport between the words of two documents, and draw it as a PNG.

    The output has the columns word, word that it is moved to, mass and distance. The sum of mass times distance is the
    Word Mover's Distance.

    **Examples**

        align documents explain googlenews-small a.txt b.txt -o travels.png
        align documents explain googlenews-small english.txt chinese.txt --with en-zh.align --line 3 8 -o travels.png

    Args:
        space: A file of word vectors, or a name from the catalogue.
        first: Documents, one per line.
        second: Documents, one per line.
        output: The PNG to write.
        line: The line numbers of the two documents.
        how: The words of the documents.
        json: Print one JSON document.
        reading: How vector files are read.
    """
    from align.meaning.documents.flow import travels
    from align.transport_plot import draw_travels

    path = output_file(output, (".png",))
    x, y = how.bags(space, (first, second), reading)
    for bags, at, file in ((x, line[0], first), (y, line[1], second)):
        if not 1 <= at <= len(bags):
            raise ValueError(f"--line {at}: {file} has lines 1 to {len(bags)}")
        if not bags.sizes[at - 1]:
            raise ValueError(f"{file}:{at}: no word of this document is in the space")
    found = travels(x, line[0] - 1, y, line[1] - 1)
    distance = sum(travel.cost for travel in found)
    draw_travels(found, path, title=f"Word Mover's Distance {distance:.3f}")
    if json:
        write_json({"distance": distance, "travels": [travel._asdict() for travel in found]})
    else:
        write_tsv((t.word, t.to, f"{t.mass:.4f}", f"{t.distance:.4f}") for t in found)
    say(f"align: saved as {path}")


def read_documents(file: str) -> list[str]:
    """Returns the lines of a file, each a document; raises ValueError for an empty file."""
    from align.catalogue import resolve
    from align.encoding import numbered_lines

    lines = [line for _, line in numbered_lines(resolve(file), option="")]
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise ValueError(f"{file}: holds no document; one per line was expected")
    return lines


def is_chinese(lines: list[str]) -> bool:
    """Returns whether at least half of the documents have a Chinese character."""
    from align.text.chinese import has_hanzi

    return 2 * sum(has_hanzi(line) for line in lines) >= len(lines)


def _documents(space: "Space", lines: list[str], file: str) -> "Documents":
    """Returns the lines as documents of a space; reports unknown words, and the documents without a known word."""
    from align.meaning.documents.bags import documents_of

    texts = _words(space, lines)
    documents = documents_of(space, texts)
    words = dict.fromkeys(word for text in texts for word in text)
    if unknown := [word for word in words if word not in space.vocab.index]:
        named = few([repr(word) for word in unknown], _NAMED)
        say(f"align: {file}: {len(unknown):,} of {number_of(len(words), 'distinct word')} are unknown: {named}")
    empty: np.ndarray = documents.starts[1:] == documents.starts[:-1]
    if empty.any():
        say(f"align: {file}: {int(empty.sum())} of {len(documents)} documents have no word that the space knows")
    return documents


def _words(space: "Space", lines: list[str]) -> list[list[str]]:
    """Returns the words of each line: as written if the space has that form, else in lower case."""
    from align.bilingual.interlinear import runs_of_words
    from align.evaluate.suite import language_of
    from align.text.tokenise import tokeniser_of

    tokeniser, index = tokeniser_of(language_of(space)), space.vocab.index
    return [
        [word if word in index else word.lower() for run in runs_of_words(line, tokeniser) for word in run]
        for line in lines
    ]


COMMANDS = {"documents compare": compare, "documents nearest": nearest, "documents explain": explain}
