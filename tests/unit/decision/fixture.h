// Facts and declarations for tests of the decision, written down as text.
#pragma once

#include <map>
#include <memory_resource>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/values/json/json.h"
#include "base/values/member.h"
#include "personalize/base/document.h"
#include "personalize/decision/decision.h"
#include "personalize/sources/sources.h"

namespace fixture {

// Any text as a value: JSON, else missing. The bytes live as long as this object.
class Json {
 public:
  explicit Json(std::string_view json) {
    personalize::DocumentBuilder builder(std::pmr::new_delete_resource());
    if (!json.empty()) {
      if (!personalize::decode_json(json, builder)) {
        throw std::invalid_argument("not JSON: " + std::string(json));
      }
      bytes_ = builder.finish();
    }
  }
  personalize::Value value() const { return personalize::Value::document(bytes_); }
  std::string_view bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Attributes by their spelling. Of a source, the whole document stands under its name, and paths
// are followed into it.
class Facts final : public personalize::Facts {
 public:
  explicit Facts(const personalize::AttributeTable& attributes) : attributes_(attributes) {}

  void set(const std::string& spelling, std::string_view json) {
    values_.erase(spelling);
    values_.emplace(spelling, Json(json));
  }

  personalize::Value get(personalize::AttributeId id) noexcept override {
    ++asked;
    const auto& attribute = attributes_[id];
    if (attribute.root == personalize::Root::value && decision != nullptr) {
      return decision->value(attribute.index);
    }
    const bool source = attribute.root == personalize::Root::source;
    const auto found = values_.find(source ? attribute.name : attribute.spelling);
    if (found == values_.end()) {
      return {};
    }
    return personalize::find_place(found->second.value(), attribute.path);
  }

  unsigned asked = 0;
  personalize::Decision* decision = nullptr;  // that knows value.*

 private:
  const personalize::AttributeTable& attributes_;
  std::map<std::string, Json> values_;
};

// Reads statements as NGINX would: words, quotes, `;` and blocks. `#` comments are not needed.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<personalize::Statement> statements() {
    std::vector<personalize::Statement> result;
    personalize::Statement statement;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        ++line_;
      }
      if (c == ' ' || c == '\n') {
        ++at_;
      } else if (c == ';') {
        ++at_;
        result.push_back(std::move(statement));
        statement = {};
      } else if (c == '{') {
        ++at_;
        statement.block = statements();
        result.push_back(std::move(statement));
        statement = {};
      } else if (c == '}') {
        ++at_;
        break;
      } else {
        statement.where = {"test.conf", line_};
        statement.words.push_back(word());
      }
    }
    return result;
  }

 private:
  std::string word() {
    if (text_[at_] == '\'' || text_[at_] == '"') {
      const auto end = text_.find(text_[at_], at_ + 1);
      std::string quoted(text_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
      return quoted;
    }
    auto end = std::min(text_.find_first_of(" ;\n{", at_), text_.size());
    while (end < text_.size() && text_[end] == '{' && text_[end - 1] == '$') {
      end = std::min(text_.find_first_of(" ;\n{", end + 1), text_.size());
    }
    std::string bare(text_.substr(at_, end - at_));
    at_ = end;
    return bare;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned line_ = 1;
};

inline personalize::Declaration declare(std::string name, std::string_view text) {
  return {{"test.conf", 1}, std::move(name), Reader(text).statements()};
}

// A server with the sources "profile" and "weather", its segments and campaigns.
class Server {
 public:
  Server(const std::vector<personalize::Declaration>& segments,
         const std::vector<personalize::Declaration>& campaigns,
         const personalize::ExperimentText& experiments = {},
         const std::vector<personalize::Declaration>& values = {}) {
    attributes.declare_source("profile", {});
    attributes.declare_source("weather", {});
    attributes.declare_hidden_source(personalize::kept_offers_name, {});
    for (const auto& segment : segments) {
      attributes.declare_segment(segment.name, segment.where);
    }
    for (const auto& value : values) {
      attributes.declare_value(value.name, value.where);
    }
    personalize::declare_experiments(experiments, attributes);
    program =
        std::make_unique<personalize::Program>(attributes, segments, campaigns, experiments,
                                               std::vector<personalize::Declaration>(), values);
  }

  personalize::AttributeTable attributes;
  std::unique_ptr<personalize::Program> program;
  Facts facts{attributes};
};

// Whether a segment with these lines holds, of a visitor with this profile, at noon (UTC) of
// 2026-11-20.
inline bool holds(std::string_view lines, std::string_view profile) {
  Server server({declare("tested", lines)}, {});
  server.facts.set("profile", profile);
  server.facts.set("time.now", "1795176000");
  personalize::Decision decision(*server.program, server.facts, std::pmr::new_delete_resource());
  return decision.segment(0);
}

// The message of the ConfigError that a segment with these lines makes; "" where it makes none.
inline std::string error_of(std::string_view lines) {
  try {
    Server server({declare("tested", lines)}, {});
    return "";
  } catch (const personalize::ConfigError& error) {
    return error.what();
  }
}

}  // namespace fixture
