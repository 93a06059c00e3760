// The CUDA runtime of two devices whose memory is the host's memory, and which do everything at once: when a call
// returns, its work is done. What a real device would still be busy with shows only in `waits` and in events.
#include <cuda_runtime_api.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>

#include "state.h"

EXPORTED Counts emulator_counts = {};
EXPORTED bool emulator_is_dry = false;
EXPORTED void emulator_set_dry(int on) { emulator_is_dry = on; }
EXPORTED void emulator_read_counts(long* five) { memcpy(five, &emulator_counts, sizeof emulator_counts); }

// --- errors -----------------------------------------------------------------------------------------------------------

static thread_local cudaError_t last_error = cudaSuccess;

static cudaError_t failed(cudaError_t error) { return last_error = error; }

EXPORTED cudaError_t cudaGetLastError() {
  cudaError_t error = last_error;
  last_error = cudaSuccess;
  return error;
}
EXPORTED const char* cudaGetErrorName(cudaError_t error) {
  if (error == cudaErrorMemoryAllocation) return "cudaErrorMemoryAllocation";
  if (error == cudaErrorInvalidDevice) return "cudaErrorInvalidDevice";
  if (error == cudaErrorInvalidValue) return "cudaErrorInvalidValue";
  if (error == cudaErrorStreamCaptureUnsupported) return "cudaErrorStreamCaptureUnsupported";
  return "cudaErrorNotSupported";
}
EXPORTED const char* cudaGetErrorString(cudaError_t) { return "of the emulated device"; }

// What the build writes for every function that is not here (`building.py`).
EXPORTED int emulator_unsupported(const char* name) {
  fprintf(stderr, "the emulated device has no %s\n", name);
  return failed(cudaErrorNotSupported);
}

// --- devices ----------------------------------------------------------------------------------------------------------

constexpr int DEVICES = 2, VERSION = 13000;
constexpr size_t MEMORY = 8ull << 30;
static thread_local int current = 0;

EXPORTED cudaError_t cudaDriverGetVersion(int* version) { return *version = VERSION, cudaSuccess; }
EXPORTED cudaError_t cudaRuntimeGetVersion(int* version) { return *version = VERSION, cudaSuccess; }
EXPORTED cudaError_t cudaGetDeviceCount(int* count) { return *count = DEVICES, cudaSuccess; }
EXPORTED cudaError_t cudaGetDevice(int* device) { return *device = current, cudaSuccess; }
EXPORTED cudaError_t cudaSetDevice(int device) {
  if (device < 0 || device >= DEVICES) return failed(cudaErrorInvalidDevice);
  current = device;
  return cudaSuccess;
}
EXPORTED cudaError_t cudaDeviceCanAccessPeer(int* can, int, int) { return *can = 0, cudaSuccess; }
EXPORTED cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  switch (attribute) {  // those of an H100
    case cudaDevAttrComputeCapabilityMajor: *value = 9; break;
    case cudaDevAttrComputeCapabilityMinor: *value = 0; break;
    case cudaDevAttrMaxThreadsPerBlock: *value = 1024; break;
    case cudaDevAttrWarpSize: *value = 32; break;
    case cudaDevAttrMultiProcessorCount: *value = 132; break;
    case cudaDevAttrMaxSharedMemoryPerBlock: *value = 48 << 10; break;
    case cudaDevAttrMaxGridDimX: *value = 2147483647; break;
    case cudaDevAttrMemoryPoolsSupported: *value = 0; break;
    default: *value = 1;
  }
  return cudaSuccess;
}
EXPORTED cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int) {
  memset(p, 0, sizeof *p);
  strcpy(p->name, "Emulated device");
  p->major = 9;
  p->totalGlobalMem = MEMORY;
  p->multiProcessorCount = 132;
  p->warpSize = 32;
  p->maxThreadsPerBlock = p->maxThreadsDim[0] = 1024;
  p->sharedMemPerBlock = 48 << 10;
  p->maxGridSize[0] = 2147483647;
  return cudaSuccess;
}

