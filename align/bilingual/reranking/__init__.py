"""The second stage of `best`: the first stage's candidates put in order by a small network, with probabilities."""
