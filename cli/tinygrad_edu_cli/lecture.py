"""The first example: the perceptron of the first lecture, with a loss, in numbers to compute by hand."""

PERCEPTRON = "(sigmoid(w1*x1 + w2*x2 + b) - y)**2"
PERCEPTRON_SETTINGS = {"w1": 3.0, "x1": 1.0, "w2": -2.0, "x2": 2.0, "b": 1.0, "y": 1.0}
