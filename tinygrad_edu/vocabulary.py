"""Names that PyTorch, NumPy, Keras and micrograd use, and what they are called here: for errors, and only for them."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

from .checks import near


def _table(text: str) -> dict[str, str]:
    """ "a b: write this" in each line, as {"a": "write this", "b": "write this"}."""
    lines = (line.split(": ", 1) for line in text.strip().splitlines())
    return {name: ours.strip() for names, ours in lines for name in names.split()}


# Where a line begins with "-" behind the names, it is no name to write, but a sentence.
PLACES = {
    "tg": _table("""
        tensor array asarray as_tensor Variable constant FloatTensor ndarray: tg.Tensor([1.0, 2.0])
        from_numpy: tg.Tensor(array)
        zeros empty: tg.Tensor(np.zeros((2, 3))), with NumPy's function
        ones: tg.Tensor(np.ones((2, 3))), with NumPy's function
        full: tg.Tensor(np.full((2, 3), 0.5)), with NumPy's function
        eye: tg.Tensor(np.eye(3)), with NumPy's function
        arange: tg.Tensor(np.arange(3)), with NumPy's function
        linspace: tg.Tensor(np.linspace(0, 1, 5)), with NumPy's function
        rand randn: tg.Tensor(np.random.default_rng(0).normal(size=(2, 3)))
        one_hot: tg.Tensor(np.eye(classes)[labels]); losses take the labels themselves
        zeros_like empty_like: np.zeros_like(x), NumPy's function, which gives a tensor here
        ones_like: np.ones_like(x), NumPy's function, which gives a tensor here
        full_like: np.full_like(x, 0.5), NumPy's function, which gives a tensor here
        float16 float32 float64 half double: dtype="float32", as a text
        int32 int64 int8 uint8 long: dtype="int64", as a text
        cat concat hstack vstack: tg.concatenate([a, b], axis=0)
        mm bmm: tg.matmul(a, b), or a @ b
        mul: tg.multiply(a, b), or a * b
        sub: tg.subtract(a, b), or a - b
        div true_divide: tg.divide(a, b), or a / b
        pow: tg.power(a, b), or a ** b
        neg: tg.negative(a), or -a
        clamp clip_by_value: tg.clip(x, min, max)
        unsqueeze: tg.expand_dims(x, axis)
        permute: tg.transpose(x, axes)
        view: tg.reshape(x, shape)
        flatten: tg.ravel(x)
        atan: tg.arctan(x)
        absolute fabs: tg.abs(x)
        amax reduce_max: tg.max(x, axis)
        amin reduce_min: tg.min(x, axis)
        reduce_sum: tg.sum(x, axis)
        reduce_mean average: tg.mean(x, axis)
        masked_fill: tg.where(mask, value, x)
        gather index_select: tg.take(x, indices, axis)
        chunk array_split: tg.split(x, parts, axis)
        swish: tg.silu(x)
        logistic expit: tg.sigmoid(x)
        isnan isinf isfinite isclose allclose array_equal: np.isnan(x), ...: NumPy's functions take tensors
        equal not_equal less greater eq ne lt gt: x == y, x < y, ...
        sort topk: np.sort(x.data), which has no derivative
        argsort: np.argsort(x.data), which has no derivative
        manual_seed set_seed: tg.seed(0)
        inference_mode stop_gradient: with tg.no_grad():
        set_grad_enabled: with tg.enable_grad():, or tg.no_grad()
        is_tensor: isinstance(x, tg.Tensor)
        GradientTape autograd: loss.backward(), or tg.grad(f)
        jacrev jacfwd: tg.jacobian(f)
        set_default_tensor_type: tg.set_default_dtype("float64")
        jit function: tg.compile(f)
        device cuda: device="cuda", as a text: x.to("cuda")
        engine: tg.Value
        layers: tg.nn
        F: tg.relu(x), tg.softmax(x), ...: functions are in tg, losses in tg.losses
        DataLoader TensorDataset: tg.data.Dataset(x, y), or tg.train.fit(..., batch_size=32)
    """),
    "tg.nn": _table("""
        Linear Layer LazyLinear FullyConnected: tg.nn.Dense(in_features, out_features)
        MLP: tg.nn.mlp([2, 16, 1])
        Neuron: tg.nn.Perceptron(2, activation="tanh")
        BatchNormalization BatchNorm BatchNorm2d: tg.nn.BatchNorm1d(num_features)
        LayerNormalization: tg.nn.LayerNorm(normalized_shape)
        Swish: tg.nn.SiLU()
        LogSoftmax: tg.log_softmax(x, axis=-1) in forward; losses take the logits as they are
        Parameter: tg.Tensor(data, requires_grad=True), as an attribute of the module
        ModuleList: a list of modules, as an attribute of the module
        ModuleDict: a dictionary of modules, as an attribute of the module
        Model: tg.nn.Module
        functional F: tg.relu(x), tg.softmax(x), ...: functions are in tg, losses in tg.losses
        utils: tg.optim.clip_grad_norm(parameters, max_norm)
        Input InputLayer: tg.nn.Dense(in_features, out_features), which says how many inputs there are
        Identity: lambda x: x, as a layer of tg.nn.Sequential
        Conv1d Conv2d Conv2D MaxPool2d LSTM GRU RNN Transformer MultiheadAttention: -there is none; write a \
