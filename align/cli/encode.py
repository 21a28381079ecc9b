"""The command embed, which writes the vectors of words in their sentences, and the settings of encoders."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cyclopts import Parameter

from align.checks import at_least
from align.cli.documents import is_chinese, read_documents
from align.cli.options import Flag, Output
from align.cli.output import output_file, say, write_json
from align.message import number_of

if TYPE_CHECKING:
    import numpy as np
    from jaxtyping import Float32

    from align.encoder import Encoder
    from align.progress import Advance
    from align.text.corpus import Corpus

FORMAT = "align words in context 1"
_AT_ONCE = 1024
"""How many sentences are encoded between two reports of progress."""


@Parameter(name="*", show_default=False)
@dataclass(frozen=True)
class EncoderSettings:
    """Settings of encoders."""

    cells: int | None = None
    """Cells of each LSTM. [elmo: 256]"""
    layers: int | None = None
    """Layers of LSTMs in each direction. [elmo: 2]"""
    char_dim: int | None = None
    """Dimensions of the vector of a character; 0: 16, or 64 for more than 1,000 characters. [elmo: 0]"""
    filters: str | None = None
    """Widths and numbers of the filters over characters. [elmo: 1:32,2:32,3:64,4:64]"""
    highways: int | None = None
    """Highway layers over the filters. [elmo: 1]"""
    longest: int | None = None
    """How many characters of a word are read. [elmo: 20]"""
    streams: int | None = None
    """How many parts of the text are read in parallel. [elmo: 64]"""
    steps: int | None = None
    """How many words of each part a step has; gradients flow through these. [elmo: 16]"""
    optimiser: Literal["adam", "adagrad"] | None = None
    """The optimiser of the network. [elmo: adam]"""
    clip: float | None = None
    """Largest norm of the network's gradient. [elmo: 1]"""


ENCODER_DEFAULTS = EncoderSettings()


def embed(
    model: str,
    file: str,
    /,
    *,
    output: Output,
    layer: int | None = None,
    tokenise: Literal["english", "jieba", "characters", "split"] | None = None,
    json: Flag = False,
) -> None:
    """Write the vectors of the words of a text, each in its sentence.

    A line of the text is a sentence. The output has these arrays, for l layers, t words in all, and n lines:
    `vectors` (l, t, d) float32; `offsets` (n + 1) int64, where line i has the words offsets[i] to offsets[i + 1] - 1;
    and `words`, the words in UTF-8, a newline after each. Layer 0 depends on the word alone; the last layer depends
    most on the sentence. With the default sizes, a word takes about 3 KB of memory, so divide a long text.

    **Examples**

        align train elmo en -o english.safetensors
        align embed english.safetensors sentences.txt -o vectors.safetensors
        align embed english.safetensors segmented.txt -o last.safetensors --tokenise split --layer 2
        zcat reviews.gz | align embed chinese.safetensors - -o vectors.safetensors

    Args:
        model: A file made by `align train elmo`.
        file: A text, one sentence per line; - is standard input.
        output: The file to write, ending in .safetensors.
        layer: Write only this layer, from 0; by default all.
        tokenise: The tokeniser: english for en; jieba or characters for zh; split for text with blanks between words.
            By default that of `align corpus` for the language of the model.
        json: Print one JSON document that describes the output.
    """
    import numpy as np

    from align.encoder import open_encoder
    from align.progress import count_bar
    from align.tensors import save_tensors
    from align.text.vocab import PackedWords

    target = output_file(output, (".safetensors",), inputs=(model, file))
    encoder = open_encoder(model)
    if layer is not None and not 0 <= layer < encoder.layers:
        raise ValueError(f"--layer {layer}: must be from 0 to {encoder.layers - 1}")
    sentences = _sentences(encoder, file, tokenise)
    offsets = np.cumsum([0, *map(len, sentences)], dtype=np.int64)
    at_least(int(offsets[-1]), 1, f"{file}: words")
    with count_bar("sentences", len(sentences)) as advance:
        parts = list(_encoded(encoder, sentences, layer, advance))
    vectors = np.concatenate(parts, axis=1)
    words = PackedWords.pack([word for sentence in sentences for word in sentence]).block
    arrays = {"vectors": vectors, "offsets": offsets, "words": words}
    save_tensors(
        target, arrays, {"format": FORMAT, "model": encoder.name, "layer": "all" if layer is None else str(layer)}
    )
    known = sum(word in encoder.vocab for sentence in sentences for word in sentence)
    if json:
        layers, count, dim = vectors.shape
        document = {"output": str(target), "sentences": len(sentences), "words": count, "in_vocabulary": known}
        write_json({**document, "layers": layers, "dimensions": dim})
    say(
        f"align: {target}: {number_of(vectors.shape[1], 'word')} in {number_of(len(sentences), 'line')}, "
        f"{number_of(len(vectors), 'layer')} of {number_of(vectors.shape[2], 'dimension')}; "
        f"{known / vectors.shape[1]:.1%} of the words are in the vocabulary, the others are read by their characters"
    )


def _sentences(encoder: "Encoder", file: str, tokenise: str | None) -> list[list[str]]:
    """Returns the words of each line, by the named tokeniser or the default one of the encoder's language."""
    from align.text.scripts import Language
    from align.text.tokenise import tokeniser_of

    lines = read_documents(file)
    chinese = encoder.language == "zh" if encoder.language in ("en", "zh") else is_chinese(lines)
    language: Language = "zh" if chinese else "en"
    try:
        tokeniser = tokeniser_of(language, tokenise or "")
    except KeyError as error:
        raise ValueError(f"--tokenise {tokenise}: {error.args[0]}") from error
    return [tokeniser.tokens(line) for line in lines]


def _encoded(
    encoder: "Encoder", sentences: list[list[str]], layer: int | None, advance: "Advance"
) -> "Iterator[Float32[np.ndarray, 'layers t d']]":
    """Yields the vectors of all words, some sentences at a time."""
    for first in range(0, len(sentences), _AT_ONCE):
        some = [sentence for sentence in sentences[first : first + _AT_ONCE] if sentence]
        for layers in encoder.encode(some):
            yield layers if layer is None else layers[layer : layer + 1]
        advance(min(_AT_ONCE, len(sentences) - first))


def size_of(encoder: "Encoder") -> str:
    """Returns the numbers of layers, dimensions and parameters of an encoder as text."""
    layers, dim = number_of(encoder.layers, "layer"), number_of(encoder.dim, "dimension")
    return f"{layers} of {dim}, {number_of(encoder.parameters, 'parameter')},"


def say_perplexity(encoder: "Encoder", corpus: "Corpus") -> None:
    """Say the perplexity of an encoder on the held-out sentences of its corpus, and that of an n-gram model."""
    from align.evaluate.perplexity import compare_language_models
    from align.progress import stage_bars
    from align.text.held_out import held_out

    with stage_bars() as report:
        found = compare_language_models(encoder, held_out(corpus), report=report)
    say(f"align: {found}")


COMMANDS = {"embed": embed}
