#include "base/expressions/filter_words.h"

#include "base/text/ascii.h"

namespace personalize {

namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::vector<FilterWords> read() {
    std::vector<FilterWords> filters;
    skip_blanks();
    while (!rest_.empty()) {
      if (rest_.front() != '|') {
        throw FilterError("expected '|' before \"" + std::string(rest_) + "\"");
      }
      rest_.remove_prefix(1);
      skip_blanks();
      FilterWords filter;
      filter.name = word();
      if (!filter.name.empty() && filter.name.back() == ':') {
        filter.name.remove_suffix(1);
      }
      filter.arguments = read_arguments();
      filters.push_back(std::move(filter));
    }
    return filters;
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && ascii::is_html_space(rest_.front())) {
      rest_.remove_prefix(1);
    }
  }

  bool at_quote() const {
    return !rest_.empty() && (rest_.front() == '"' || rest_.front() == '\'');
  }

  std::string_view word() {
    std::size_t n = 0;
    while (n < rest_.size() && !ascii::is_html_space(rest_[n]) && rest_[n] != '|' &&
           rest_[n] != '=' && rest_[n] != '"' && rest_[n] != '\'') {
      ++n;
    }
    const auto text = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return text;
  }

  std::string_view quoted() {
    const auto end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos) {
      throw FilterError("a quote is not closed: " + std::string(rest_));
    }
    const auto text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return text;
  }

  std::vector<FilterArgument> read_arguments() {
    std::vector<FilterArgument> arguments;
    for (skip_blanks(); !rest_.empty() && rest_.front() != '|'; skip_blanks()) {
      FilterArgument argument;
      argument.is_quoted = at_quote();
      if (argument.is_quoted) {
        argument.text = quoted();
      } else {
        argument.text = word();
        if (!rest_.empty() && rest_.front() == '=') {
          rest_.remove_prefix(1);
          argument.key = argument.text;
          argument.text = at_quote() ? quoted() : word();
        } else if (argument.text.empty()) {
          throw FilterError("unexpected " + std::string(rest_));
        }
      }
      arguments.push_back(argument);
    }
    return arguments;
  }

  std::string_view rest_;
};

}  // namespace

std::vector<FilterWords> split_filters(std::string_view text) {
  return Reader(text).read();
}

std::size_t find_outside_quotes(std::string_view text, char end) {
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote != 0) {
      quote = text[i] == quote ? '\0' : quote;
    } else if (text[i] == end) {
      return i;
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    }
  }
  return std::string_view::npos;
}

}  // namespace personalize
