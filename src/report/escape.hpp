// Texts and bytes made safe for a page: names come out of files that anybody may have written.
// Used by the page and its data.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace jt::report {

// Text as HTML content or attribute value: & < > " ' become entities, control characters and bytes that are
// not UTF-8 become U+FFFD (tab and newline stay).
std::string html_escaped(std::string_view text);

// JSON that may stand inside a <script> element: no '<' is left in it (inside strings \u003c means the same).
std::string script_safe(std::string json);

// RFC 4648 section 4.
std::string base64(std::span<const std::uint8_t> bytes);

}  // namespace jt::report