// --- memory -----------------------------------------------------------------------------------------------------------

struct Block {
  size_t size;
  int device;
};
static std::map<char*, Block> blocks;  // by address
static std::mutex blocks_mutex;
static size_t used = 0;

EXPORTED cudaError_t cudaMalloc(void** p, size_t size) {
  if (emulator_captures()) return failed(cudaErrorStreamCaptureUnsupported);
  std::lock_guard<std::mutex> lock(blocks_mutex);
  emulator_counts.mallocs++;
  if (used + size > MEMORY) return failed(cudaErrorMemoryAllocation);
  *p = aligned_alloc(512, (size + 511) / 512 * 512 + 512);
  memset(*p, 0xFF, size);  // nan, and -1: what reads memory that nobody wrote should show
  used += size;
  blocks[(char*)*p] = {size, current};
  return cudaSuccess;
}
EXPORTED cudaError_t cudaFree(void* p) {
  if (!p) return cudaSuccess;
  std::lock_guard<std::mutex> lock(blocks_mutex);
  auto found = blocks.find((char*)p);
  if (found == blocks.end()) return failed(cudaErrorInvalidValue);
  used -= found->second.size;
  blocks.erase(found);
  free(p);
  return cudaSuccess;
}
EXPORTED cudaError_t cudaMallocAsync(void** p, size_t size, cudaStream_t) { return cudaMalloc(p, size); }
EXPORTED cudaError_t cudaFreeAsync(void* p, cudaStream_t) { return cudaFree(p); }
EXPORTED cudaError_t cudaHostAlloc(void** p, size_t size, unsigned) {
  *p = aligned_alloc(512, (size + 511) / 512 * 512);
  return cudaSuccess;
}
EXPORTED cudaError_t cudaFreeHost(void* p) { return free(p), cudaSuccess; }
EXPORTED cudaError_t cudaMemGetInfo(size_t* available, size_t* total) {
  *available = MEMORY - used;
  *total = MEMORY;
  return cudaSuccess;
}
EXPORTED cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* p) {
  memset(attributes, 0, sizeof *attributes);
  attributes->type = cudaMemoryTypeUnregistered;
  attributes->device = current;
  std::lock_guard<std::mutex> lock(blocks_mutex);
  auto next = blocks.upper_bound((char*)p);
  if (next == blocks.begin()) return cudaSuccess;
  auto [begin, block] = *--next;
  if ((char*)p <= begin + block.size) {
    attributes->type = cudaMemoryTypeDevice;
    attributes->device = block.device;
    attributes->devicePointer = (void*)p;
  }
  return cudaSuccess;
}

static cudaError_t work(std::function<void()> now) {  // at once, or in each replay of a graph
  if (emulator_captures())
    emulator_capture(new std::function<void()>(now));
  else
    now();
  return cudaSuccess;
}
EXPORTED cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t size, cudaMemcpyKind kind, cudaStream_t) {
  return work([=] {
    if (!emulator_is_dry || kind != cudaMemcpyDeviceToDevice) memmove(to, from, size);
    if (kind == cudaMemcpyHostToDevice) emulator_counts.uploads++;
    else if (kind == cudaMemcpyDeviceToHost) emulator_counts.downloads++;
    else emulator_counts.launches++;
  });
}
EXPORTED cudaError_t cudaMemcpy(void* to, const void* from, size_t size, cudaMemcpyKind kind) {
  if (emulator_captures()) return failed(cudaErrorStreamCaptureUnsupported);
  emulator_counts.waits++;
  return cudaMemcpyAsync(to, from, size, kind, 0);
}
EXPORTED cudaError_t cudaMemcpyPeerAsync(void* to, int, const void* from, int, size_t size, cudaStream_t stream) {
  return cudaMemcpyAsync(to, from, size, cudaMemcpyDeviceToDevice, stream);
}
EXPORTED cudaError_t cudaMemcpyPeer(void* to, int, const void* from, int, size_t size) {
  return cudaMemcpy(to, from, size, cudaMemcpyDeviceToDevice);
}
EXPORTED cudaError_t cudaMemsetAsync(void* p, int value, size_t size, cudaStream_t) {
  return work([=] {
    if (!emulator_is_dry) memset(p, value, size);
    emulator_counts.launches++;
  });
}
EXPORTED cudaError_t cudaMemset(void* p, int value, size_t size) { return cudaMemsetAsync(p, value, size, 0); }

