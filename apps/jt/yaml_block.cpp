#include "apps/jt/yaml_block.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include "core/errors.hpp"
#include "core/text.hpp"

namespace jt::app {
namespace {

constexpr std::size_t longest_file = std::size_t{1} << 20;
constexpr std::string_view correct_it = "Correct that line of the config.";

// yaml-cpp's marks count from 0 and are -1 when it does not know.
std::string line_words(const YAML::Mark& mark) {
  if (mark.is_null() || mark.line < 0) return "";
  return fmt::format(" line {}, column {}", mark.line + 1, mark.column + 1);
}

// What stands there, short enough for a sentence.
std::string shown(const YAML::Node& node) {
  if (node.IsMap()) return "a block";
  if (node.IsSequence()) return "a list";
  const std::string& text = node.Scalar();
  return fmt::format("'{}{}'", text.substr(0, 60), text.size() > 60 ? "..." : "");
}

bool quoted(const YAML::Node& node) { return node.Tag() == "!"; }

template <class T>
std::optional<T> parse_all(const std::string& text) {
  T value{};
  const char* first = text.data();
  const char* last = first + text.size();
  if (first != last && *first == '+') ++first;  // YAML allows it, from_chars does not
  const auto [end, error] = std::from_chars(first, last, value);
  if (error != std::errc{} || end != last) return std::nullopt;
  return value;
}

// Hears a document and keeps nothing of it.
class Deaf : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {}
};

// Not by YAML::LoadAll: after a stray sign at the beginning of a line it finds empty documents for ever.
bool has_more_than_one_document(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Deaf deaf;
  return parser.HandleNextDocument(deaf) && parser.HandleNextDocument(deaf);
}

}  // namespace

YamlValue::YamlValue(std::string_view file, std::string name, YAML::Node node)
    : file_(file), name_(std::move(name)), node_(std::move(node)) {}

bool YamlValue::present() const { return node_.IsDefined() && !node_.IsNull(); }
bool YamlValue::is_list() const { return present() && node_.IsSequence(); }
bool YamlValue::is_number() const {
  return present() && node_.IsScalar() && !quoted(node_) && parse_all<double>(node_.Scalar());
}
bool YamlValue::is_text() const { return present() && node_.IsScalar() && !is_number(); }

std::string YamlValue::place() const { return fmt::format("{}{}", file_, line_words(node_.Mark())); }

void YamlValue::refuse(std::string_view why) const {
  throw CallError(fmt::format("{}: {} is {}", place(), name_, shown(node_)), std::string(why),
                  std::string(correct_it));
}

std::optional<std::string> YamlValue::text() const {
  if (!present()) return std::nullopt;
  if (!node_.IsScalar()) refuse("it must be a word");
  if (node_.Scalar().empty()) refuse("it must not be empty");
  if (node_.Scalar().find('\0') != std::string::npos) refuse("it must not hold a zero byte");
  return node_.Scalar();
}

std::optional<bool> YamlValue::boolean() const {
  if (!present()) return std::nullopt;
  bool value = false;
  if (!node_.IsScalar() || quoted(node_) || !YAML::convert<bool>::decode(node_, value))
    refuse("it must be true or false");
  return value;
}

std::optional<int> YamlValue::integer_of(const std::string& scalar, int low, int high) const {
  const std::optional<int> value = parse_all<int>(scalar);
  if (!value || *value < low || *value > high)
    refuse(fmt::format("it must be a whole number from {} to {}", low, high));
  return value;
}

std::optional<int> YamlValue::integer(int low, int high) const {
  if (!present()) return std::nullopt;
  if (!node_.IsScalar() || quoted(node_))
    refuse(fmt::format("it must be a whole number from {} to {}, without quotes", low, high));
  return integer_of(node_.Scalar(), low, high);
}

std::optional<int> YamlValue::quoted_integer(int low, int high) const {
  if (!present()) return std::nullopt;
  if (!node_.IsScalar()) refuse(fmt::format("it must be a whole number from {} to {}", low, high));
  return integer_of(node_.Scalar(), low, high);
}

std::optional<double> YamlValue::number(double low, double high) const {
  if (!present()) return std::nullopt;
  const auto value = node_.IsScalar() && !quoted(node_) ? parse_all<double>(node_.Scalar()) : std::nullopt;
  // Said as what is allowed, so that NaN is refused with it.
  if (!value || !(*value >= low && *value <= high))
    refuse(std::isinf(high) ? fmt::format("it must be a number from {:g} up", low)
                            : fmt::format("it must be a number from {:g} to {:g}", low, high));
  return value;
}

