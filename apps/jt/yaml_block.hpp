// A YAML document read with its places: every wrong key or value is named with its line.
// Before the walk: config.cpp reads the settings of a command through it.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jt::app {

class YamlBlock;

// One value with its full name ("cal_params.delta_bin") and its place. Absent and null are the same. A wrong
// type or a value out of range is a CallError that names the file, the line and what is allowed.
class YamlValue {
 public:
  YamlValue(std::string_view file, std::string name, YAML::Node node);

  [[nodiscard]] bool present() const;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::optional<std::string> text() const;  // a scalar; numbers count as text
  [[nodiscard]] std::optional<bool> boolean() const;      // true, false, yes, no, on, off
  [[nodiscard]] std::optional<int> integer(int low, int high) const;
  [[nodiscard]] std::optional<int> quoted_integer(int low, int high) const;  // '10' is a number, too
  [[nodiscard]] std::optional<double> number(double low, double high) const;
  [[nodiscard]] std::optional<std::string> one_of(const std::vector<std::string>& allowed) const;
  [[nodiscard]] std::vector<YamlValue> list() const;  // empty when absent
  [[nodiscard]] std::vector<int> integers(int low, int high) const;
  [[nodiscard]] std::optional<YamlBlock> block() const;
  [[nodiscard]] bool is_list() const;
  [[nodiscard]] bool is_number() const;
  [[nodiscard]] bool is_text() const;

  // Throws the CallError for this value: "<file> line 3, column 7: <name> is 'x' (<why>). <suggestion>".
  [[noreturn]] void refuse(std::string_view why) const;

 private:
  [[nodiscard]] std::string place() const;
  std::optional<int> integer_of(const std::string& scalar, int low, int high) const;

  std::string_view file_;  // outlived by the document's reader
  std::string name_;
  YAML::Node node_;
};

// One map of the document. Ask for every key that may be there, then call `done()`.
class YamlBlock {
 public:
  // Throws CallError for keys that are no words, or that stand there twice.
  YamlBlock(std::string_view file, std::string name, const YAML::Node& map);

  // The value of `key`, which is known from now on.
  YamlValue value(std::string_view key);
  // All keys that are there, for blocks whose keys are free (pv_map).
  [[nodiscard]] std::vector<std::string> keys() const;
  // Throws CallError when there is a key that nobody asked for, naming the nearest one that is known.
  void done() const;

 private:
  struct Entry {
    std::string key;
    YAML::Node value;
    int line = 0;
  };
  [[nodiscard]] std::string full_name(std::string_view key) const;

  std::string_view file_;
  std::string name_;  // empty for the document itself
  std::vector<Entry> entries_;
  std::vector<std::string> known_;
};

// Parses `text` (at most 1 MiB, one document, a map). `file` names it in sentences and must outlive what is
// returned. Throws CallError with line and column when it is no YAML.
YamlBlock read_yaml(std::string_view file, const std::string& text);

}  // namespace jt::app
