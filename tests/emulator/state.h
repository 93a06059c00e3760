// What the parts of the emulated device share.
#pragma once
#include <functional>

#define EXPORTED extern "C" __attribute__((visibility("default")))

// What a program asked the device to do since the process began. `waits` are the calls that return only when the device
// has done everything before; copies and fills inside the device's memory count as launches.
struct Counts {
  long launches, waits, uploads, downloads, mallocs;
};
extern "C" Counts emulator_counts;

// Whether kernels, products, and copies and fills inside the device's memory are counted, and not done: what is left of a
// program's time is what the host takes to ask for them.
extern "C" bool emulator_is_dry;

// While a stream captures, work is put on a list and done when the graph is replayed.
extern "C" bool emulator_captures();
extern "C" void emulator_capture(std::function<void()>* work);

constexpr int NOT_WHILE_CAPTURING = 900;  // cudaErrorStreamCaptureUnsupported
