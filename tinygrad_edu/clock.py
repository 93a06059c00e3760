"""Counters of the whole process."""

import itertools

# One clock: a node's serial is the moment at which its data was set.
SERIAL = itertools.count(1)

# The moment of the last write into an array that others may share; see `graph/overwritten.py`.
LAST_WRITE = [0]

# How often an attribute of some module was set. Who depends on modules looks at them again when this has grown.
MODULE_CHANGES = [0]
