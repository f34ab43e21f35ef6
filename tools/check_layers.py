#!/usr/bin/env python3
"""Holds every include and every CMake link against the layers, and prints the graph of what is there.

usage: tools/check_layers.py            check; print the graph; exit 1 when something goes against the layers
       tools/check_layers.py --update   also write the graph into ARCHITECTURE.md

It reads the `jt_library(...)` calls of src/*/CMakeLists.txt and the #include lines below src, apps, bench,
examples, fuzz and tests. It needs no build and nothing but Python.
"""
import re
import sys
from pathlib import Path

# library: (layer, libraries it may use, third parties it may use). The order is the order of the graph.
LAYERS = {
    "core": (0, "", "fmt spdlog"),
    "formats": (1, "core", "fmt"),
    "detector": (1, "core", "fmt"),
    "camera": (1, "core", "fmt opencv"),
    "control": (1, "core", "fmt eigen"),
    "ca": (1, "core", "fmt"),
    "api": (1, "core", "fmt zeromq nlohmann httplib"),
    "report": (1, "core", "fmt nlohmann"),
    "epics": (2, "core", "fmt libca"),
    "sources": (2, "core formats", "fmt liburing"),
    "reduction": (2, "core formats detector", "fmt"),
    "motor": (2, "core", "fmt"),
    "calibration": (3, "core formats sources detector reduction camera report", "fmt hdf5 nlohmann"),
    "simulator": (3, "core formats sources detector ca", "fmt nlohmann"),
    "pipeline": (4, "core formats sources detector reduction calibration", "fmt mpi"),
    "operation": (4, "core control motor api camera report", "fmt nlohmann"),
    "publish": (5, "core ca api pipeline operation", "fmt"),
}
# Optional third parties live in one file each, so that a build without them only loses that file.
ONE_FILE_ONLY = {"opencv", "mpi", "liburing"}

# What an #include <...> belongs to: the first prefix that fits.
THIRD_PARTIES = [
    ("fmt/", "fmt"), ("spdlog/", "spdlog"), ("nlohmann/", "nlohmann"), ("Eigen/", "eigen"),
    ("unsupported/Eigen/", "eigen"), ("opencv2/", "opencv"), ("hdf5.h", "hdf5"), ("H5", "hdf5"),
    ("zmq", "zeromq"), ("httplib.h", "httplib"), ("cadef.h", "libca"), ("mpi.h", "mpi"),
    ("liburing.h", "liburing"), ("yaml-cpp/", "yaml-cpp"), ("CLI/", "cli11"), ("curl/", "curl"),
    ("ncurses.h", "ncurses"), ("benchmark/", "benchmark"), ("gtest/", "gtest"), ("gmock/", "gtest"),
    ("rapidcheck", "rapidcheck"), ("zlib.h", "zlib"),
]
# Folders above all libraries may use every library and these third parties.
TOP = {
    "apps": "fmt spdlog nlohmann cli11 yaml-cpp curl ncurses zlib hdf5 eigen",
    "bench": "fmt nlohmann cli11 benchmark zlib hdf5 eigen",
    "examples": "fmt nlohmann",
    "fuzz": "fmt nlohmann zlib",
    "tests": "fmt spdlog nlohmann gtest rapidcheck zlib hdf5 eigen yaml-cpp cli11 curl benchmark",
}

STANDARD = set("""
algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes
climits clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg
cstddef cstdint cstdio cstdlib cstring ctime cwchar deque exception execution filesystem forward_list fstream
functional future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map
memory memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex
scoped_allocator semaphore set shared_mutex source_location span sstream stack stdexcept stop_token streambuf
string string_view syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map
unordered_set utility valarray variant vector version immintrin.h cpuid.h
""".split())
SYSTEM = re.compile(
    r"^(sys|arpa|netinet|net|linux)/[a-z_0-9]+\.h$|^(unistd|fcntl|signal|poll|pthread|pwd|grp|mqueue|netdb|spawn|"
    r"dirent|errno|fnmatch|glob|sched|semaphore|stdio|stdlib|string|time|termios|ftw|dlfcn|endian|ifaddrs)\.h$")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
LIBRARY = re.compile(r"jt_library\(\s*(\w+)(.*?)\)", re.S)
THIRD_TARGETS = [("fmt", "fmt"), ("spdlog", "spdlog"), ("nlohmann", "nlohmann"), ("Eigen", "eigen"), ("opencv", "opencv"),
                 ("HDF5", "hdf5"), ("hdf5", "hdf5"), ("zmq", "zeromq"), ("httplib", "httplib"), ("MPI", "mpi"),
                 ("uring", "liburing"), ("ca", "libca"), ("Threads", None), ("OpenCV", "opencv"), ("rt", None)]


