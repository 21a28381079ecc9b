"""Which method should I use? Find what you have in the first column of the tables.

## Two languages

Every command begins with `align map en.vec zh.vec -o en-zh.align`; the table gives the options to add.

| you have | options | P@1 en-zh | P@1 zh-en | clock | processor | memory |
|---|---|---|---|---|---|---|
| 4,000 or more words with translations | none (`--method best`) | 41.5 | 36.6 | 101 s | 181 s | 2.3 GB |
| the same, and seconds instead of minutes | `--method reweighted` | 37.5 | 34.5 | 9 s | 15 s | 0.8 GB |
| the same, and a map that keeps distances | `--method procrustes` | 36.5 | 33.0 | 9 s | 14 s | 0.7 GB |
| the same, and one small network | `--method mlp` | 38.5 | 35.7 | 31 s | 55 s | 1.4 GB |
| 1,000 words | `--pairs 1000` | 39.1 | 34.8 | 110 s | 209 s | 1.5 GB |
| 25 words | `--pairs 25` | 22.9 | 15.8 | 78 s | 148 s | 1.3 GB |
| no word | `--dictionary none` | 39.1 to 39.9 | 33.7 to 35.1 | 215 s | 268 s | 1.3 GB |

P@1 is the percentage of unseen test words whose first candidate is right, on `googlenews-small` and
`chinese-synonym`; with 25 words on `glove-6b-50` and `zhwiki-synonyms`, where a map from 5,000 words reaches 23.7 and
16.3. Without any pairs, P@1 is that of 20,000 words of each language. `experiments/RESULTS.md` has the commands that
print these figures.

Time and memory are those of a fit of all words of `googlenews-small` and `chinese-synonym` on two cores, from opening
them to the saved file: by the clock, the sum over cores, and the peak (`python -m tests.benchmarks.map_cost`, with
the arguments `1000`, `25` and `none` for the last rows; another program ran beside the last one).

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
