#include "ca/dbr.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/pv_convert.hpp"

namespace jt::ca {
namespace {

constexpr std::size_t string_size = 40;
constexpr std::size_t units_size = 8, choice_size = 26, most_choices = 16;
constexpr std::int64_t epics_epoch = 631152000;  // 1990-01-01T00:00:00Z in Unix seconds

// Rows: PvType; columns: DbrClass. As the C structures of the reference implementation lie in memory
// (x86-64).
constexpr std::array<std::array<std::uint16_t, 5>, 7> offsets = {{
    {0, 4, 12, 4, 4},      // string
    {0, 4, 14, 24, 28},    // int16
    {0, 4, 12, 40, 48},    // float32
    {0, 4, 14, 422, 422},  // choice
    {0, 5, 15, 19, 21},    // uint8
    {0, 4, 12, 36, 44},    // int32
    {0, 8, 16, 64, 80},    // float64
}};
constexpr std::uint16_t stsack_offset = 8;

void set64(std::byte* at, std::uint64_t value) {
  set32(at, static_cast<std::uint32_t>(value >> 32));
  set32(at + 4, static_cast<std::uint32_t>(value));
}
std::uint64_t get64(const std::byte* at) { return (std::uint64_t{get32(at)} << 32) | get32(at + 4); }

void put_element(std::byte* at, std::int16_t value) { set16(at, static_cast<std::uint16_t>(value)); }
void put_element(std::byte* at, float value) { set32(at, std::bit_cast<std::uint32_t>(value)); }
void put_element(std::byte* at, Choice value) { set16(at, value.index); }
void put_element(std::byte* at, std::uint8_t value) { *at = std::byte{value}; }
void put_element(std::byte* at, std::int32_t value) { set32(at, static_cast<std::uint32_t>(value)); }
void put_element(std::byte* at, double value) { set64(at, std::bit_cast<std::uint64_t>(value)); }

void put_words(std::byte* at, std::string_view words, std::size_t room) {
  std::memcpy(at, words.data(), std::min(words.size(), room - 1));  // a NUL always ends it
}
void put_element(std::byte* at, const std::string& value) { put_words(at, value, string_size); }

void get_element(const std::byte* at, std::int16_t& value) { value = static_cast<std::int16_t>(get16(at)); }
void get_element(const std::byte* at, float& value) { value = std::bit_cast<float>(get32(at)); }
void get_element(const std::byte* at, Choice& value) { value.index = get16(at); }
void get_element(const std::byte* at, std::uint8_t& value) { value = std::to_integer<std::uint8_t>(*at); }
void get_element(const std::byte* at, std::int32_t& value) { value = static_cast<std::int32_t>(get32(at)); }
void get_element(const std::byte* at, double& value) { value = std::bit_cast<double>(get64(at)); }
void get_element(const std::byte* at, std::string& value) { value = words_of({at, string_size}); }

// A limit in the PV's own type: an integer one cannot say more than its range.
template <class T>
T limit(double value) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value);
  } else {
    if (std::isnan(value)) return 0;
    return static_cast<T>(
        std::clamp(value, double{std::numeric_limits<T>::min()}, double{std::numeric_limits<T>::max()}));
  }
}

template <class T>
void write_limits(std::byte* at, const PvDetails& d, bool control) {
  const std::array<double, 8> limits = {d.display_high, d.display_low, d.alarm_high,   d.warning_high,
                                        d.warning_low,  d.alarm_low,   d.control_high, d.control_low};
  for (std::size_t i = 0; i < (control ? 8u : 6u); ++i) put_element(at + i * sizeof(T), limit<T>(limits[i]));
}

void write_choices(std::byte* at, const PvDetails& details) {
  const std::size_t count = std::min(details.choices.size(), most_choices);
  set16(at + 4, static_cast<std::uint16_t>(count));
  for (std::size_t i = 0; i < count; ++i)
    put_words(at + 6 + i * choice_size, details.choices[i], choice_size);
}

void write_time(std::byte* at, PvTime time) {
  const std::int64_t sec =
      std::clamp<std::int64_t>(time.sec - epics_epoch, 0, std::numeric_limits<std::uint32_t>::max());
  set32(at + 4, static_cast<std::uint32_t>(sec));
  set32(at + 8, time.sec < epics_epoch ? 0 : time.nsec);
}

