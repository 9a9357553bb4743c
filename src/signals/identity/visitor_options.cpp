// The parameters of personalize_visitor, and the file of its keys.
#include <sys/stat.h>
#include <unistd.h>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>

#include "base/numbers/units.h"
#include "base/text/ascii.h"
#include "base/text/parameters.h"
#include "base/text/text.h"
#include "personalize/signals/own_cookies.h"
#include "personalize/signals/preview.h"
#include "personalize/signals/visitor.h"
#include "personalize/signals/visitor_state.h"

namespace personalize {

namespace {

constexpr std::size_t min_key = 32;  // bytes: as many as the digest has
constexpr std::size_t max_secret_file = std::size_t{64} * 1024;

std::string error_text(int error) {
  return std::strerror(error);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) {
      close(fd_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string read_file(int fd, const std::string& path, const Where& where) {
  std::string text(max_secret_file + 1, '\0');
  std::size_t length = 0;
  while (length < text.size()) {
    const auto n = read(fd, &text[length], text.size() - length);
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      const int error = errno;
      throw ConfigError(where,
                        "cannot read secret_file " + quoted(path) + ": " + error_text(error));
    }
    if (n == 0) {
      text.resize(length);
      return text;
    }
    length += static_cast<std::size_t>(n);
  }
  throw ConfigError(where, "secret_file " + quoted(path) + " is larger than " +
                               std::to_string(max_secret_file) +
                               " bytes: it holds one key a line, as `openssl rand -hex 32` makes");
}

// A cookie's name is a token (RFC 9110 section 5.6.2).
bool is_token(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) {
    return ascii::is_letter(c) || ascii::is_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_domain(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) {
    return ascii::is_letter(c) || ascii::is_digit(c) || c == '-' || c == '.';
  });
}

// Reads a time in whole seconds, up to what browsers take for Max-Age.
std::optional<std::int64_t> parse_seconds(std::string_view text) {
  constexpr std::int64_t second_ms = 1000;
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  const auto ms = parse_time(text);
  return ms && *ms % second_ms == 0 && *ms / second_ms <= most ? std::optional(*ms / second_ms)
                                                               : std::nullopt;
}

std::string parse_same_site(std::string_view value, const Where& where) {
  for (const std::string_view known : {"Lax", "Strict", "None"}) {
    if (ascii::equal_ignoring_case(value, known)) {
      return std::string(known);
    }
  }
  throw ConfigError(where, "samesite=" + std::string(value) + " is not one of lax, strict, none");
}

bool parse_flag(std::string_view name, std::string_view value, const Where& where) {
  if (value != "on" && value != "off") {
    throw ConfigError(where, std::string(name) + "=" + std::string(value) + " must be on or off");
  }
  return value == "on";
}

}  // namespace

SecretFile read_secret_file(const std::string& path, const Where& where) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status = {};
  if (file.get() < 0 || fstat(file.get(), &status) != 0) {
    const int error = errno;
    throw ConfigError(
        where,
        "cannot open secret_file " + quoted(path) + ": " + error_text(error) +
            (error == ENOENT ? "; make it with: (umask 077; openssl rand -hex 32 > " + path + ")"
                             : ""));
  }

  SecretFile result;
  result.readable_by_others = (status.st_mode & S_IROTH) != 0;
  const std::string text = read_file(file.get(), path, where);
  std::string_view rest = text;
  for (unsigned line = 1; !rest.empty(); line++) {
    auto key = ascii::take_until(rest, '\n');
    if (!key.empty() && key.back() == '\r') {
      key.remove_suffix(1);
    }
    key = ascii::trim(key);
    if (key.empty() || key.front() == '#') {
      continue;
    }
    if (key.size() < min_key) {
      throw ConfigError(where, "the key on line " + std::to_string(line) + " of secret_file " +
                                   quoted(path) + " has " + std::to_string(key.size()) +
                                   " bytes where at least " + std::to_string(min_key) +
                                   " are needed: make one with `openssl rand -hex 32`");
    }
    result.keys.emplace_back(key);
  }
  if (result.keys.empty()) {
    throw ConfigError(where, "secret_file " + quoted(path) +
                                 " holds no key: make one with `openssl rand -hex 32`");
  }
  return result;
}

VisitorOptions parse_visitor(const std::vector<std::string_view>& parameters, const Where& where) {
  VisitorOptions options;
  refuse_duplicates("personalize_visitor", parameters, where);
  for (const auto parameter : parameters) {
    auto value = parameter;
    const auto name = ascii::take_until(value, '=');
    if (value.empty()) {
      throw ConfigError(where, "parameter " + quoted(parameter) +
                                   " of personalize_visitor needs a value: NAME=VALUE");
    }
    if (name == "cookie") {
      options.cookie = value;
    } else if (name == "issue") {
      options.issue = parse_flag(name, value, where);
    } else if (name == "secret_file") {
      options.secret_file = value;
    } else if (name == "domain") {
      options.domain = value;
    } else if (name == "max_age") {
      const auto seconds = parse_seconds(value);
      if (!seconds) {
        throw ConfigError(where, "max_age=" + std::string(value) +
                                     " is not a time: write 365d, 12h, 1800s, or 0 for a cookie "
                                     "that ends with the browser");
      }
      options.max_age_s = *seconds;
    } else if (name == "samesite") {
      options.same_site = parse_same_site(value, where);
    } else if (name == "secure") {
      options.secure = parse_flag(name, value, where);
    } else if (name == "httponly") {
      options.http_only = parse_flag(name, value, where);
    } else if (name == "id_marks") {
      if (value.find_first_not_of(signable_id_marks) != std::string_view::npos) {
        throw ConfigError(where, "invalid value " + quoted(parameter) +
                                     ": ids can contain any of " + std::string(signable_id_marks) +
                                     " beside letters, digits " + "and -._@+=/");
      }
      options.id_marks = value;
    } else {
      throw ConfigError(where, "unknown parameter " + quoted(parameter) +
                                   " of personalize_visitor; the parameters are cookie=, issue=, "
                                   "secret_file=, domain=, max_age=, samesite=, secure=, "
                                   "httponly=, id_marks=, or one variable");
    }
  }

  if (options.cookie.empty()) {
    throw ConfigError(where, "personalize_visitor needs cookie=NAME, or a variable");
  }
  if (!is_token(options.cookie)) {
    throw ConfigError(where, "cookie name " + quoted(options.cookie) +
                                 " must be made of letters, digits and any of !#$%&'*+-.^_`|~");
  }
  if (is_one_of(options.cookie, own_cookies)) {
    throw ConfigError(where, "cookie=" + options.cookie +
                                 " is a cookie that the module keeps for something else: choose "
                                 "another name, such as cookie=vid");
  }
  if (!options.domain.empty() && !is_domain(options.domain)) {
    throw ConfigError(where, "domain=" + options.domain + " is not a host name");
  }
  if (ascii::starts_with(options.cookie, "__Host-") && !options.domain.empty()) {
    throw ConfigError(where,
                      "browsers refuse a cookie called __Host-… that has a domain: leave out "
                      "domain=, or call it __Secure-…");
  }
  if (has_secure_prefix(options.cookie) && options.secure == false) {
    throw ConfigError(
        where,
        "browsers refuse a cookie called __Host-… or __Secure-… without Secure: leave "
        "out secure=off");
  }
  return options;
}

}  // namespace personalize