// --- streams ----------------------------------------------------------------------------------------------------------

static long streams = 1000;

EXPORTED cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  *stream = (cudaStream_t)(streams += 16);
  return cudaSuccess;
}
EXPORTED cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) { return cudaStreamCreate(stream); }
EXPORTED cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned, int) {
  return cudaStreamCreate(stream);
}
EXPORTED cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }
EXPORTED cudaError_t cudaStreamQuery(cudaStream_t) { return cudaSuccess; }
EXPORTED cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) { return cudaSuccess; }
EXPORTED cudaError_t cudaDeviceSynchronize() {
  if (emulator_captures()) return failed(cudaErrorStreamCaptureUnsupported);
  emulator_counts.waits++;
  return cudaSuccess;
}
EXPORTED cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaDeviceSynchronize(); }

// --- events -----------------------------------------------------------------------------------------------------------

struct Event {  // a device that were busy would reach it when the host waits for the next time
  double milliseconds = 0;
  long waits = -1;
};
static Event* event_of(cudaEvent_t event) { return (Event*)event; }

EXPORTED cudaError_t cudaEventCreate(cudaEvent_t* event) {
  *event = (cudaEvent_t) new Event;
  return cudaSuccess;
}
EXPORTED cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) { return cudaEventCreate(event); }
EXPORTED cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event_of(event);
  return cudaSuccess;
}
EXPORTED cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  *event_of(event) = {std::chrono::duration<double, std::milli>(now).count(), emulator_counts.waits};
  return cudaSuccess;
}
EXPORTED cudaError_t cudaEventQuery(cudaEvent_t event) {
  return event_of(event)->waits == emulator_counts.waits ? cudaErrorNotReady : cudaSuccess;
}
EXPORTED cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaDeviceSynchronize(); }
EXPORTED cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t from, cudaEvent_t to) {
  *milliseconds = event_of(to)->milliseconds - event_of(from)->milliseconds;
  return cudaSuccess;
}

// --- graphs: lists of work, never freed -------------------------------------------------------------------------------

using Graph = std::vector<std::function<void()>*>;
static Graph* captured = nullptr;

EXPORTED bool emulator_captures() { return captured != nullptr; }
EXPORTED void emulator_capture(std::function<void()>* work) { captured->push_back(work); }

EXPORTED cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  captured = new Graph;
  return cudaSuccess;
}
EXPORTED cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  *graph = (cudaGraph_t)captured;
  captured = nullptr;
  return cudaSuccess;
}
EXPORTED cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  *status = captured && stream ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
  return cudaSuccess;
}
EXPORTED cudaError_t cudaGraphInstantiate(cudaGraphExec_t* ready, cudaGraph_t graph, unsigned long long) {
  *ready = (cudaGraphExec_t)graph;
  return cudaSuccess;
}
EXPORTED cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t) {
  for (auto work : *(Graph*)graph) (*work)();
  return cudaSuccess;
}
EXPORTED cudaError_t cudaGraphUpload(cudaGraphExec_t, cudaStream_t) { return cudaSuccess; }
EXPORTED cudaError_t cudaGraphDestroy(cudaGraph_t) { return cudaSuccess; }
EXPORTED cudaError_t cudaGraphExecDestroy(cudaGraphExec_t) { return cudaSuccess; }