tg.nn.Module whose forward composes functions of tg
    """),
    "tg.optim": _table("""
        lr_scheduler: tg.optim.StepLR, CosineLR, WarmupLR, ...: schedules are in tg.optim
        CosineAnnealingLR CosineDecay: tg.optim.CosineLR
        LinearLR: tg.optim.WarmupLR
        SequentialLR: tg.optim.Sequence
        MultiStepLR LambdaLR: tg.optim.StepLR, or assign optimizer.lr
        ExponentialDecay: tg.optim.ExponentialLR
        Momentum Nesterov: tg.optim.SGD(parameters, lr, momentum=0.9, nesterov=True)
        clip_grad_norm_: tg.optim.clip_grad_norm(parameters, max_norm)
        clip_grad_value_: tg.optim.clip_grad_value(parameters, clip_value)
    """),
    "tg.losses": _table("""
        mse_loss MSELoss MeanSquaredError mean_squared_error: tg.losses.mse(prediction, target)
        l1_loss L1Loss MeanAbsoluteError mean_absolute_error: tg.losses.mae(prediction, target)
        smooth_l1_loss SmoothL1Loss HuberLoss huber_loss: tg.losses.huber(prediction, target)
        CrossEntropyLoss nll_loss NLLLoss categorical_crossentropy CategoricalCrossentropy \
sparse_categorical_crossentropy SparseCategoricalCrossentropy softmax_cross_entropy: \
tg.losses.cross_entropy(logits, labels), of logits, before any softmax
        BCELoss BCEWithLogitsLoss binary_cross_entropy_with_logits binary_crossentropy BinaryCrossentropy bce: \
tg.losses.binary_cross_entropy(logits, labels), of logits, before any sigmoid
        KLDivLoss kl_div KLDivergence: tg.losses.kl_divergence(...)
        hinge_loss HingeLoss MultiMarginLoss Hinge: tg.losses.hinge(scores, labels)
        rmse RootMeanSquaredError: tg.sqrt(tg.losses.mse(prediction, target))
    """),
}

NODE = _table("""
    view: x.reshape(2, -1)
    flatten: x.ravel(), or x.reshape(x.shape[0], -1) to keep the first axis
    permute: x.transpose(1, 0)
    t mT: x.T
    unsqueeze: x.expand_dims(0)
    expand expand_as: x.broadcast_to(shape)
    clamp: x.clip(min, max)
    mm bmm mv: a @ b
    mul: a * b
    sub: a - b
    div true_divide: a / b
    neg: -x
    pow: x ** 2
    eq ne lt le gt ge: x == y, x < y, ...: comparisons give plain arrays
    cpu: x.to("cpu")
    cuda: x.to("cuda")
    float type: x.astype("float32")
    double: x.astype("float64")
    half: x.astype("float16")
    long int: x.astype("int64")
    numel nelement: x.size
    dim ndimension: x.ndim
    clone copy: copy.copy(x), or x.detach() for a constant
    contiguous: x itself: it may stay as it is
    masked_fill: tg.where(mask, value, x)
    index_select gather: x[indices], or x.take(indices, axis)
    chunk: x.split(parts, axis)
    requires_grad_: x.requires_grad = True
    zero_grad: x.grad = None for a Tensor, x.grad = 0.0 for a Value
    detach_: x.detach()
    grad_fn _op: x.op
    _prev: x.inputs
    _backward: x.op: derivatives are rules of the operation, and no functions of the node
    label: x.name
    add_ sub_ mul_ div_ copy_ fill_ zero_: with tg.no_grad(): x -= step, or x.data = array
    register_hook: x.retain_grad(), and look at x.grad after backward()
    is_cuda: x.device
    sort topk: np.sort(x.data), which has no derivative
    argsort nonzero: np.argsort(x.data), which has no derivative
    isnan isinf isfinite: np.isnan(x), ...: NumPy's functions take tensors
    any all: (x > 0).any(): of a comparison, which is a plain array
    tolist: x.numpy().tolist()
    round floor ceil trunc: np.round(x.data), whose derivative is 0
