#include "core/sha256.hpp"

#include <gtest/gtest.h>

namespace {

// The examples of FIPS 180-4 and NIST's SHAVS long message of a million 'a'.
TEST(sha256, the_published_examples_have_their_published_digests) {
  EXPECT_EQ(jt::hex(jt::sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(jt::hex(jt::sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(jt::hex(jt::sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(jt::hex(jt::sha256(std::string(1000000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

}  // namespace
