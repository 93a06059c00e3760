// Stands before each kernel, and is compiled once: our device, and the headers that CuPy's kernels include.
#include "device.h"

#include <cupy/atomics.cuh>
#include <cupy/carray.cuh>
#include <cupy/complex.cuh>
#include <cupy/math_constants.h>