""")

MODULE = _table("""
    zero_grad: optimizer.zero_grad()
    fit: tg.train.fit(model, ...)
    compile: tg.compile(function), or tg.train.fit(model, ...)
    predict: model.eval(), then model(x)
    evaluate: model.eval(), then tg.train.accuracy(...) or a loss of model(x)
    cuda: model.to("cuda")
    cpu: model.to("cpu")
    float double half: dtype="float64" where the layers are made
    weights trainable_weights trainable_variables: list(model.parameters())
    get_weights: model.state_dict()
    set_weights: model.load_state_dict(state)
    save save_weights: tg.train.save_model(...)
    load_weights: tg.train.load_model(...)
    add append add_module: tg.nn.Sequential(*layers), with all layers at once
    register_buffer register_parameter: self.name = tensor
    requires_grad_: for p in model.parameters(): p.requires_grad = False
    count_params num_parameters: model.summary()
    apply: for module in model.modules(): ...
    call: model.forward
""")

KEYWORDS = {
    "dim": "axis axes",
    "dims": "axes axis",
    "axes": "axis",
    "keepdim": "keepdims",
    "keep_dims": "keepdims",
    "correction": "ddof",
    "unbiased": "ddof",
    "learning_rate": "lr",
    "rate": "p",
    "units": "out_features",
    "input_dim": "in_features",
    "use_bias": "bias",
    "kernel_initializer": "initializer",
    "epsilon": "eps",
    "beta_1": "betas",
    "a_min": "min",
    "a_max": "max",
    "label": "name",
    "retain_graph": "-leave it out: a graph stays while a name holds its result, and backward() may be called again",
    "set_to_none": "-leave it out: a gradient that is forgotten is None, until the next backward pass",
}


def missing(place: str, name: str, known: Iterable[str]) -> AttributeError | ImportError:
    """The error of a module that has no such name.

    Args:
        place: the module as people write it, "tg.nn".
        known: the names that it has.
    Returns:
        an ImportError while `from tinygrad_edu.nn import Linear` runs, as Python would not pass on what an
        AttributeError says.
    """
    said = f"{place} has no {name!r}"
    ours = _ours(place, name)
    if ours is None:
        alike = near(name, known)
        return AttributeError(f"{said}; did you mean {place}.{alike}?" if alike else said)
    text = _sentence(said, ours)
    importing = sys._getframe(2).f_code.co_name == "_handle_fromlist"
    return ImportError(text) if importing else AttributeError(text)


def _ours(place: str, name: str) -> str | None:
    """What a name, here or elsewhere, is called by us."""
    if name.startswith("__"):
        return None
    tables = [PLACES.get(place, {}), *PLACES.values()]
    found = next((table[name] for table in tables if name in table), None)
    if found is None:
        package = sys.modules[__package__]
        for other in ("nn", "optim", "losses", "train", "data"):
            if f"tg.{other}" != place and name in getattr(package, other).__all__:
                return f"tg.{other}.{name}"
        if place != "tg" and name in package.__all__:
            return f"tg.{name}"
    return found


def _sentence(said: str, ours: str) -> str:
    return f"{said}: {ours[1:] if ours.startswith('-') else f'write {ours}'}"


class Foreign:
    """An attribute that other libraries have: asking for it raises an AttributeError with what to write here.

    It costs nothing where nobody asks, and what an object has under this name in its own dictionary comes first.
    """

    def __init__(self, name: str, ours: str):
        self.name, self.ours = name, ours
        self.__doc__ = _sentence("not here", ours)

    def __get__(self, owner: Any, kind: type) -> Any:
        what = kind.__name__ if owner is not None else f"the class {kind.__name__}"
        raise AttributeError(_sentence(f"{what} has no {self.name!r}", self.ours))


class ForeignSlot(Foreign):
    """The same in a class without a dictionary, where assigning raises it, too; subclasses may have one."""

    def __get__(self, owner: Any, kind: type) -> Any:
        own = getattr(owner, "__dict__", {}) if owner is not None else {}
        return own[self.name] if self.name in own else super().__get__(owner, kind)

    def __set__(self, owner: Any, value: Any) -> None:
        own = getattr(owner, "__dict__", None)
        if own is None:
            super().__get__(owner, type(owner))
        else:
            own[self.name] = value


class ForeignNames:
    """A base of classes with `Foreign` attributes, which are in no listing of what an object has."""

    __slots__ = ()

    def __dir__(self) -> list[str]:
        kind, own = type(self), getattr(self, "__dict__", {})
        return [
            name
            for name in object.__dir__(self)
            if name in own or not isinstance(inspect.getattr_static(kind, name, None), Foreign)
        ]


def with_foreign_names(table: dict[str, str], descriptor: type[Foreign] = Foreign) -> Any:
    """Decorate a class: it gets a `Foreign` attribute for each name of a table that it has not got."""

    def decorate(kind: type) -> type:
        for name, ours in table.items():
            if not any(name in vars(base) for base in kind.__mro__):
                setattr(kind, name, descriptor(name, ours))
        return kind

    return decorate


def check_keywords(function: Callable[..., Any], given: dict[str, Any], what: str) -> None:
    """Refuse keywords that a function does not have, and say what they are called here.

    Raises:
        TypeError: one of the keywords is unknown.
    """
    parameters = inspect.signature(function).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return
    names = [name for name, p in parameters.items() if p.kind not in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL)]
    for word, value in given.items():
        if word not in names:
            all_names = ", ".join(name for name in names if name != "self")
            has = f". It has: {all_names}" if all_names else ""
            raise TypeError(f"{what} has no argument {word!r}{_instead(word, value, parameters, names)}{has}")


def _instead(word: str, value: Any, parameters: Mapping[str, inspect.Parameter], names: list[str]) -> str:
    """What to write for a keyword that a function does not have."""
    known = KEYWORDS.get(word, "")
    if known.startswith("-"):
        return f": {known[1:]}"
    ours = next((name for name in known.split() if name in names), None) or near(word, names)
    if not ours:
        return ""
    if isinstance(value, bool) and type(parameters[ours].default) is int:
        value = int(value)  # unbiased=True is ddof=1
    return f": write {ours}={repr(value)[:30]}"


def checked_keywords(function: Callable[..., Any]) -> Any:
    """The function, which says what `dim=` and other keywords that it does not have are called here."""

    @wraps(function)
    def checked(*arguments: Any, **keywords: Any) -> Any:
        try:
            return function(*arguments, **keywords)
        except TypeError:
            check_keywords(function, keywords, function.__name__)
            raise

    return checked


class CheckedKeywords:
    """A class whose unknown keywords are refused with our names for them, before `__init__` runs."""

    def __new__(cls, *arguments: Any, **keywords: Any) -> Any:
        code = getattr(cls.__init__, "__code__", None)
        if code is not None and not set(keywords) <= set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]):
            check_keywords(cls.__init__, keywords, cls.__name__)
        return object.__new__(cls)
