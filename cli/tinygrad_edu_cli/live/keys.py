"""The keys of the live screen, and the page of help."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tinygrad_edu_words import N_

BINDINGS: list[BindingType] = [
    Binding("space", "pause", "pause, go on"),
    Binding("full_stop", "go('update')", "one update"),
    Binding("comma", "go('epoch')", "one epoch"),
    Binding("minus", "speed(0.5)", "slower"),
    Binding("plus,equals_sign", "speed(2.0)", "faster"),
    Binding("s", "into", "step into the next update"),
    Binding("left_square_bracket", "rate(0.5)", "half the learning rate"),
    Binding("right_square_bracket", "rate(2.0)", "double the learning rate"),
    Binding("o", "optimizer", "another optimizer"),
    Binding("b", "batch_size", "another batch size"),
    Binding("u", "undo", "back to an earlier epoch"),
    Binding("r", "restart", "from the start again"),
    Binding("h", "hidden", "what the hidden units answer"),
    Binding("l", "log", "logarithmic, linear"),
    Binding("e", "export", "write a file"),
    Binding("d", "detach", "go on in lines"),
    Binding("question_mark", "help", "help"),
    Binding("q", "quit", "end the run"),
]

HELP = N_("""\
space    pause, or go on
.        one update of the weights, then pause
,        one epoch, then pause
-  +     slower, faster: so many epochs a second at most
s        step into the next update: its forward pass, its
         loss, its backpropagation; q comes back here

[  ]     the learning rate: half of it, twice as much
o        another optimizer, from the next update on
b        another batch size: 1, 32, ... or full
u        undo: back to the end of an earlier epoch, and on
         from there; what came later stays as a pale curve
r        from the start again, with the same seed

h        what each hidden unit answers, or the answers
l        the loss on a logarithmic or a linear scale
e        write a file: .png, .svg or .gif are pictures,
         .html is a report to pass on
d        close the screen; the run goes on in lines
q        end the run, as Ctrl-C does: the weights of the
         best epoch are kept. Ctrl-Z: to the shell; fg

At the loss
▲        the best epoch so far      !  a notice
η        a setting changed by hand  ×  not a number
the pale band is from the lowest to the highest loss of
an epoch's batches: the noise of stochastic gradients
At the boundary
o x      examples; CAPITALS are answered wrongly""")
