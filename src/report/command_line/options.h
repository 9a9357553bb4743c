// Options of the command line: each command has a table of them, from which they are read and
// --help is printed.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "personalize/report/reading.h"

namespace personalize::report {

// The command line is wrong. The message says how.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Option {
  std::string name;                           // "--since"
  std::string argument;                       // "TIME"; "" if it takes none
  std::string help;                           // one line or several, with \n between them
  std::function<void(std::string_view)> set;  // throws UsageError
};

// Reads `--name VALUE` and `--name=VALUE`; returns the other words. Everything after `--` is one of
// them. Throws UsageError.
std::vector<std::string> read_options(const std::vector<std::string>& words,
                                      const std::vector<Option>& options);

// Returns the options as a table for people.
std::string help_of(const std::vector<Option>& options);

// Returns the parts of "a,b,c", without empty ones.
std::vector<std::string> split_list(std::string_view text, char separator = ',');

// The options that say where events are read: --redis, --stream, --redis-user, --redis-db. Set
// `inputs`, which must outlive them.
std::vector<Option> input_options(Inputs& inputs);

}  // namespace personalize::report