void write_metadata(std::byte* at, std::uint16_t dbr, const PvSample& sample, const PvDetails& details) {
  if (class_of(dbr) == DbrClass::plain) return;
  set16(at, sample.alarm.status);
  set16(at + 2, static_cast<std::uint16_t>(sample.alarm.severity));
  if (class_of(dbr) == DbrClass::status) return;
  if (class_of(dbr) == DbrClass::time) return write_time(at, sample.time);
  const bool control = class_of(dbr) == DbrClass::control;
  switch (type_of(dbr)) {
    case PvType::string:
      return;
    case PvType::choice:
      return write_choices(at, details);
    case PvType::float32:
    case PvType::float64:
      set16(at + 4, static_cast<std::uint16_t>(details.precision));
      put_words(at + 8, details.units, units_size);
      if (type_of(dbr) == PvType::float32) return write_limits<float>(at + 16, details, control);
      return write_limits<double>(at + 16, details, control);
    case PvType::int16:
      put_words(at + 4, details.units, units_size);
      return write_limits<std::int16_t>(at + 12, details, control);
    case PvType::uint8:
      put_words(at + 4, details.units, units_size);
      return write_limits<std::uint8_t>(at + 12, details, control);
    case PvType::int32:
      put_words(at + 4, details.units, units_size);
      return write_limits<std::int32_t>(at + 12, details, control);
  }
}

// The first `count` elements, in the PV's own type.
void write_elements(std::byte* at, const PvValue& value, std::uint32_t count) {
  const std::size_t step = element_size(value.type());
  std::visit(
      [&](const auto& array) {
        const std::size_t taken = std::min<std::size_t>(count, array.size());
        for (std::size_t i = 0; i < taken; ++i) put_element(at + i * step, array[i]);
      },
      value.elements());
}

// `count` elements as `type`; no copy when that is the PV's own type.
bool write_value(std::byte* at, PvType type, std::uint32_t count, const PvSample& sample,
                 const PvDetails& details) {
  if (sample.value.type() == type) {
    write_elements(at, sample.value, count);
    return true;
  }
  const std::optional<PvValue> converted = convert(sample.value, type, details, count);
  if (!converted) return false;
  write_elements(at, *converted, count);
  return true;
}

template <class T>
std::optional<PvValue> read_elements(std::uint32_t count, View payload, std::size_t step) {
  if (payload.size() / step < count) return std::nullopt;
  std::vector<T> array(count);
  for (std::size_t i = 0; i < count; ++i) get_element(payload.data() + i * step, array[i]);
  return PvValue(std::move(array));
}

}  // namespace

std::size_t value_offset(std::uint16_t dbr) {
  if (dbr == dbr_stsack_string) return stsack_offset;
  if (dbr >= dbr_put_ackt) return 0;
  return offsets[static_cast<std::size_t>(type_of(dbr))][static_cast<std::size_t>(class_of(dbr))];
}

std::size_t dbr_size(std::uint16_t dbr, std::uint32_t count) {
  if (dbr == dbr_put_ackt || dbr == dbr_put_acks) return std::size_t{2} * count;
  if (dbr == dbr_stsack_string || dbr == dbr_class_name) return value_offset(dbr) + string_size * count;
  return value_offset(dbr) + element_size(type_of(dbr)) * count;
}

bool write_dbr(std::byte* at, std::uint16_t dbr, std::uint32_t count, const PvSample& sample,
               const PvDetails& details, const std::string& record_type) {
  if (dbr == dbr_put_ackt || dbr == dbr_put_acks) return false;
  if (dbr == dbr_class_name) {
    if (count > 0) put_words(at, record_type, string_size);
    return true;
  }
  if (dbr == dbr_stsack_string) {
    set16(at, sample.alarm.status);
    set16(at + 2, static_cast<std::uint16_t>(sample.alarm.severity));
    return write_value(at + stsack_offset, PvType::string, count, sample, details);
  }
  write_metadata(at, dbr, sample, details);
  return write_value(at + value_offset(dbr), type_of(dbr), count, sample, details);
}

std::optional<PvValue> read_plain(std::uint16_t dbr, std::uint32_t count, View payload) {
  if (dbr > dbr_type(DbrClass::plain, PvType::float64)) return std::nullopt;
  const PvType type = type_of(dbr);
  switch (type) {
    case PvType::string:
      if (count == 1 && !payload.empty())  // clients send one string only as far as its NUL
        return PvValue(std::string(words_of(payload.first(std::min(payload.size(), string_size)))));
      return read_elements<std::string>(count, payload, string_size);
    case PvType::int16:
      return read_elements<std::int16_t>(count, payload, 2);
    case PvType::float32:
      return read_elements<float>(count, payload, 4);
    case PvType::choice:
      return read_elements<Choice>(count, payload, 2);
    case PvType::uint8:
      return read_elements<std::uint8_t>(count, payload, 1);
    case PvType::int32:
      return read_elements<std::int32_t>(count, payload, 4);
    case PvType::float64:
      return read_elements<double>(count, payload, 8);
  }
  return std::nullopt;
}

}  // namespace jt::ca
