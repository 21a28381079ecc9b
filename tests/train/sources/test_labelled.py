"""Batches of labelled texts: every text once in an epoch, with all its rows."""

import numpy as np
import pytest

from align.text.counted_features import counted
from align.text.word_ngrams import FeatureBags
from align.train.batchers.labelled import LabelBatch, LabelBatcher
from align.train.sources.labelled import LabelledBags, LabelledSource

SIZES = np.array([1, 40, 3, 9, 0, 2, 17, 8])
STARTS = np.concatenate([[0], np.cumsum(SIZES)])
IDS = np.arange(STARTS[-1], dtype=np.int32) // 3 * 2
BAGS = counted(FeatureBags(IDS, STARTS, SIZES), 100)
DATA = LabelledBags(BAGS, np.arange(8, dtype=np.int32)[:, None], np.arange(1, 9).astype(np.float32))


@pytest.mark.parametrize(("size", "pieces", "segment_rows"), [(3, 1, 1 << 20), (2, 2, 64), (2, 1, 64)])
def test_every_text_is_in_an_epoch_once_with_its_rows(size: int, pieces: int, segment_rows: int) -> None:
    source = LabelledSource(LabelBatcher(), DATA, 5, 1, size, pieces, segment_rows)
    orders: list[list[int]] = []
    for epoch in range(5):
        seen: dict[int, list[int]] = {}
        for segment in range(epoch * source.segments // 5, (epoch + 1) * source.segments // 5):
            order, *fields = source.load(segment)
            batch = LabelBatch(*fields)
            per = len(order) // pieces
            assert all(sorted(own) == list(range(per)) for own in order.reshape(pieces, per).tolist())
            placed = np.concatenate([own + piece * per for piece, own in enumerate(order.reshape(pieces, per))])
            used = batch.weight[placed].max(1) > 0
            for own in used.reshape(pieces, per):  # empty batches come last
                assert (np.diff(own.astype(int)) <= 0).all()
            for step in placed[used].tolist():
                for own in np.flatnonzero(batch.weight[step]).tolist():
                    text = int(batch.labels[step, own, 0])
                    mine = batch.owner[step] == own
                    seen[text] = sorted(
                        np.repeat(batch.ids[step][mine].ravel(), batch.counts[step][mine].astype(int).ravel()).tolist()
                    )
                    assert batch.weight[step, own] == text + 1
                    assert batch.share[step, own] == np.float32(1 / max(SIZES[text], 1))
        assert seen == {text: IDS[STARTS[text] : STARTS[text + 1]].tolist() for text in range(8)}
        orders.append(list(seen))
    assert len(set(map(tuple, orders))) > 1
