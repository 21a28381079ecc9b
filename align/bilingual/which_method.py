"""Which method should I use? Find what you have in the first column of the tables.

## Two languages

Every command begins with `align map en.vec zh.vec -o en-zh.align`; the table gives the options to add.

| you have | options | P@1 en-zh | P@1 zh-en |
|---|---|---|---|
| 4,000 or more words with translations | none (`--method best`) | 41.3 | 35.4 |
| the same, and seconds instead of minutes | `--method reweighted` | 37.5 | 34.5 |
| the same, and a map that keeps distances | `--method procrustes` | 36.5 | 33.0 |
| the same, and one small network | `--method mlp` | 38.5 | 35.7 |
| 1,000 words | `--pairs 1000` | 39.1 | 34.8 |
| 25 words | `--pairs 25` | 22.9 | 15.8 |
| no word | `--dictionary none` | 39.1 to 39.9 | 33.7 to 35.1 |

P@1 is the percentage of unseen test words whose first candidate is right, on `googlenews-small` and
`chinese-synonym`; with 25 words on `glove-6b-50` and `zhwiki-synonyms`, where a map from 5,000 words reaches 23.7 and
16.3. Without any pairs, a map between 20,000 words of each language takes 90 s. `experiments/RESULTS.md` has the
commands that print these figures.

What a fit of the default spaces costs, from opening them to the saved file:

| method | processor time | peak memory |
|---|---|---|
| `procrustes` | 17 s | 0.7 GB |
| `reweighted` | 22 s | 0.9 GB |
| `mlp` | 60 s | 1.4 GB |
| `best` | 138 s | 2.1 GB |

Processor time is the sum over cores (`python -m tests.benchmarks.map_cost`).

## One language

| you have | command | speed, two cores |
|---|---|---|
| running text | `align train sgns mine.corpus -o mine.safetensors` | 3.81 M words/s |
| running text, and little time | `align train cbow mine.corpus -o mine.safetensors` | 4.16 M words/s |
| running text, and words that it lacks | `align train fasttext mine.corpus -o mine.safetensors` | 0.26 M words/s |
| running text, and much memory | `align train glove mine.corpus -o mine.safetensors` | 5.6 M cells/s |
| no text | `align fetch --list` | |

`align corpus TEXT -o mine.corpus --language en` makes the corpus. On the default English text, skip-gram correlates
.593 with WordSim-353 and CBOW .535; skip-gram is the better choice unless time is short.
"""
