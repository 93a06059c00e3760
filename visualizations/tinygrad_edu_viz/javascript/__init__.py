"""JavaScript for pages that compute, printed from the package's rules: nothing is written twice.

    tables.py          operations, activations, losses, penalties, as objects of functions
    recorded.py        a function, recorded as a graph of Values, as a rule of its leaves
    optimizers.py      optimizers, as loops over flat arrays
    graph.py           a recorded graph as what `runtime.js` walks
    sentences.py       the sentences of a trace, as texts with slots, which sentences.js fills in
    words.js           texts with slots, in the language of the page
    runtime.js         what the texts call beside `Math`, and the forward and backward pass over a graph
    random.js          NumPy's random numbers, and the masks of dropout: the same seed, the same numbers
    network.js         dense layers as loops over flat arrays, which train as `tg.train.fit` does

`assemble.py` puts them together. A table has a reason for each rule that cannot be written: such a page falls back on
what was recorded.
"""
