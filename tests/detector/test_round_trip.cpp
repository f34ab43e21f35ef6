// What the writers write, the readers read back: constants of every type and shape, geometries, the cache -
// and a cached entry that is stale, cut, damaged or another file's is never believed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <cmath>

#include "detector/cache.hpp"
#include "detector/geometry.hpp"
#include "detector/text_array.hpp"
#include "support/support.hpp"

namespace {

using namespace jt;
using namespace jt::detector;
namespace fs = std::filesystem;

// Any bits: subnormal, infinite and not-a-number too.
template <class T>
rc::Gen<T> any_number() {
  if constexpr (std::is_same_v<T, float>)
    return rc::gen::map(rc::gen::arbitrary<std::uint32_t>(),
                        [](auto bits) { return std::bit_cast<T>(bits); });
  else if constexpr (std::is_same_v<T, double>)
    return rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                        [](auto bits) { return std::bit_cast<T>(bits); });
  else
    return rc::gen::arbitrary<T>();
}

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  const auto equal = [](T x, T y) { return x == y || (x != x && y != y); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), equal);
}

std::size_t product(const std::vector<std::size_t>& shape) {
  std::size_t count = 1;
  for (const std::size_t dim : shape) count *= dim;
  return count;
}

// 1 to 4 dimensions of 1 to 6.
template <class T>
Array<T> any_array() {
  const auto ndim = *rc::gen::inRange<std::size_t>(1, 5);
  Array<T> array;
  for (std::size_t k = 0; k < ndim; ++k) array.shape.push_back(*rc::gen::inRange<std::size_t>(1, 7));
  // One line of numbers is 1-d when read, whatever the header says.
  if (ndim == 2 && array.shape[0] == 1) array.shape[0] = 2;
  array.values = *rc::gen::container<std::vector<T>>(product(array.shape), any_number<T>());
  return array;
}

template <class T>
class TextRoundTrip : public ::testing::Test {};
using NumberTypes = ::testing::Types<float, double, std::uint8_t, std::uint16_t, std::uint64_t>;
TYPED_TEST_SUITE(TextRoundTrip, NumberTypes, );

TYPED_TEST(TextRoundTrip, an_array_comes_back_with_its_shape_and_every_bit) {
  EXPECT_TRUE(rc::check([] {
    const auto array = any_array<TypeParam>();
    const auto back = parse_text_array<TypeParam>(format_text_array(array, "constants"));
    RC_ASSERT(back.shape == array.shape);
    RC_ASSERT(same(back.values, array.values));
  }));
}

std::string any_blanks(std::size_t fewest) {
  return *rc::gen::container<std::string>(*rc::gen::inRange<std::size_t>(fewest, fewest + 3),
                                          rc::gen::element(' ', '\t'));
}

// A data file as somebody else may have written it: other comments, blank lines, DIM counted from 0 or 1,
// line ends of another system, any blanks, signs and exponents.
std::string write_otherwise(const Array<double>& array, std::size_t row) {
  const std::string end = *rc::gen::element<std::string>("\n", "\r\n");
  const auto first = *rc::gen::inRange(0, 2);
  std::string text = "# DETECTOR somebody's" + end + "#DIM:9 9" + end;
  text += "# NDIM " + std::to_string(array.shape.size()) + end;
  for (std::size_t k = 0; k < array.shape.size(); ++k)
    text += "# DIM:" + std::to_string(k + static_cast<std::size_t>(first)) +
            std::string(*rc::gen::inRange<std::size_t>(1, 4), ' ') + std::to_string(array.shape[k]) + end;
  for (std::size_t i = 0; i < array.values.size(); ++i) {
    char word[40];
    std::snprintf(word, sizeof word, *rc::gen::element("%.17g", "%+.17g", "%.16e", "%+.16E"),
                  array.values[i]);
    text += any_blanks(i % row == 0 ? 0 : 1) + word;
    if ((i + 1) % row == 0)
      text += any_blanks(0) + end + *rc::gen::element<std::string>("", end, "# more" + end);
  }
  return text;
}

RC_GTEST_PROP(TextRoundTripOfOthers, a_file_of_another_writer_reads_the_same, ()) {
  auto array = any_array<double>();
  if (array.shape.size() < 3) array.shape.insert(array.shape.begin(), 3 - array.shape.size(), 1);
  const auto back = parse_text_array<double>(write_otherwise(array, array.shape.back()));
  RC_ASSERT(back.shape == array.shape);
  RC_ASSERT(same(back.values, array.values));
}

RC_GTEST_PROP(TextRoundTripOfOthers, numbers_far_out_of_range_are_infinite_or_zero, ()) {
  // digits, then so many zeros before or behind the point that only the exponent's sum tells.
  const auto zeros = *rc::gen::inRange<std::size_t>(0, 400);
  const auto exponent = *rc::gen::inRange(-800, 800);
  const bool fraction = *rc::gen::arbitrary<bool>();
  const std::string nought(zeros, '0');
  const std::string word = (fraction ? "-0." + nought + "7" : "-7" + nought) + "e" + std::to_string(exponent);
  const int power = exponent + (fraction ? -static_cast<int>(zeros) - 1 : static_cast<int>(zeros));
  RC_PRE(power > 310 || power < -330);
  const auto back = parse_text_array<double>(word + " 1");
  RC_ASSERT(back.values[0] == (power > 0 ? -HUGE_VAL : 0.0));
  RC_ASSERT(std::signbit(back.values[0]));
}

