#!/usr/bin/env bash
# Everything that needs a GPU, in one command of under ten minutes:
#
#     bash benchmarks/gpu_session.sh FOLDER        logs and figures go there
#
# Each part has its own limit of seconds, and one that fails does not keep the later ones from running. A part that
# cannot run says why. Exit status: 0 all parts ran and passed, 1 one failed, 2 no folder was named, 3 none failed and one
# could not run.
set -uo pipefail
if [ $# != 1 ] || ! mkdir -p "$1"; then
  echo "usage: bash $0 FOLDER" >&2
  exit 2
fi
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.." || exit 2
python=${PYTHON:-python3}
failed=0 missing=0
export PYTHONUNBUFFERED=1 TINYGRAD_EDU_REQUIRE_GPU=1 OMP_NUM_THREADS=1

part() { # NAME SECONDS WHY-NOT COMMAND...
  local name=$1 limit=$2 why_not=$3 begun=$SECONDS status=0
  shift 3
  if [ -n "$why_not" ]; then
    echo "== $name: cannot run: $why_not"
    missing=1
    return
  fi
  echo "== $name (at most $limit s)"
  timeout "$limit" "$@" > "$out/$name.log" 2>&1 || status=$?
  tail -n 40 "$out/$name.log"
  if [ "$status" = 0 ]; then
    echo "== $name: done in $((SECONDS - begun)) s"
  else
    echo "== $name: FAILED with status $status after $((SECONDS - begun)) s (124: out of time)"
    failed=1
  fi
}

# Why a part cannot run: the first of these that is not empty.
no_gpu=$("$python" -c 'from tinygrad_edu import backends; backends.get("cuda")' 2>&1 | tail -n 1)
no_pytest=$("$python" -c 'import pytest, hypothesis' 2>&1 | tail -n 1)
no_sanitizer=$(command -v compute-sanitizer > /dev/null || echo "compute-sanitizer is not installed")
processes=()
"$python" -c 'import xdist' 2> /dev/null && processes=(-n "$(($(nproc) > 12 ? 12 : $(nproc)))")
tests=("$python" -m pytest -m gpu -q -rfE --tb=short -p no:cacheprovider --continue-on-collection-errors)

command -v nvidia-smi > /dev/null && nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
# 1. does a step run at all, and how long does the first one take?
part smoke 45 "$no_gpu" "$python" -m benchmarks.gpu --smoke
# 2. what the fake device believes, on the real one; alone, as it measures what waits
part conformance 90 "${no_gpu:-$no_pytest}" "${tests[@]}" tests/gpu
# 3. the engine's tests, on several processes if pytest-xdist is there: about 800 kernels are compiled
part suite 220 "${no_gpu:-$no_pytest}" "${tests[@]}" "${processes[@]}" tests --ignore=tests/gpu --maxfail=80
# 4. memory errors in our own kernels
part sanitizer 45 "${no_gpu:-${no_pytest:-$no_sanitizer}}" compute-sanitizer --tool memcheck --error-exitcode 9 \
  "${tests[@]}" tests/engine/test_launches.py tests/engine/test_hooks.py -k "cross_entropy or numbers_of_the_cpu"
# 5. figures
part bench 190 "$no_gpu" "$python" -m benchmarks.gpu --json "$out/bench.json" --seconds 150

if [ "$failed" != 0 ]; then exit 1; fi
if [ "$missing" != 0 ]; then exit 3; fi
