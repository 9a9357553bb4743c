#include "nginx/lint/nginx_conf/configuration_text.h"

#include <glob.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

#include "nginx/platform/memory.h"

namespace personalize {

namespace {

constexpr int deepest_include = 32;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool ends_with(std::string_view s, std::string_view end) {
  return s.size() >= end.size() && s.substr(s.size() - end.size()) == end;
}

// Reads one file by the rules of ngx_conf_read_token().
class FileReader {
 public:
  // `name` and `text` are among `texts`, where words are kept that the text does not have as such.
  FileReader(const std::string& name, std::string_view text, std::deque<std::string>& texts)
      : name_(name), text_(text), texts_(texts) {}

  // Adds the directives of the file. Returns false if they are not certain.
  bool read(std::vector<TextDirective>& directives) {
    return read_block(directives, 0) && at_ == text_.size();
  }

 private:
  static constexpr int deepest_block = 64;

  // Until the `}` of the block, or, at depth 0, the end of the file.
  bool read_block(std::vector<TextDirective>& directives, int depth) {
    if (depth > deepest_block) {
      return false;
    }
    TextDirective directive;
    for (;;) {
      skip_space();
      if (at_ == text_.size()) {
        return depth == 0 && directive.words.empty();
      }
      switch (text_[at_]) {
        case '#':
          at_ = std::min(text_.find('\n', at_), text_.size());
          break;
        case ';':
          ++at_;
          if (directive.words.empty()) {
            return false;
          }
          directives.push_back(std::move(directive));
          directive = {};
          break;
        case '{':
          ++at_;
          if (directive.words.empty() || !read_inside(directive, depth)) {
            return false;
          }
          directives.push_back(std::move(directive));
          directive = {};
          break;
        case '}':
          ++at_;
          return depth > 0 && directive.words.empty();
        default:
          if (directive.words.empty()) {
            directive.file = &name_;
            directive.line = line_;
          }
          if (!read_word(directive.words.emplace_back())) {
            return false;
          }
      }
    }
  }

  bool read_inside(TextDirective& directive, int depth) {
    return ends_with(directive.words.front(), "_by_lua_block")
               ? skip_foreign_block()
               : read_block(directive.block, depth + 1);
  }

  bool read_word(std::string_view& word) {
    const char quote = text_[at_];
    return quote == '"' || quote == '\'' ? read_quoted(word, quote) : read_bare(word);
  }

  bool read_quoted(std::string_view& word, char quote) {
    const auto begin = ++at_;
    bool is_escaped = false;
    for (; at_ < text_.size() && text_[at_] != quote; next()) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        is_escaped = true;
        next();
      }
    }
    word = text_.substr(begin, at_ - begin);
    if (is_escaped) {
      word = unescaped(word);
    }
    return at_ < text_.size() && text_[at_++] == quote;
  }

  std::string_view unescaped(std::string_view quoted) {
    std::string& word = texts_.emplace_back();
    for (std::size_t i = 0; i < quoted.size(); ++i) {
      i += quoted[i] == '\\' && i + 1 < quoted.size() ? 1 : 0;
      word += quoted[i];
    }
    return word;
  }

  // A brace that follows `$` does not begin a block.
  bool read_bare(std::string_view& word) {
    const auto begin = at_;
    bool variable = false;
    for (; at_ < text_.size(); next()) {
      const char c = text_[at_];
      if (is_space(c) || c == ';' || (c == '{' && !variable)) {
        break;
      }
      variable = c == '$';
      if (c == '\\' && at_ + 1 < text_.size()) {
        next();
      }
    }
    word = text_.substr(begin, at_ - begin);
    return true;
  }