rc::Gen<std::string> any_name() {
  return rc::gen::nonEmpty(
      rc::gen::resize(12, rc::gen::container<std::string>(rc::gen::oneOf(
                              rc::gen::inRange('A', '['), rc::gen::inRange('0', ';'), rc::gen::just('_')))));
}

double any_length() {
  return *rc::gen::inRange(-1'000'000'000, 1'000'000'001) / *rc::gen::element(1.0, 3.0, 1e7);
}

GeometryLine any_line() {
  GeometryLine line;
  line.parent = *any_name();
  line.parent_index = *rc::gen::arbitrary<int>();
  line.object = *any_name();
  line.object_index = *rc::gen::arbitrary<int>();
  for (double* number : {&line.x, &line.y, &line.z, &line.rot_z, &line.rot_y, &line.rot_x, &line.tilt_z,
                         &line.tilt_y, &line.tilt_x})
    *number = any_length();
  if (line.parent.starts_with("IP")) line.z = -std::abs(line.z);  // against the beam, as the reader makes it
  return line;
}

bool same(const GeometryLine& a, const GeometryLine& b) {
  return a.parent == b.parent && a.parent_index == b.parent_index && a.object == b.object &&
         a.object_index == b.object_index && a.x == b.x && a.y == b.y && a.z == b.z && a.rot_z == b.rot_z &&
         a.rot_y == b.rot_y && a.rot_x == b.rot_x && a.tilt_z == b.tilt_z && a.tilt_y == b.tilt_y &&
         a.tilt_x == b.tilt_x;
}

RC_GTEST_PROP(GeometryRoundTrip, every_line_comes_back_as_it_was, ()) {
  std::vector<GeometryLine> lines;
  for (auto left = *rc::gen::inRange(1, 12); left > 0; --left) lines.push_back(any_line());
  const auto back = parse_geometry(format_geometry(lines, "a geometry"));
  RC_ASSERT(back.size() == lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    RC_ASSERT(same(back[i], lines[i]));
    RC_ASSERT(back[i].line == static_cast<int>(i) + 3);  // behind two comments
  }
}

// A cache folder and the identity of a text file that nobody needs to have.
struct CacheWorld {
  test::TempDir folder;
  FileIdentity file{"/calib/some detector/pedestals/1-end.data", 1234, 1'600'000'000'000'000'000,
                    1'600'000'000'000'000'007};
  [[nodiscard]] fs::path entry() const { return fs::directory_iterator(folder.path())->path(); }
};

// Any change of a path, size or time.
FileIdentity changed(FileIdentity file) {
  const auto amount = *rc::gen::nonZero<std::int32_t>();
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      file.size += static_cast<std::uint64_t>(std::int64_t{amount});
      return file;
    case 1:
      file.modified_ns += amount;
      return file;
    case 2:
      file.changed_ns += amount;
      return file;
    default:
      file.path = "/calib/some detector/pedestals/" + std::to_string(*rc::gen::inRange(2, 10)) + "-end.data";
      return file;
  }
}

template <class T>
void check_cache() {
  const CacheWorld world;
  const fs::path& cache = world.folder.path();
  const auto array = any_array<T>();
  write_cached(cache, world.file, array);
  const fs::path entry = world.entry();
  const std::string whole = test::read_text(entry);

  const auto back = read_cached<T>(cache, world.file);
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->shape == array.shape);
  RC_ASSERT(std::memcmp(back->values.data(), array.values.data(), array.values.size() * sizeof(T)) == 0);

  RC_ASSERT(!read_cached<T>(cache, changed(world.file)));

  const auto believed = [&](const std::string& bytes) {
    test::write_text(entry, bytes);
    return read_cached<T>(cache, world.file).has_value();
  };
  RC_ASSERT(!believed(whole.substr(0, *rc::gen::inRange<std::size_t>(0, whole.size()))));
  RC_ASSERT(!believed(whole + *rc::gen::nonEmpty<std::string>()));
  std::string damaged = whole;
  for (auto times = *rc::gen::inRange(1, 4); times > 0; --times) {
    char& at =
        damaged[damaged.size() - 1 - *rc::gen::inRange<std::size_t>(0, array.values.size() * sizeof(T))];
    at = static_cast<char>(at + 1);  // never back to what it was within so few times
  }
  RC_ASSERT(!believed(damaged));
  RC_ASSERT(believed(whole));
}

RC_GTEST_PROP(CacheRoundTrip, an_entry_comes_back_and_a_stale_cut_or_damaged_one_is_never_believed, ()) {
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      return check_cache<float>();
    case 1:
      return check_cache<double>();
    case 2:
      return check_cache<std::uint8_t>();
    case 3:
      return check_cache<std::uint16_t>();
    default:
      return check_cache<std::uint64_t>();
  }
}

TEST(CacheRoundTripOfOthers, the_entry_of_another_file_in_its_place_is_not_believed) {
  const CacheWorld world, elsewhere;
  const Array<float> array{{3}, {1, 2, 3}};
  write_cached(world.folder.path(), world.file, array);
  FileIdentity other = world.file;
  other.path = "/calib/some detector/pedestals/2-end.data";
  write_cached(elsewhere.folder.path(), other, array);
  ASSERT_TRUE(read_cached<float>(elsewhere.folder.path(), other));
  fs::copy_file(world.entry(), elsewhere.entry(), fs::copy_options::overwrite_existing);
  EXPECT_FALSE(read_cached<float>(elsewhere.folder.path(), other));
}

}  // namespace
