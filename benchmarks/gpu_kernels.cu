// The kernels of a training step by hand, for networks of dense layers with relu between them, float32.
// BETA1, BETA2 and EPS of Adam are given by the compiler's command line.

extern "C" __global__ void bias_relu(float* h, const float* bias, int rows, int columns) {
  long i = blockIdx.x * (long)blockDim.x + threadIdx.x;
  if (i < (long)rows * columns) {
    float v = h[i] + bias[i % columns];
    h[i] = v > 0.f || v != v ? v : 0.f;  // nan is handed on
  }
}

extern "C" __global__ void relu_backward(float* g, const float* y, long size) {
  long i = blockIdx.x * (long)blockDim.x + threadIdx.x;
  if (i < size && !(y[i] > 0.f)) g[i] = 0.f;
}

// Adds the bias, gives the loss of each row, and overwrites the logits with their gradient. One warp a row.
extern "C" __global__ void cross_entropy(float* logits, const float* bias, const long long* labels, float* loss,
                                         int* step, int rows, int columns, float share) {
  int row = blockIdx.x * blockDim.y + threadIdx.y, lane = threadIdx.x;
  if (row >= rows) return;
  if (row == 0 && lane == 0) *step += 1;  // `adam`, later in the stream, reads it
  float* z = logits + (long)row * columns;
  float top = __int_as_float(0xff800000);  // -inf
  for (int j = lane; j < columns; j += 32) {
    z[j] += bias[j];
    top = fmaxf(top, z[j]);
  }
  for (int d = 16; d; d /= 2) top = fmaxf(top, __shfl_xor_sync(0xffffffffu, top, d));
  float total = 0.f;
  for (int j = lane; j < columns; j += 32) total += expf(z[j] - top);
  for (int d = 16; d; d /= 2) total += __shfl_xor_sync(0xffffffffu, total, d);
  int label = (int)labels[row];
  for (int j = lane; j < columns; j += 32) {
    if (j == label) loss[row] = logf(total) - (z[j] - top);
    z[j] = (expf(z[j] - top) / total - (j == label ? 1.f : 0.f)) * share;
  }
}

// Blocks of (32, 16): a thread sums every 16th row of its column.
extern "C" __global__ void column_sums(const float* g, float* sums, int rows, int columns) {
  __shared__ float part[16][33];
  int j = blockIdx.x * 32 + threadIdx.x;
  float s = 0.f;
  if (j < columns)
    for (int i = threadIdx.y; i < rows; i += 16) s += g[(long)i * columns + j];
  part[threadIdx.y][threadIdx.x] = s;
  __syncthreads();
  if (threadIdx.y == 0 && j < columns) {
    for (int k = 1; k < 16; k++) s += part[k][threadIdx.x];
    sums[j] = s;
  }
}

// Kingma & Ba 2014. Rate and step lie on the device, so that a captured graph reads them anew in each replay.
extern "C" __global__ void adam(float* w, float* m, float* v, const float* g, const float* rate, const int* step,
                                long size) {
  long i = blockIdx.x * (long)blockDim.x + threadIdx.x;
  if (i >= size) return;
  float t = (float)*step;
  float correction1 = 1.f - powf(BETA1, t), correction2 = 1.f - powf(BETA2, t);
  float mi = m[i] + (1.f - BETA1) * (g[i] - m[i]), vi = BETA2 * v[i] + (1.f - BETA2) * g[i] * g[i];
  m[i] = mi;
  v[i] = vi;
  w[i] -= *rate / correction1 * (mi / (sqrtf(vi) / sqrtf(correction2) + EPS));
}
