// The value of a process variable (PV) as EPICS knows it: one or many of seven base types, with alarm and
// time. What a `Channel` carries to and from the motor, the cameras and the published PVs; no network in
// here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace jt {

// The base types, numbered as Channel Access numbers them (DBF).
enum class PvType : std::uint8_t {
  string = 0,
  int16 = 1,
  float32 = 2,
  choice = 3,
  uint8 = 4,
  int32 = 5,
  float64 = 6
};
std::string_view name(PvType type);
// Bytes of one element on the wire: 40 for a string.
std::size_t element_size(PvType type);

// The index of one of a PV's named choices (an EPICS enum).
struct Choice {
  std::uint16_t index = 0;
  bool operator==(const Choice&) const = default;
};

// One or many elements of one base type. A scalar is one element.
class PvValue {
 public:
  // In the order of PvType.
  using Elements = std::variant<std::vector<std::string>, std::vector<std::int16_t>, std::vector<float>,
                                std::vector<Choice>, std::vector<std::uint8_t>, std::vector<std::int32_t>,
                                std::vector<double>>;

  PvValue() : PvValue(0.0) {}
  PvValue(double number) : elements_(std::vector<double>{number}) {}
  PvValue(std::int32_t number) : elements_(std::vector<std::int32_t>{number}) {}
  PvValue(Choice choice) : elements_(std::vector<Choice>{choice}) {}
  PvValue(std::string text) : elements_(std::vector<std::string>{std::move(text)}) {}
  PvValue(const char* text) : PvValue(std::string(text)) {}
  PvValue(Elements elements) : elements_(std::move(elements)) {}
  template <class T>
  PvValue(std::vector<T> array) : elements_(std::move(array)) {}
  PvValue(bool) = delete;  // 0 and 1 are numbers here

  [[nodiscard]] PvType type() const { return static_cast<PvType>(elements_.index()); }
  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] const Elements& elements() const { return elements_; }

  // Element `index` as a number; a string is read as one. Nothing when it is none, or when there is no such
  // element.
  [[nodiscard]] std::optional<double> number(std::size_t index = 0) const;
  // Element `index` as words; a choice as its index. Empty when there is no such element.
  [[nodiscard]] std::string text(std::size_t index = 0) const;
  // All elements, when they are T's: an array to read without conversion; nullptr otherwise.
  template <class T>
  [[nodiscard]] const std::vector<T>* array() const {
    return std::get_if<std::vector<T>>(&elements_);
  }
  // All elements as numbers (strings that are none become NaN).
  [[nodiscard]] std::vector<double> numbers() const;
  // No element is NaN or infinite.
  [[nodiscard]] bool finite() const;

  bool operator==(const PvValue&) const = default;

 private:
  Elements elements_;
};

// How much a PV's value may be trusted, as its server says.
enum class AlarmSeverity : std::uint8_t { none = 0, minor = 1, major = 2, invalid = 3 };

struct Alarm {
  AlarmSeverity severity = AlarmSeverity::none;
  std::uint16_t status = 0;  // EPICS's alarm status: why; alarm_status:: names the ones that are used here
  bool operator==(const Alarm&) const = default;
};
namespace alarm_status {
inline constexpr std::uint16_t none = 0, high = 4, low = 6, state = 7, comm = 9, timeout = 10, hw_limit = 11,
                               link = 14, udf = 17;
}

// The server's time of a value: Unix epoch, UTC. Zero: never set.
struct PvTime {
  std::int64_t sec = 0;
  std::uint32_t nsec = 0;
  auto operator<=>(const PvTime&) const = default;
};

struct PvSample {
  PvValue value;
  Alarm alarm;
  PvTime time;
};

// What a PV says about its numbers. Limits are in the PV's units; low == high (usually both 0) means none.
struct PvDetails {
  std::string units;  // at most 7 characters travel
  int precision = 0;  // digits after the point
  double display_low = 0, display_high = 0;
  double alarm_low = 0, alarm_high = 0;      // major
  double warning_low = 0, warning_high = 0;  // minor
  double control_low = 0, control_high = 0;  // what may be put: for a motor its soft limits
  std::vector<std::string> choices;          // names of an enum's states; at most 16 of 25 characters travel
};

}  // namespace jt
