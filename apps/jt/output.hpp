// Standard output and standard error: results on one, words on the other, and a full disk noticed.
// Used by every subcommand.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace jt::app {

// Writes to standard output. Throws SetupError when it cannot (disk full); a reader that has gone away (a
// closed pipe, as `| head` leaves it) ends the program quietly by SIGPIPE before.
void print(std::string_view text);

// One JSON value on one line. Bytes that are no UTF-8 (names from data files) are replaced; NaN is null.
void print_json(const nlohmann::ordered_json& json);
std::string json_line(const nlohmann::ordered_json& json);

// Flushes standard output and checks that all of it arrived.
void finish_output();

bool error_output_is_terminal();

}  // namespace jt::app
