// sample_report good|check|bad FILE: writes a report of made-up data, to look at.
#include <fmt/format.h>

#include <fstream>
#include <string_view>

#include "report/report.hpp"
#include "sample_report_data.hpp"

int main(int argc, char** argv) {
  using jt::report::Verdict;
  if (argc != 3) {
    fmt::print(stderr, "sample_report good|check|bad FILE\n");
    return 2;
  }
  const std::string_view word = argv[1];
  const Verdict verdict = word == "good" ? Verdict::good : word == "check" ? Verdict::check : Verdict::bad;
  std::ofstream file(argv[2], std::ios::binary);
  file << jt::report::html(jt::test::sample_report_data(verdict));
  return file.flush() ? 0 : 1;
}
