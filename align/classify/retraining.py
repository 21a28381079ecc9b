"""Further training of a classifier with fewer features, on labelled texts, before its vectors are quantised."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from align.classify.beginning import PastModel
from align.classify.model import LabelModel
from align.classify.settings import ClassifierSettings
from align.classify.tokens import text_words
from align.classify.training import train_model
from align.classify.training_set import TrainingSet, label_numbers
from align.text.counted_features import counted
from align.text.labelled import LabelledText
from align.train.sources.labelled import LabelledBags

_EPOCHS = 2


def retrained(
    model: LabelModel, texts: Sequence[LabelledText], settings: ClassifierSettings, *, seed: int
) -> LabelModel:
    """Returns the model after two more epochs on ``texts``, with the same features and labels.

    The features that are left make up for those that were left out. Texts without a feature of the model teach nothing.

    Args:
        model: the model, with the state of its training.
        texts: labelled texts, best those that the model learned from.
        settings: the settings of its training; the dimension and the loss are those of the model.
        seed: seed of the order of the texts.

    Raises:
        ValueError: the model lacks the state of training, or a text has a label that the model lacks.
    """
    if model.squares is None:
        raise ValueError("the classifier lacks the training state, so it cannot learn from texts; leave the texts out")
    features, given = model.features, list(texts)
    bags = counted(features.bags(text_words([text.text for text in given], model.tokeniser)), features.rows)
    weight = np.array([text.weight for text in given], np.float32)
    data = LabelledBags(bags, label_numbers(given, list(model.labels)), weight)
    few = replace(settings, dim=model.inputs.shape[1], loss=model.loss, epochs=_EPOCHS, validation=0.0, frozen=0)
    start = PastModel(model, np.arange(features.rows), np.arange(len(model.labels)))
    found = train_model(TrainingSet(features, data, model.labels), few, model.tokeniser, seed=seed, start=start).model
    return replace(model, inputs=found.inputs, outputs=found.outputs, squares=found.squares)
