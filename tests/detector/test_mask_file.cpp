// The user's own mask: text or .npy, of the shape of the raw frames.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/errors.hpp"
#include "detector/mask_file.hpp"
#include "detector/npy.hpp"
#include "support/support.hpp"

namespace {

using namespace jt;
using namespace jt::detector;
using testing::HasSubstr;

// The bytes that numpy.save writes: magic, version 1.0, header length, header padded to 64 bytes, data.
std::string npy(const std::string& dictionary, const std::string& data) {
  std::string header = dictionary;
  header.resize((10 + header.size() + 64) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header + data;
}

std::string refusal(const std::filesystem::path& file, Shape shape) {
  try {
    read_mask(file, shape);
  } catch (const SetupError& error) {
    return error.what();
  }
  return "no refusal";
}

TEST(MaskFile, text_and_npy_give_the_same_mask) {
  const test::TempDir folder;
  test::write_text(folder.path() / "mask.txt", "# my mask\n1 0 1\n0 1 1.0\n");
  test::write_text(
      folder.path() / "mask.npy",
      npy("{'descr': '|b1', 'fortran_order': False, 'shape': (2, 3), }", std::string("\1\0\1\0\1\1", 6)));
  const std::vector<std::uint8_t> wanted{1, 0, 1, 0, 1, 1};
  EXPECT_EQ(read_mask(folder.path() / "mask.txt", {1, 2, 3}), wanted);
  EXPECT_EQ(read_mask(folder.path() / "mask.npy", {1, 2, 3}), wanted);
}

TEST(MaskFile, panels_may_be_stacked_or_have_their_own_dimension) {
  const test::TempDir folder;
  test::write_text(folder.path() / "stacked", "1 1\n0 1\n1 0\n1 1\n");
  test::write_text(folder.path() / "npy",
                   npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2), }",
                       std::string("\1\7\0\1\1\0\1\1", 8)));
  const std::vector<std::uint8_t> wanted{1, 1, 0, 1, 1, 0, 1, 1};
  EXPECT_EQ(read_mask(folder.path() / "stacked", {2, 2, 2}), wanted);
  EXPECT_EQ(read_mask(folder.path() / "npy", {2, 2, 2}), wanted);
}

TEST(MaskFile, a_wrong_shape_says_both_shapes) {
  const test::TempDir folder;
  test::write_text(folder.path() / "mask", "1 1 1\n1 1 1\n");
  EXPECT_THAT(refusal(folder.path() / "mask", {1, 3, 2}),
              HasSubstr("has shape 2 x 3 (the detector's frames are 3 x 2"));
  EXPECT_THAT(refusal(folder.path() / "mask", {2, 3, 1}), HasSubstr("2 x 3 x 1"));
}

TEST(MaskFile, an_unreadable_file_says_why) {
  const test::TempDir folder;
  EXPECT_THAT(refusal(folder.path() / "none", {1, 1, 1}), HasSubstr("No such file"));
  EXPECT_THAT(refusal(folder.path(), {1, 1, 1}), HasSubstr("no regular file"));
  test::write_text(folder.path() / "words", "1 1\n1 good\n");
  EXPECT_THAT(refusal(folder.path() / "words", {1, 2, 2}), HasSubstr("line 2: 'good' is not a number"));
  test::write_text(folder.path() / "empty", "");
  EXPECT_THAT(refusal(folder.path() / "empty", {1, 2, 2}), HasSubstr("no numbers"));
}

TEST(MaskFile, npy_headers_that_lie_are_refused) {
  EXPECT_THROW(parse_npy(std::string("\x93NUMPY\x01\x00\xff\xff{}", 12)), Unreadable);
  EXPECT_THROW(parse_npy(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", "12345678")),
               Unreadable);
  EXPECT_THROW(parse_npy(npy("{'descr': '|b1', 'fortran_order': True, 'shape': (1, 1), }", "1")), Unreadable);
  EXPECT_THROW(parse_npy(npy("{'descr': '|b1', 'fortran_order': False, 'shape': (2, 2), }", "123")),
               Unreadable);
  EXPECT_THROW(
      parse_npy(npy("{'descr': '|b1', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", "1")),
      Unreadable);
  EXPECT_THROW(parse_npy(npy("{'descr': '|b1'}", "1")), Unreadable);
  EXPECT_THROW(parse_npy("\x93NUMPY"), Unreadable);
}

}  // namespace
