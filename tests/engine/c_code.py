"""A kernel's body as a whole C function: for g++, as a loop over the elements, and for NVRTC, as a CUDA kernel.

CuPy writes the function around an ElementwiseKernel's body itself, and can only be asked for it where there is a GPU.
This is its shape: the element of a parameter is a local name, a raw parameter is the array, `i` the element's number.
"""

from __future__ import annotations

import re

from tinygrad_edu.tapes.cuda_code import KernelText

HEAD_CPU = "#include <cmath>\n#include <cstddef>\nusing namespace std;\n"
LOOP_CPU = "for (ptrdiff_t i = 0; i < size; ++i)"
LOOP_CUDA = "for (ptrdiff_t i = blockIdx.x * blockDim.x + threadIdx.x; i < size; i += blockDim.x * gridDim.x)"


def parameters(kernel: KernelText) -> list[tuple[bool, str, str, bool]]:
    """(raw, type, name, is a result) of a kernel's parameters, in the order of a call."""
    found = []
    for text, is_result in ((kernel.in_params, False), (kernel.out_params, True)):
        for parameter in text.split(","):
            match = re.fullmatch(r"(raw )?(T|I|int32|uint32) (\w+)", parameter.strip())
            assert match, parameter
            found.append((bool(match[1]), match[2], match[3], is_result))
    return found


def is_number(kind: str, name: str) -> bool:
    """Whether a parameter is one number for all elements: n0, n1, ... of rules, and those of a fixed type."""
    return kind in ("int32", "uint32") or re.fullmatch(r"n\d+", name) is not None


def source(kernels: list[KernelText], element: str, cuda: bool) -> str:
    """Functions `name(parameters..., size)` for elements of type "float" or "double".

    Args:
        kernels: what CuPy's ElementwiseKernel takes.
    """
    head = "" if cuda else HEAD_CPU
    return "\n".join([f"{head}typedef {element} T;", *[_function(kernel, cuda) for kernel in kernels]])


def _function(kernel: KernelText, cuda: bool) -> str:
    signature, locals_ = [], []
    for raw, kind, name, is_result in parameters(kernel):
        type_ = {"T": "T", "I": "long long", "int32": "int", "uint32": "unsigned"}[kind]
        const = "" if is_result else "const "
        if is_number(kind, name):
            signature.append(f"{type_} {name}")
        elif raw:
            signature.append(f"{const}{type_}* {name}")
        else:
            signature.append(f"{const}{type_}* _{name}")
            locals_.append(f"{const}{type_}& {name} = _{name}[i];")
    qualifier = "__global__ void" if cuda else "void"
    return "\n".join(
        [
            kernel.preamble,
            f'extern "C" {qualifier} {kernel.name}({", ".join(signature)}, ptrdiff_t size) {{',
            f"{LOOP_CUDA if cuda else LOOP_CPU} {{",
            *locals_,
            kernel.operation,
            "}}",
        ]
    )
