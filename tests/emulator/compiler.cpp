// NVRTC: g++ makes a shared library of the text of kernels, with `device.h` before it, and its path is the image.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <regex>
#include <sstream>
#include <string>

#include "state.h"

constexpr int FAILED = 6, NO_NAME = 10;

struct Program {
  std::string source, log, image;
  std::map<std::string, std::string> names;  // of kernels made from templates: `f<int>`, and what we call it
};
static Program& of(void* program) { return *(Program*)program; }

static std::string setting(const char* name) {
  const char* value = getenv(name);
  return value ? value : "";
}

// Memory that a launch gives to a block: `extern __shared__ T name[]` inside a kernel.
static std::string with_shared_memory(const std::string& source) {
  static const std::regex declaration(R"(extern\s+__shared__\s+([\w:<> ]+?)\s+(\w+)\s*\[\s*\]\s*;)");
  return std::regex_replace(source, declaration, "$1* $2 = ($1*)emulator_shared;");
}

// What `driver.cpp` looks for: to call a kernel with pointers to its arguments, and to keep these for a graph.
static std::string entry_point(const std::string& name, const std::string& kernel) {
  return "\nEXPORTED void emulator_call_" + name + "(void** p) { emulator::call(" + kernel + ", p); }" +
         "\nEXPORTED void** emulator_copy_" + name + "(void** p) { return emulator::copy(" + kernel + ", p); }";
}
static std::string entry_points(const Program& program) {
  const std::string& source = program.source;
  static const std::regex kernel(R"(__global__\s+void\s+(?:__launch_bounds__\([^)]*\)\s+)?(\w+)\s*\()");
  static const std::regex waiting("__syncthreads|__syncwarp|__shfl|_REDUCE");  // the last is a macro of CuPy's
  std::string text;
  for (std::sregex_iterator match(source.begin(), source.end(), kernel), end; match != end; ++match) {
    size_t before = match->position() ? source.find_last_not_of(" \t\n", match->position() - 1) : std::string::npos;
    bool is_template = before != std::string::npos && source[before] == '>';
    if (!is_template) text += entry_point((*match)[1], (*match)[1]);
  }
  for (auto& [expression, name] : program.names) text += entry_point(name, expression);
  bool waits = std::regex_search(source, waiting);
  return text + "\nEXPORTED bool emulator_waits = " + (waits ? "true" : "false") + ";\n";
}

EXPORTED const char* nvrtcGetErrorString(int error) { return error ? "NVRTC_ERROR_COMPILATION" : "NVRTC_SUCCESS"; }
EXPORTED int nvrtcVersion(int* major, int* minor) {
  *major = 13;
  *minor = 0;
  return 0;
}
EXPORTED int nvrtcCreateProgram(void** program, const char* source, const char*, int, const char**, const char**) {
  *program = new Program{source, "", "", {}};
  return 0;
}
EXPORTED int nvrtcDestroyProgram(void** program) {
  delete &of(*program);
  return 0;
}
EXPORTED int nvrtcAddNameExpression(void* p, const char* expression) {
  auto& names = of(p).names;
  names.emplace(expression, "of_template_" + std::to_string(names.size()));
  return 0;
}
EXPORTED int nvrtcGetLoweredName(void* p, const char* expression, const char** name) {
  auto found = of(p).names.find(expression);
  if (found == of(p).names.end()) return NO_NAME;
  *name = found->second.c_str();
  return 0;
}

EXPORTED int nvrtcCompileProgram(void* p, int count, const char** options) {
  Program& program = of(p);
  // EMULATOR_COMPILER is g++ with its options, those of the precompiled header; EMULATOR_KERNELS a folder.
  std::string command = setting("EMULATOR_COMPILER"), folder = setting("EMULATOR_KERNELS");
  for (int k = 0; k < count; k++)
    if (!strncmp(options[k], "-D", 2)) command += " '" + std::string(options[k]) + "'";
  std::string text = with_shared_memory(program.source) + entry_points(program);
  std::string name = folder + "/" + std::to_string(std::hash<std::string>()(command + text));
  std::string library = name + ".so", mine = name + "." + std::to_string(getpid());
  struct stat about;
  if (stat(library.c_str(), &about)) {  // processes may compile the same kernel at the same time
    std::ofstream(mine + ".cpp") << "#include \"prelude.h\"\n" << text;
    command += " " + mine + ".cpp -o " + mine + ".so 2> " + mine + ".log && mv " + mine + ".so " + library;
    int status = system(command.c_str());
    std::stringstream log;
    log << std::ifstream(mine + ".log").rdbuf();
    unlink((mine + ".log").c_str());
    unlink((mine + ".cpp").c_str());
    if (status) {
      program.log = log.str().substr(0, 6000);
      return FAILED;
    }
  }
  program.image = library;
  return 0;
}

static int size_of(const std::string& text, size_t* size) { return *size = text.size() + 1, 0; }
static int copy_of(const std::string& text, char* to) { return memcpy(to, text.c_str(), text.size() + 1), 0; }

EXPORTED int nvrtcGetPTXSize(void* p, size_t* size) { return size_of(of(p).image, size); }
EXPORTED int nvrtcGetPTX(void* p, char* to) { return copy_of(of(p).image, to); }
EXPORTED int nvrtcGetCUBINSize(void* p, size_t* size) { return size_of(of(p).image, size); }
EXPORTED int nvrtcGetCUBIN(void* p, char* to) { return copy_of(of(p).image, to); }
EXPORTED int nvrtcGetProgramLogSize(void* p, size_t* size) { return size_of(of(p).log, size); }
EXPORTED int nvrtcGetProgramLog(void* p, char* to) { return copy_of(of(p).log, to); }
