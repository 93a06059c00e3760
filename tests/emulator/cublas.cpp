// The products of cuBLAS that CuPy asks for, as loops. Matrices lie column by column.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <immintrin.h>

#include "state.h"

constexpr int INVALID_VALUE = 7, NOT_SUPPORTED = 15;
enum Type { FLOAT = 0, DOUBLE = 1, HALF = 2 };  // of cudaDataType
constexpr int SIZES[] = {4, 8, 2};
constexpr int COMPUTE_64F = 70, COMPUTE_64F_PEDANTIC = 71;

EXPORTED int cublasCreate_v2(void** handle) { return *handle = (void*)16, 0; }
EXPORTED int cublasDestroy_v2(void*) { return 0; }
static void* stream_of_handle = nullptr;
EXPORTED int cublasSetStream_v2(void*, void* stream) { return stream_of_handle = stream, 0; }
EXPORTED int cublasGetStream_v2(void*, void** stream) { return *stream = stream_of_handle, 0; }
EXPORTED int cublasSetWorkspace_v2(void*, void*, size_t) { return 0; }
EXPORTED int cublasGetVersion_v2(void*, int* version) { return *version = 130000, 0; }
EXPORTED int cublasSetMathMode(void*, int) { return 0; }
EXPORTED int cublasGetMathMode(void*, int* mode) { return *mode = 0, 0; }
EXPORTED int cublasSetPointerMode_v2(void*, int) { return 0; }
EXPORTED int cublasGetPointerMode_v2(void*, int* mode) { return *mode = 0, 0; }

EXPORTED int emulator_unsupported_blas(const char* name) {
  fprintf(stderr, "the emulated device has no %s\n", name);
  return NOT_SUPPORTED;
}

struct Half {
  unsigned short bits;
  operator float() const { return _cvtsh_ss(bits); }
  Half& operator=(float value) { return bits = _cvtss_sh(value, 0), *this; }
};

struct Matrix {
  const void* p;
  Type type;
  int leading;
  bool transposed;
};

// result (m, n) = alpha · a (m, k) · b (k, n) + beta · result; it is not read where beta is 0.
template <class In, class Out, class Sum>
static void multiply(int m, int n, int k, Matrix a, Matrix b, Out* result, int leading, Sum alpha, Sum beta) {
  auto pa = (const In*)a.p, pb = (const In*)b.p;
  long a_row = a.transposed ? a.leading : 1, a_column = a.transposed ? 1 : a.leading;
  long b_row = b.transposed ? b.leading : 1, b_column = b.transposed ? 1 : b.leading;
  Sum* column = (Sum*)malloc(sizeof(Sum) * (m + 1));
  for (int j = 0; j < n; j++) {
    for (int i = 0; i < m; i++) column[i] = 0;
    for (int l = 0; l < k; l++) {
      Sum factor = pb[l * b_row + j * b_column];
      for (int i = 0; i < m; i++) column[i] += (Sum)pa[i * a_row + l * a_column] * factor;
    }
    for (int i = 0; i < m; i++) {
      Out& element = result[i + (long)j * leading];
      element = alpha * column[i] + (beta == 0 ? 0 : beta * (Sum)element);
    }
  }
  free(column);
}

static int product(int m, int n, int k, double alpha, Matrix a, Matrix b, double beta, void* c, Type type, int leading) {
  if (a.leading < (a.transposed ? k : m) || b.leading < (b.transposed ? n : k) || leading < m) return INVALID_VALUE;
  if (a.type != b.type) return NOT_SUPPORTED;
  auto now = [=] {
    emulator_counts.launches++;
    if (emulator_is_dry) return;
    if (type == DOUBLE) multiply<double, double, double>(m, n, k, a, b, (double*)c, leading, alpha, beta);
    else if (a.type == FLOAT) multiply<float, float, float>(m, n, k, a, b, (float*)c, leading, alpha, beta);
    else if (type == HALF) multiply<Half, Half, float>(m, n, k, a, b, (Half*)c, leading, alpha, beta);
    else multiply<Half, float, float>(m, n, k, a, b, (float*)c, leading, alpha, beta);
  };
  if (emulator_captures())
    emulator_capture(new std::function<void()>(now));
  else
    now();
  return 0;
}
static bool known(int type) { return type >= FLOAT && type <= HALF; }
static double number(const void* p, int compute) {
  return compute == COMPUTE_64F || compute == COMPUTE_64F_PEDANTIC ? *(const double*)p : *(const float*)p;
}

EXPORTED int cublasGemmStridedBatchedEx(void*, int ta, int tb, int m, int n, int k, const void* alpha, const void* a,
                                        int a_type, int lda, long long a_stride, const void* b, int b_type, int ldb,
                                        long long b_stride, const void* beta, void* c, int c_type, int ldc,
                                        long long c_stride, int count, int compute, int) {
  if (!known(a_type) || !known(b_type) || !known(c_type)) return NOT_SUPPORTED;
  long before = emulator_counts.launches;
  for (int i = 0; i < count; i++) {
    Matrix left{(const char*)a + i * a_stride * SIZES[a_type], (Type)a_type, lda, ta != 0};
    Matrix right{(const char*)b + i * b_stride * SIZES[b_type], (Type)b_type, ldb, tb != 0};
    void* result = (char*)c + i * c_stride * SIZES[c_type];
    int status = product(m, n, k, number(alpha, compute), left, right, number(beta, compute), result, (Type)c_type, ldc);
    if (status) return status;
  }
  if (emulator_counts.launches > before) emulator_counts.launches = before + 1;  // the batch is one launch
  return 0;
}
EXPORTED int cublasGemmEx(void* handle, int ta, int tb, int m, int n, int k, const void* alpha, const void* a, int a_type,
                          int lda, const void* b, int b_type, int ldb, const void* beta, void* c, int c_type, int ldc,
                          int compute, int algorithm) {
  return cublasGemmStridedBatchedEx(handle, ta, tb, m, n, k, alpha, a, a_type, lda, 0, b, b_type, ldb, 0, beta, c, c_type,
                                    ldc, 0, 1, compute, algorithm);
}

template <class T>
static int batched(Type type, int ta, int tb, int m, int n, int k, const T* alpha, const T* const* a, int lda,
                   const T* const* b, int ldb, const T* beta, T* const* c, int ldc, int count) {
  long before = emulator_counts.launches;
  for (int i = 0; i < count; i++) {
    Matrix left{a[i], type, lda, ta != 0}, right{b[i], type, ldb, tb != 0};
    if (int status = product(m, n, k, *alpha, left, right, *beta, c[i], type, ldc)) return status;
  }
  if (emulator_counts.launches > before) emulator_counts.launches = before + 1;
  return 0;
}
EXPORTED int cublasSgemmBatched(void*, int ta, int tb, int m, int n, int k, const float* alpha, const float* const* a,
                                int lda, const float* const* b, int ldb, const float* beta, float* const* c, int ldc,
                                int count) {
  return batched(FLOAT, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, count);
}
EXPORTED int cublasDgemmBatched(void*, int ta, int tb, int m, int n, int k, const double* alpha, const double* const* a,
                                int lda, const double* const* b, int ldb, const double* beta, double* const* c, int ldc,
                                int count) {
  return batched(DOUBLE, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, count);
}
