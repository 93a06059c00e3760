"""CUDA: what a tape is on a GPU.

    language.py  how each call is written, and a kernel that computes each element by itself
    lanes.py     the statements of threads that share a line: sums and maxima along it
    lines.py     a rule that goes along lines, as one kernel for lines of any number

and of a whole computation, whose shapes are known:

    layouts.py   in which array each result lies, and where in it
    launches.py  which calls become one kernel
    kernels.py   the text of each kernel
    program.py   the Python function that launches them
"""