class Checker:
    def __init__(self, root):
        self.root = root
        self.errors = []
        self.uses = {}
        self.one_file = {}

    def error(self, where, words):
        self.errors.append(f"{where.relative_to(self.root)}: {words}")

    def read_cmake(self):
        for file in sorted(self.root.glob("src/*/CMakeLists.txt")):
            text = re.sub(r"#.*", "", file.read_text())
            found = LIBRARY.findall(text)
            if not found:
                self.error(file, "no jt_library(...) call")
            for name, body in found:
                self.check_library(file, name, body)
            if re.search(r"target_link_libraries|target_include_directories", text):
                self.error(file, "links outside jt_library(...): say USES or THIRD instead")

    def check_library(self, file, name, body):
        if name not in LAYERS:
            return self.error(file, f"library '{name}' has no layer in tools/check_layers.py")
        if file.parent.name != name:
            self.error(file, f"library '{name}' stands in folder '{file.parent.name}'")
        words = re.split(r"\b(SOURCES|USES|THIRD)\b", body)
        parts = dict(zip(words[1::2], (w.split() for w in words[2::2])))
        self.uses[name] = parts.get("USES", [])
        _, allowed, third = LAYERS[name]
        for used in self.uses[name]:
            if used not in allowed.split():
                self.error(file, f"'{name}' may not use '{used}' (allowed: {allowed or 'nothing'})")
        for target in parts.get("THIRD", []):
            party = next((p for prefix, p in THIRD_TARGETS if target.startswith(prefix) or f"{{{prefix}" in target), target)
            if party is not None and party not in third.split():
                self.error(file, f"'{name}' may not link '{target}' (allowed: {third or 'nothing'})")

    def check_includes(self):
        for folder in ["src", *TOP]:
            for file in sorted(p for p in (self.root / folder).rglob("*") if p.suffix in (".cpp", ".hpp", ".h", ".cc")):
                text = re.sub(r"/\*.*?\*/", "", file.read_text(errors="replace"), flags=re.S)
                for kind, header in INCLUDE.findall(text):
                    self.check_include(folder, file, kind, header)

    def check_include(self, folder, file, kind, header):
        library = file.relative_to(self.root).parts[1] if folder == "src" else None
        if header in STANDARD or SYSTEM.match(header):
            return
        if kind == '"':
            return self.check_own(folder, file, library, header)
        party = next((p for prefix, p in THIRD_PARTIES if header.startswith(prefix)), None)
        allowed = LAYERS[library][2] if library in LAYERS else TOP.get(folder, "")
        if party is None:
            self.error(file, f"<{header}> is neither standard nor a known third party")
        elif party not in allowed.split():
            self.error(file, f"may not include <{header}> ({party}; allowed here: {allowed or 'nothing'})")
        elif party in ONE_FILE_ONLY:
            first = self.one_file.setdefault((library, party), file)
            if first != file:
                self.error(file, f"{party} belongs in one file of '{library}' and is in {first.name} already")

    def check_own(self, folder, file, library, header):
        owner = header.split("/")[0]
        if library is None:
            if not any((self.root / base / header).exists() for base in ("src", ".", folder)) and \
                    not (file.parent / header).exists():
                self.error(file, f'"{header}" does not exist')
            return
        if not (self.root / "src" / header).exists():
            return self.error(file, f'"{header}" does not exist below src/ (includes start at src/)')
        if owner != library and owner not in self.uses.get(library, []):
            self.error(file, f"'{library}' includes \"{header}\" but does not say USES {owner}")

    def graph(self):
        lines = ["```mermaid", "graph BT"]
        for layer in sorted({LAYERS[n][0] for n in self.uses}):
            names = [n for n in LAYERS if n in self.uses and LAYERS[n][0] == layer]
            lines += [f"  subgraph layer{layer}[layer {layer}]"] + [f"    {n}" for n in names] + ["  end"]
        for name in LAYERS:
            lines += [f"  {name} --> {used}" for used in self.uses.get(name, [])]
        programs = sorted(p.name for p in (self.root / "apps").glob("*") if p.is_dir())
        tops = {used for uses in self.uses.values() for used in uses}
        lines += [f"  {p}([{p}]) --> {n}" for p in programs for n in LAYERS if n in self.uses and n not in tops]
        return "\n".join(lines + ["```"])


MARKS = ("<!-- graph: tools/check_layers.py -->", "<!-- end of graph -->")


def main():
    root = Path(__file__).resolve().parent.parent
    checker = Checker(root)
    checker.read_cmake()
    checker.check_includes()
    graph = checker.graph()
    page = root / "ARCHITECTURE.md"
    if page.exists():
        begin, rest = page.read_text().split(MARKS[0])
        drawn, end = rest.split(MARKS[1])
        if "--update" in sys.argv[1:]:
            page.write_text(f"{begin}{MARKS[0]}\n{graph}\n{MARKS[1]}{end}")
        elif drawn.strip() != graph:
            checker.errors.append("ARCHITECTURE.md: its graph is not that of the code; run tools/check_layers.py --update")
    print(graph)
    for error in checker.errors:
        print("error:", error, file=sys.stderr)
    print(f"layers: {len(checker.uses)} libraries, {len(checker.errors)} errors", file=sys.stderr)
    return 1 if checker.errors else 0


if __name__ == "__main__":
    sys.exit(main())
