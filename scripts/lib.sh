# Shared by the scripts: where the checkout is, how packages get installed, how steps are announced.
# Sourced, never run.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"

build_packages=(cmake ninja-build g++ libc6-dev libfmt-dev libspdlog-dev nlohmann-json3-dev libcli11-dev
  libyaml-cpp-dev libhdf5-dev libcurl4-openssl-dev libeigen3-dev zlib1g-dev libbenchmark-dev xz-utils
  ca-certificates libzmq3-dev cppzmq-dev libcpp-httplib-dev libca4.13.5 libncurses-dev)
test_packages=(libgtest-dev libgmock-dev librapidcheck-dev python3 python3-pyepics)
ci_packages=(ccache clang-16 libclang-rt-16-dev clang-format-16 git)

say() { printf '\n== %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "'$1' needs root (to install packages), and there is no sudo. Run as root, or install sudo?"; fi
}

# install_packages NAME ...: installs those that are missing, and nothing when none is.
install_packages() {
  local missing=() name
  for name in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${#missing[@]} packages: ${missing[*]}"
  as_root apt-get -o Acquire::Retries=3 update -qq >/dev/null
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 install -y -qq \
    --no-install-recommends "${missing[@]}" >/dev/null ||
    die "apt-get could not install: ${missing[*]}. Is the package mirror reachable?"
}

jobs=$(nproc)
# With ccache, a second clone of the same code costs little: paths below the checkout do not count.
export CCACHE_BASEDIR=$top CCACHE_NOHASHDIR=1

# build PRESET [TARGET ...]: configures and builds; extra CMake settings in the array cmake_settings.
build() {
  local preset=$1; shift
  cmake --preset "$preset" "${cmake_settings[@]}" >/dev/null
  if [ $# -gt 0 ]; then cmake --build "build/$preset" -j "$jobs" --target "$@"
  else cmake --build "build/$preset" -j "$jobs"; fi
}
cmake_settings=()
