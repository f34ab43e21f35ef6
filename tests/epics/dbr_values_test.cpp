// Buffers as the C structures of the protocol lay them out, written here byte by byte.
#include "epics/dbr_values.hpp"

#include <gmock/gmock.h>

#include <cstring>

namespace jt::epics {
namespace {

struct Buffer {
  std::vector<std::byte> bytes = std::vector<std::byte>(512);
  template <class T>
  Buffer& put(std::size_t offset, T value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
    return *this;
  }
  Buffer& text(std::size_t offset, const char* words) {
    std::memcpy(bytes.data() + offset, words, std::strlen(words));
    return *this;
  }
};

Buffer time_head() {
  Buffer buffer;
  buffer.put(0, std::int16_t{6}).put(2, std::int16_t{1}).put(4, std::uint32_t{1000}).put(8, std::uint32_t{5});
  return buffer;
}

TEST(DbrValues, a_time_sample_has_its_value_where_the_structure_has_it) {
  const auto read = [](long type, Buffer buffer) {
    return read_time_sample(type, 1, buffer.bytes.data())->value;
  };
  EXPECT_EQ(read(14, time_head().text(12, "words")), PvValue("words"));
  EXPECT_EQ(read(15, time_head().put(14, std::int16_t{-5})), PvValue(std::vector<std::int16_t>{-5}));
  EXPECT_EQ(read(16, time_head().put(12, 1.5F)), PvValue(std::vector<float>{1.5F}));
  EXPECT_EQ(read(17, time_head().put(14, std::uint16_t{3})), PvValue(Choice{3}));
  EXPECT_EQ(read(18, time_head().put(15, std::uint8_t{200})), PvValue(std::vector<std::uint8_t>{200}));
  EXPECT_EQ(read(19, time_head().put(12, std::int32_t{-70000})), PvValue(std::int32_t{-70000}));
  EXPECT_EQ(read(20, time_head().put(16, 2.5)), PvValue(2.5));
}

TEST(DbrValues, alarm_and_time_are_the_servers) {
  const auto sample = read_time_sample(20, 1, time_head().bytes.data());
  EXPECT_EQ(sample->alarm, (Alarm{AlarmSeverity::minor, alarm_status::low}));
  EXPECT_EQ(sample->time, (PvTime{631153000, 5}));
  Buffer never = time_head();
  never.put(4, std::uint32_t{0}).put(8, std::uint32_t{0}).put(2, std::int16_t{99});
  EXPECT_EQ(read_time_sample(20, 1, never.bytes.data())->time, PvTime{});
  EXPECT_EQ(read_time_sample(20, 1, never.bytes.data())->alarm.severity, AlarmSeverity::invalid);
}

TEST(DbrValues, no_element_is_an_empty_value_and_other_types_are_nothing) {
  EXPECT_EQ(read_time_sample(20, 0, time_head().bytes.data())->value.count(), 0u);
  EXPECT_FALSE(read_time_sample(13, 1, time_head().bytes.data()));
  EXPECT_FALSE(read_time_sample(21, 1, time_head().bytes.data()));
  EXPECT_FALSE(read_time_sample(20, -1, time_head().bytes.data()));
  EXPECT_FALSE(read_time_sample(20, 1, nullptr));
  EXPECT_FALSE(read_details(20, time_head().bytes.data()));
}

TEST(DbrValues, more_choices_than_there_is_room_for_are_not_read) {
  Buffer buffer;
  buffer.put(4, std::int16_t{30000}).text(6, "Stop").text(6 + 26, "exactly twenty-six charact");
  const auto details = read_details(31, buffer.bytes.data());
  ASSERT_EQ(details->choices.size(), 16u);
  EXPECT_EQ(details->choices[0], "Stop");
  EXPECT_EQ(details->choices[1], "exactly twenty-six charact");
}

TEST(DbrValues, strings_are_put_as_forty_bytes_with_their_end) {
  const auto buffer = put_buffer(std::vector<std::string>{"a", std::string(39, 'b')});
  ASSERT_EQ(buffer->size(), 80u);
  EXPECT_EQ(static_cast<char>((*buffer)[0]), 'a');
  EXPECT_EQ(static_cast<char>((*buffer)[1]), '\0');
  EXPECT_EQ(static_cast<char>((*buffer)[78]), 'b');
  EXPECT_EQ(static_cast<char>((*buffer)[79]), '\0');
  EXPECT_FALSE(put_buffer(std::string(40, 'b')));
  EXPECT_FALSE(put_buffer(std::vector<double>{}));
}

}  // namespace
}  // namespace jt::epics
