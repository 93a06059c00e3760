// What a kernel's text finds on a device, for g++: the words of CUDA, and functions of single elements and of warps.
#pragma once
#include <immintrin.h>
#include <math.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#define EXPORTED extern "C" __attribute__((visibility("default")))
#define __device__
#define __host__
#define __global__
#define __constant__ static
#define __shared__ static  // blocks run one after another
#define __forceinline__ inline
#define __noinline__
#define __launch_bounds__(...)
#define __CUDA_ARCH__ 900

// --- threads, in driver.cpp -------------------------------------------------------------------------------------------

struct emulator_dim {
  unsigned x, y, z;
};
extern "C" {
extern emulator_dim threadIdx, blockIdx, blockDim, gridDim;
extern char emulator_shared[];
extern long emulator_clock;
void emulator_wait();
}
static const int warpSize = 32;

inline void __syncthreads() { emulator_wait(); }
inline void __syncwarp(unsigned = 0) { emulator_wait(); }
inline void __threadfence() {}
inline long long clock64() { return emulator_clock += 1000000; }

template <class T>
inline T __shfl_xor_sync(unsigned, T value, int distance) {
  static char all[1024][16];
  unsigned k = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  memcpy(all[k], &value, sizeof value);
  emulator_wait();
  T other;
  memcpy(&other, all[k ^ distance], sizeof other);
  emulator_wait();  // before the next one writes
  return other;
}

// --- numbers ----------------------------------------------------------------------------------------------------------

using std::max;
using std::min;
template <class A, class B>
inline auto min(A a, B b) -> decltype(a + b) { return a < b ? a : b; }
template <class A, class B>
inline auto max(A a, B b) -> decltype(a + b) { return a > b ? a : b; }
inline float min(float a, float b) { return fminf(a, b); }
inline double min(double a, double b) { return fmin(a, b); }
inline float max(float a, float b) { return fmaxf(a, b); }
inline double max(double a, double b) { return fmax(a, b); }
inline float rsqrt(float x) { return 1 / sqrtf(x); }
inline double rsqrt(double x) { return 1 / sqrt(x); }

template <class To, class From>
inline To emulator_bits(From value) {
  static_assert(sizeof(To) == sizeof(From));
  To result;
  memcpy(&result, &value, sizeof result);
  return result;
}
inline long long __double_as_longlong(double x) { return emulator_bits<long long>(x); }
inline double __longlong_as_double(long long x) { return emulator_bits<double>(x); }
inline int __float_as_int(float x) { return emulator_bits<int>(x); }
inline float __int_as_float(int x) { return emulator_bits<float>(x); }
inline unsigned __float_as_uint(float x) { return emulator_bits<unsigned>(x); }
inline float __uint_as_float(unsigned x) { return emulator_bits<float>(x); }
inline unsigned short __float2half_rn(float x) { return _cvtss_sh(x, 0); }
inline float __half2float(unsigned short x) { return _cvtsh_ss(x); }
inline float __ushort_as_half(unsigned short x) { return __half2float(x); }
template <class Half>
inline unsigned short __half_as_ushort(const Half& x) { return emulator_bits<unsigned short>(x); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
inline int __clz(int x) { return x ? __builtin_clz(x) : 32; }
inline int __clzll(unsigned long long x) { return x ? __builtin_clzll(x) : 64; }
inline int __ffs(int x) { return __builtin_ffs(x); }

// --- memory: one thread at a time, so that every access is atomic -----------------------------------------------------

template <class T>
inline T __ldg(const T* p) { return *p; }

// Overloads and no templates: CuPy adds its own for other types.
#define EMULATOR_ATOMIC(T, name, value) \
  inline T name(T* p, T v) {            \
    T old = *p;                         \
    *p = value;                         \
    return old;                         \
  }
#define EMULATOR_ADD(T) EMULATOR_ATOMIC(T, atomicAdd, old + v)
#define EMULATOR_BOUNDS(T) EMULATOR_ATOMIC(T, atomicMax, old > v ? old : v) EMULATOR_ATOMIC(T, atomicMin, old < v ? old : v)
#define EMULATOR_EXCHANGE(T)                      \
  EMULATOR_ATOMIC(T, atomicExch, v)               \
  inline T atomicCAS(T* p, T expected, T v) {     \
    T old = *p;                                   \
    if (!memcmp(&old, &expected, sizeof old)) *p = v; \
    return old;                                   \
  }
EMULATOR_ADD(int) EMULATOR_ADD(unsigned) EMULATOR_ADD(unsigned long long) EMULATOR_ADD(float) EMULATOR_ADD(double)
EMULATOR_BOUNDS(int) EMULATOR_BOUNDS(unsigned) EMULATOR_BOUNDS(long long) EMULATOR_BOUNDS(unsigned long long)
EMULATOR_EXCHANGE(int) EMULATOR_EXCHANGE(unsigned) EMULATOR_EXCHANGE(unsigned long long)

// --- calls with pointers to the arguments, as a launch gives them -----------------------------------------------------

namespace emulator {
template <class T>
using plain = typename std::remove_reference<T>::type;

template <class... A, size_t... I>
inline void call(void (*kernel)(A...), void** p, std::index_sequence<I...>) { kernel(*(plain<A>*)p[I]...); }
template <class... A>
inline void call(void (*kernel)(A...), void** p) { call(kernel, p, std::index_sequence_for<A...>()); }

template <class T>
inline void* kept(void* p) { return memcpy(malloc(sizeof(plain<T>)), p, sizeof(plain<T>)); }
template <class... A, size_t... I>
inline void** copy(void (*)(A...), void** p, std::index_sequence<I...>) {
  return new void*[sizeof...(A) + 1]{kept<A>(p[I])..., nullptr};
}
template <class... A>
inline void** copy(void (*kernel)(A...), void** p) { return copy(kernel, p, std::index_sequence_for<A...>()); }
}  // namespace emulator
