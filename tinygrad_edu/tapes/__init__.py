"""Tapes: a rule, or a run, as a list of array calls, for machines.

    tape.py           the tape, and the operands that note on it
    kernel.py         an elementwise rule on a tape, such as an optimizer's
    liveness.py       which calls are needed, and until when their results are
    rule_namespace.py where a rule that is noted finds its functions
    expressions.py    calls on numbers as expressions, in any language that has operators

and one writer a file, which reads a tape and gives an object with its text: `numpy_code.py` a computation as a function
of arrays, `in_place.py` a kernel that writes into the arrays it is given, `python_code.py` and `javascript_code.py`
expressions on numbers, and `cuda/` kernels for a GPU. A tape rounds as the rule does; the formulas for people simplify,
and so may not.
"""