std::optional<std::string> YamlValue::one_of(const std::vector<std::string>& allowed) const {
  const std::optional<std::string> word = text();
  if (!word || std::find(allowed.begin(), allowed.end(), *word) != allowed.end()) return word;
  refuse(fmt::format("it can be {}", list_in_words(nearest_first(*word, allowed))));
}

std::vector<YamlValue> YamlValue::list() const {
  if (!present()) return {};
  if (!node_.IsSequence()) refuse("it must be a list: [a, b] or lines that begin with '- '");
  std::vector<YamlValue> values;
  for (std::size_t i = 0; i < node_.size(); ++i)
    values.emplace_back(file_, fmt::format("{}[{}]", name_, i), node_[i]);
  return values;
}

std::vector<int> YamlValue::integers(int low, int high) const {
  std::vector<int> values;
  for (const YamlValue& item : list()) {
    const std::optional<int> value = item.integer(low, high);
    if (!value) item.refuse("it must not be empty");
    values.push_back(*value);
  }
  return values;
}

std::optional<YamlBlock> YamlValue::block() const {
  if (!present()) return std::nullopt;
  if (!node_.IsMap()) refuse("it must be a block of 'key: value' lines");
  return YamlBlock(file_, name_, node_);
}

YamlBlock::YamlBlock(std::string_view file, std::string name, const YAML::Node& map)
    : file_(file), name_(std::move(name)) {
  for (const auto& pair : map) {
    const YAML::Node& key = pair.first;
    const std::string place = fmt::format("{}{}", file_, line_words(key.Mark()));
    if (!key.IsScalar())
      throw CallError(place + ": a key that is no word", "keys of the config are single words",
                      std::string(correct_it));
    const std::string& word = key.Scalar();
    for (const Entry& entry : entries_)
      if (entry.key == word)
        throw CallError(fmt::format("{}: key '{}' stands there twice, first in line {}", place,
                                    full_name(word), entry.line),
                        "only one of them could count", "Remove one of them.");
    entries_.push_back(Entry{word, pair.second, key.Mark().line + 1});
  }
}

std::string YamlBlock::full_name(std::string_view key) const {
  return name_.empty() ? std::string(key) : fmt::format("{}.{}", name_, key);
}

YamlValue YamlBlock::value(std::string_view key) {
  known_.emplace_back(key);
  for (const Entry& entry : entries_)
    if (entry.key == key) return {file_, full_name(key), entry.value};
  return {file_, full_name(key), YAML::Node(YAML::NodeType::Undefined)};
}

std::vector<std::string> YamlBlock::keys() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) names.push_back(entry.key);
  return names;
}

void YamlBlock::done() const {
  for (const Entry& entry : entries_) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    const std::string nearest = full_name(nearest_first(entry.key, known_).front());
    const std::string unknown = entry.key.size() <= 60 ? entry.key : entry.key.substr(0, 57) + "...";
    throw CallError(fmt::format("{} line {}: unknown key '{}'", file_, entry.line, full_name(unknown)),
                    "a setting that nobody reads would be lost without a word",
                    fmt::format("Did you mean '{}'?", nearest));
  }
}

YamlBlock read_yaml(std::string_view file, const std::string& text) {
  if (text.size() > longest_file)
    throw CallError(fmt::format("{} has {} bytes", file, text.size()), "a config has at most 1 MiB",
                    "Is it the right file?");
  try {
    if (has_more_than_one_document(text))
      throw CallError(fmt::format("{} holds more than one YAML document", file), "only one could count",
                      "Is there a line '---', or a stray sign at the beginning of a line?");
    const YAML::Node document = YAML::Load(text);
    if (document.IsNull()) return {file, "", YAML::Node(YAML::NodeType::Map)};
    if (!document.IsMap())
      throw CallError(fmt::format("{} is no list of 'key: value' lines", file),
                      "that is what a config consists of", "Is it the right file?");
    return {file, "", document};
  } catch (const YAML::Exception& error) {
    throw CallError(fmt::format("{}{}: {}", file, line_words(error.mark), error.msg),
                    "the file cannot be read as YAML", std::string(correct_it));
  }
}

}  // namespace jt::app
