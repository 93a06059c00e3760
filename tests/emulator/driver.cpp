// The driver: loads the shared libraries that `compiler.cpp` made of kernels, and runs their blocks one after another.
// The threads of a block are a loop, too, unless the kernel makes them wait for each other: then each is a fiber.
#include <dlfcn.h>
#include <ucontext.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "state.h"

struct Dim {
  unsigned x, y, z;
};
constexpr int INVALID_IMAGE = 200, NOT_FOUND = 500, INVALID_VALUE = 1;
constexpr unsigned MOST_THREADS = 1024;
constexpr size_t STACK = 256 << 10;

// What a kernel reads (`device.h` declares it).
EXPORTED Dim threadIdx = {}, blockIdx = {}, blockDim = {}, gridDim = {};
EXPORTED __attribute__((aligned(64))) char emulator_shared[1 << 20] = {};
EXPORTED long emulator_clock = 0;

// --- modules and functions --------------------------------------------------------------------------------------------

struct Function {
  std::string name;
  void (*call)(void** arguments);
  void** (*copy)(void** arguments);
  bool waits;  // its threads wait for each other
};

EXPORTED int cuGetErrorName(int, const char** text) { return *text = "CUDA_ERROR_EMULATED", 0; }
EXPORTED int cuGetErrorString(int, const char** text) { return *text = "of the emulated driver", 0; }
EXPORTED int cuDevicePrimaryCtxRelease_v2(int) { return 0; }
EXPORTED int cuCtxGetCurrent(void** context) { return *context = (void*)1, 0; }
EXPORTED int cuCtxSetCurrent(void*) { return 0; }
EXPORTED int cuCtxGetDevice(int* device) { return *device = 0, 0; }
EXPORTED int cuStreamGetCtx(void*, void** context) { return *context = (void*)1, 0; }

EXPORTED int cuModuleLoadData(void** module, const void* image) {  // the path of a library, as `compiler.cpp` gives it
  *module = dlopen((const char*)image, RTLD_NOW | RTLD_LOCAL);
  if (*module) return 0;
  fprintf(stderr, "emulated driver: %s\n", dlerror());
  return INVALID_IMAGE;
}
EXPORTED int cuModuleUnload(void*) { return 0; }
EXPORTED int cuModuleGetFunction(void** function, void* module, const char* name) {
  auto found = [&](std::string symbol) { return dlsym(module, symbol.c_str()); };
  auto call = (void (*)(void**))found(std::string("emulator_call_") + name);
  if (!call) return NOT_FOUND;
  auto copy = (void** (*)(void**))found(std::string("emulator_copy_") + name);
  *function = new Function{name, call, copy, *(bool*)found("emulator_waits")};
  return 0;
}
EXPORTED int cuModuleGetGlobal_v2(void** p, size_t* size, void* module, const char* name) {
  *p = dlsym(module, name);
  *size = 8;
  return *p ? 0 : NOT_FOUND;
}
EXPORTED int cuFuncGetAttribute(int* value, int attribute, void*) { return *value = attribute ? 0 : MOST_THREADS, 0; }
EXPORTED int cuFuncSetAttribute(void*, int, int) { return 0; }
EXPORTED int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void*, int, size_t) { return *blocks = 2, 0; }
EXPORTED int cuOccupancyMaxPotentialBlockSize(int* grid, int* block, void*, void*, size_t, int) {
  *grid = 132;
  *block = 256;
  return 0;
}

// --- the threads of a block -------------------------------------------------------------------------------------------

static ucontext_t scheduler;
static std::vector<ucontext_t> fibers(MOST_THREADS);
static std::vector<char> done(MOST_THREADS);
static int running = -1;  // the number of the fiber, or -1: none
static Function* launched;
static void** launched_arguments;

// A thread that waits lets the next one run; it goes on when all have come as far.
EXPORTED void emulator_wait() {
  if (running < 0) return;
  int mine = running;
  Dim where = threadIdx;
  swapcontext(&fibers[mine], &scheduler);
  threadIdx = where;
}
static void fiber() {
  launched->call(launched_arguments);
  done[running] = 1;
  swapcontext(&fibers[running], &scheduler);
}
static Dim thread_of(unsigned k) { return {k % blockDim.x, k / blockDim.x % blockDim.y, k / (blockDim.x * blockDim.y)}; }

static void block_as_loop(unsigned threads) {
  for (unsigned k = 0; k < threads; k++) {
    threadIdx = thread_of(k);
    launched->call(launched_arguments);
  }
}
static void block_as_fibers(unsigned threads) {
  static char* stacks = (char*)malloc(MOST_THREADS * STACK);
  memset(emulator_shared, 0xFF, sizeof emulator_shared);
  for (unsigned k = 0; k < threads; k++) {
    getcontext(&fibers[k]);
    fibers[k].uc_stack.ss_sp = stacks + k * STACK;
    fibers[k].uc_stack.ss_size = STACK;
    makecontext(&fibers[k], fiber, 0);
    done[k] = 0;
  }
  for (unsigned left = threads; left;) {
    left = 0;
    for (unsigned k = 0; k < threads; k++) {
      if (done[k]) continue;
      running = k;
      threadIdx = thread_of(k);
      swapcontext(&scheduler, &fibers[k]);
      left += !done[k];
    }
  }
  running = -1;
}

static std::mutex launch_mutex;  // there is one threadIdx

static void run(Function* function, Dim grid, Dim block, void** arguments) {
  std::lock_guard<std::mutex> lock(launch_mutex);
  emulator_counts.launches++;
  if (emulator_is_dry) return;
  gridDim = grid;
  blockDim = block;
  launched = function;
  launched_arguments = arguments;
  for (unsigned z = 0; z < grid.z; z++)
    for (unsigned y = 0; y < grid.y; y++)
      for (unsigned x = 0; x < grid.x; x++) {
        blockIdx = {x, y, z};
        (function->waits ? block_as_fibers : block_as_loop)(block.x * block.y * block.z);
      }
}
EXPORTED int cuLaunchKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                            unsigned shared, void*, void** arguments, void**) {
  size_t threads = (size_t)bx * by * bz;
  if (!threads || threads > MOST_THREADS || !gx || !gy || !gz || gy > 65535 || gz > 65535) return INVALID_VALUE;
  if (shared > sizeof emulator_shared) return INVALID_VALUE;
  auto f = (Function*)function;
  Dim grid = {gx, gy, gz}, block = {bx, by, bz};
  if (emulator_captures()) {  // the arguments live only as long as this call
    void** kept = f->copy(arguments);
    emulator_capture(new std::function<void()>([=] { run(f, grid, block, kept); }));
  } else {
    run(f, grid, block, arguments);
  }
  return 0;
}