  bool skip_foreign_block() {
    int open = 1;
    for (; at_ < text_.size(); next()) {
      open += text_[at_] == '{' ? 1 : 0;
      open -= text_[at_] == '}' ? 1 : 0;
      if (open == 0) {
        ++at_;
        return true;
      }
    }
    return false;
  }

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) {
      next();
    }
  }

  void next() {
    line_ += text_[at_] == '\n' ? 1 : 0;
    ++at_;
  }

  const std::string& name_;
  std::string_view text_;
  std::deque<std::string>& texts_;
  std::size_t at_ = 0;
  unsigned line_ = 1;
};

class ConfigurationReader {
 public:
  ConfigurationReader(ngx_conf_t* cf, std::deque<std::string>& texts) : cf_(cf), texts_(texts) {}

  bool read_file(const std::string& path, std::vector<TextDirective>& directives, int depth) {
    if (depth > deepest_include) {
      return false;
    }
    const std::string& name = texts_.emplace_back(path);
    std::string& text = texts_.emplace_back();
    std::vector<TextDirective> own;
    return read_bytes(name, text) && FileReader(name, text, texts_).read(own) &&
           include(std::move(own), directives, depth);
  }

 private:
  static bool read_bytes(const std::string& path, std::string& text) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (error) {
      return false;
    }
    text.resize(size);
    std::ifstream stream(path, std::ios::binary);
    return !stream.read(text.data(), static_cast<std::streamsize>(size)).fail();
  }

  // Moves `from` to `to`, with what is included in the place of `include`.
  bool include(std::vector<TextDirective> from, std::vector<TextDirective>& to, int depth) {
    if (to.empty() && !includes(from)) {
      to = std::move(from);
      return true;
    }
    for (TextDirective& directive : from) {
      if (is_include(directive)) {
        if (!include_files(std::string(directive.words[1]), to, depth)) {
          return false;
        }
        continue;
      }
      std::vector<TextDirective> block;
      if (!include(std::move(directive.block), block, depth)) {
        return false;
      }
      directive.block = std::move(block);
      to.push_back(std::move(directive));
    }
    return true;
  }

  static bool is_include(const TextDirective& directive) {
    return directive.words.size() == 2 && directive.words.front() == "include";
  }

  static bool includes(const std::vector<TextDirective>& block) {
    return std::any_of(block.begin(), block.end(), [](const TextDirective& directive) {
      return is_include(directive) || includes(directive.block);
    });
  }

  bool include_files(const std::string& pattern, std::vector<TextDirective>& to, int depth) {
    ngx_str_t name = ngx_view(copy_to_pool(cf_->temp_pool, pattern + '\0'));
    --name.len;
    if (ngx_conf_full_name(cf_->cycle, &name, 1) != NGX_OK) {
      return false;
    }
    if (pattern.find_first_of("*?[") == std::string::npos) {
      return read_file(std::string(view(name)), to, depth + 1);
    }
    glob_t found{};
    const int error = glob(std::string(view(name)).c_str(), 0, nullptr, &found);
    bool read = error == 0 || error == GLOB_NOMATCH;
    for (std::size_t i = 0; read && i < found.gl_pathc; ++i) {
      read = read_file(found.gl_pathv[i], to, depth + 1);
    }
    globfree(&found);
    return read;
  }

  ngx_conf_t* cf_;
  std::deque<std::string>& texts_;
};

}  // namespace

ConfigurationText read_configuration_text(ngx_conf_t* cf) {
  ConfigurationText text;
  if (!ConfigurationReader(cf, text.texts)
           .read_file(std::string(view(cf->cycle->conf_file)), text.directives, 0)) {
    text.directives.clear();
  }
  return text;
}

std::vector<std::string> variables_in(std::string_view word) {
  std::vector<std::string> names;
  for (std::size_t at = word.find('$'); at != std::string_view::npos; at = word.find('$', at)) {
    ++at;
    if (at < word.size() && word[at] == '{') {
      ++at;
    }
    std::string name;
    for (; at < word.size(); ++at) {
      const auto c = static_cast<unsigned char>(word[at]);
      if (std::isalnum(c) == 0 && c != '_') {
        break;
      }
      name += static_cast<char>(std::tolower(c));
    }
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace personalize
