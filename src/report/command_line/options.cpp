#include "report/command_line/options.h"

#include <algorithm>
#include <cstdlib>

#include "base/numbers/number.h"
#include "base/text/text.h"

namespace personalize::report {

namespace {

const Option& find_option(std::string_view name, const std::vector<Option>& options) {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [name](const Option& option) { return option.name == name; });
  if (found == options.end()) {
    throw UsageError("unknown option " + quoted(name));
  }
  return *found;
}

}  // namespace

std::vector<std::string> read_options(const std::vector<std::string>& words,
                                      const std::vector<Option>& options) {
  std::vector<std::string> others;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      others.insert(others.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      break;
    }
    if (word.size() < 2 || word[0] != '-') {
      others.push_back(word);
      continue;
    }
    const auto equals = word.find('=');
    const Option& option = find_option(word.substr(0, equals), options);
    if (option.argument.empty()) {
      if (equals != std::string::npos) {
        throw UsageError("option " + quoted(option.name) + " takes no value");
      }
      option.set({});
    } else if (equals != std::string::npos) {
      option.set(std::string_view(word).substr(equals + 1));
    } else if (i + 1 < words.size()) {
      option.set(words[++i]);
    } else {
      throw UsageError("option " + quoted(option.name) + " needs a value: " + option.argument);
    }
  }
  return others;
}

std::string help_of(const std::vector<Option>& options) {
  constexpr std::size_t indent = 34;
  std::string out;
  for (const Option& option : options) {
    std::string line = "  " + option.name;
    if (!option.argument.empty()) {
      line += " " + option.argument;
    }
    line += line.size() + 2 > indent ? "\n" + std::string(indent, ' ')
                                     : std::string(indent - line.size(), ' ');
    for (const char c : option.help) {
      line += c;
      if (c == '\n') {
        line.append(indent, ' ');
      }
    }
    out += line + "\n";
  }
  return out;
}

std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(separator));
    if (!part.empty()) {
      parts.emplace_back(part);
    }
    text.remove_prefix(std::min(text.size(), part.size() + 1));
  }
  return parts;
}

std::vector<Option> input_options(Inputs& inputs) {
  if (const char* password = std::getenv("REDISCLI_AUTH")) {
    inputs.redis.password = password;
  }
  return {
      {"--redis", "ADDRESS",
       "HOST:PORT or the path of a socket; the password comes from\n"
       "the environment variable REDISCLI_AUTH",
       [&inputs](std::string_view text) {
         try {
           const auto address = read_redis_address(text);
           inputs.redis.host = address.host;
           inputs.redis.port = address.port;
         } catch (const ReadError& error) {
           throw UsageError(error.what());
         }
       }},
      {"--redis-user", "NAME", "the user of an ACL",
       [&inputs](std::string_view text) { inputs.redis.user = text; }},
      {"--redis-db", "NUMBER", "the database, 0 by default",
       [&inputs](std::string_view text) {
         const auto number = read_integer<unsigned>(text);
         if (!number) {
           throw UsageError("invalid number " + quoted(text) + " of --redis-db");
         }
         inputs.redis.database = *number;
       }},
      {"--stream", "KEY", "reads this stream, which may be given several times",
       [&inputs](std::string_view text) { inputs.streams.emplace_back(text); }},
  };
}

}  // namespace personalize::report
