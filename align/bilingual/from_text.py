"""From text to a translator: the commands that lead from a Wikipedia dump or your own text to translations.

## From Wikipedia

There are five steps. If a step is interrupted, run its command again.

1. Fetch the dumps. An interrupted download continues.

       align fetch simplewiki zhwiki

   `simplewiki` is Simple English (0.3 GB); for all of English Wikipedia fetch `enwiki` (25 GB). `zhwiki` has 3.4 GB.

2. Make a corpus of each: plain text from the pages, words, their counts, and the text as numbers. Memory is bounded.
   The pages of `zhwiki` are in both scripts; all text is simplified.

       align corpus simplewiki -o en.corpus --language en
       align corpus zhwiki -o zh.corpus --language zh

3. Train a space on each. `--resume` continues an interrupted run; the vectors are the same as without interruption.

       align train sgns en.corpus -o en.safetensors --dim 200
       align train sgns zh.corpus -o zh.safetensors --dim 200

4. Fit the map between them to a dictionary, and measure methods on words that they were not fitted to.

       align map en.safetensors zh.safetensors -o en-zh.align
       align eval methods en.safetensors zh.safetensors --method best

5. Use it: translate, look around in a session, or make the page of both languages.

       align translate king queen --with en-zh.align
       align repl en-zh.align
       align explore en-zh.align -o page.html

`python -m experiments.own_spaces --english en.corpus --chinese zh.corpus --dim 200` does steps 3 to 5 on the same
corpora, and writes a report with scores, concepts and figures. On 40 million words of each Wikipedia, the first
answer of `best` is right for 46 % of unseen words. The default texts are much smaller, and the first answer is right
far less often.
"""
