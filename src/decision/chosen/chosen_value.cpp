#include "decision/chosen/chosen_value.h"

#include <algorithm>
#include <new>

#include "base/numbers/number.h"
#include "base/text/text.h"
#include "base/values/exact_number.h"
#include "decision/notations/when_compiler.h"

namespace personalize::decision {

namespace {

bool begins_condition(const std::string& word) {
  return word == "when" || word == "unless";
}

std::string text_of(const std::vector<std::string>& words) {
  return list_names(words, " ");
}

// Returns what a constant is: a number where it is written as numbers are, else a text.
Value constant_of(std::string_view text) {
  if (text == "true" || text == "false") {
    return Value::boolean(text == "true");
  }
  const Value number = exact_number(text);
  NumberBuffer buffer;
  return !number.is_missing() && number_text(number, buffer) == text ? number : Value::string(text);
}

class ValueCompiler {
 public:
  ValueCompiler(const Declaration& declaration, const Json::Value* saved_groups,
                Conditions& conditions, AttributeTable& attributes, Dependencies& dependencies)
      : declaration_(declaration),
        when_(conditions, attributes, dependencies, saved_groups),
        conditions_(conditions),
        attributes_(attributes),
        dependencies_(dependencies) {}

  ChosenValue compile() {
    ChosenValue value;
    value.name = declaration_.name;
    value.where = declaration_.where;
    std::optional<ChosenValue::Line> otherwise;
    for (const auto& statement : declaration_.statements) {
      if (statement.words[0] != "default") {
        value.lines.push_back(line(statement));
        continue;
      }
      if (otherwise) {
        throw ConfigError(statement.where, "\"default\" is duplicate: keep one of them");
      }
      if (statement.words.size() != 2) {
        throw ConfigError(statement.where,
                          "\"default\" takes one value, for whom no other line is: write for "
                          "example \"default 5\"");
      }
      otherwise = result(statement, statement.words[1]);
      otherwise->root = conditions_.next();
      conditions_.constant(true);
    }
    if (otherwise) {
      value.lines.push_back(std::move(*otherwise));
    }
    if (value.lines.empty()) {
      throw ConfigError(declaration_.where,
                        "value " + quoted(declaration_.name) +
                            " is empty: write lines such as \"15 when profile.pltv >= 5000\" and "
                            "\"default 5\" into it");
    }
    return value;
  }

 private:
  ChosenValue::Line line(const Statement& statement) {
    const auto& words = statement.words;
    if (words.size() < 3 || !begins_condition(words[1])) {
      throw ConfigError(statement.where,
                        quoted(text_of(words)) +
                            " is no line of a value: write \"VALUE when ATTRIBUTE OPERATOR "
                            "…\", or \"default VALUE\"");
    }
    auto line = result(statement, words[0]);
    line.root = conditions_.open(Node());
    for (auto word = words.begin() + 1; word != words.end();) {
      const auto end = std::find_if(word + 1, words.end(), begins_condition);
      when_.compile({statement.where, {word, end}, {}});
      word = end;
    }
    conditions_.close(line.root);
    return line;
  }

  ChosenValue::Line result(const Statement& statement, const std::string& word) {
    ChosenValue::Line line;
    line.where = statement.where;
    line.text = text_of(statement.words);
    if (word.find("${") == std::string::npos) {
      line.constant = constant_of(conditions_.keep(word));
      return line;
    }
    const std::string_view inside = std::string_view(word).substr(2);
    if (word.substr(0, 2) != "${" || find_end_of_expression(inside) != inside.size() - 1) {
      throw ConfigError(statement.where,
                        quoted(word) +
                            " is neither a constant nor one attribute: write \"${ATTRIBUTE}\", "
                            "which may have filters, as in \"${cart.total | times 0.9}\"");
    }
    line.expression.emplace(inside.substr(0, inside.size() - 1), attributes_, statement.where);
    for (const AttributeId id : line.expression->attributes()) {
      dependencies_.add(attributes_[id]);
    }
    return line;
  }

  const Declaration& declaration_;
  WhenCompiler when_;
  Conditions& conditions_;
  AttributeTable& attributes_;
  Dependencies& dependencies_;
};

}  // namespace

const ChosenValue::Line* ChosenValue::choose(Evaluator& conditions) const noexcept {
  const auto found = std::find_if(lines.begin(), lines.end(),
                                  [&](const Line& line) { return conditions.holds(line.root); });
  return found == lines.end() ? nullptr : &*found;
}

Value value_of(const ChosenValue::Line& line, Facts& facts,
               std::pmr::memory_resource* memory) noexcept {
  if (!line.expression) {
    return line.constant;
  }
  try {
    return line.expression->value(facts, memory);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

ChosenValue compile_value(const Declaration& declaration, const Json::Value* saved_groups,
                          Conditions& conditions, AttributeTable& attributes,
                          Dependencies& dependencies) {
  return ValueCompiler(declaration, saved_groups, conditions, attributes, dependencies).compile();
}

}  // namespace personalize::decision
