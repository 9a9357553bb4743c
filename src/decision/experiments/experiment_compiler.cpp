#include "decision/experiments/experiment_compiler.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "base/numbers/number.h"
#include "base/numbers/units.h"
#include "base/text/text.h"
#include "decision/experiments/variants.h"
#include "decision/notations/when_compiler.h"

namespace personalize::decision {

namespace {

[[noreturn]] void fail(const Statement& statement, const std::string& message) {
  throw ConfigError(statement.where, message);
}

}  // namespace

// Reads the statements of one block into an experiment.
class ExperimentCompiler::Block {
 public:
  Block(ExperimentCompiler& compiler, const Declaration& declaration, Dependencies& dependencies)
      : conditions_(compiler.conditions_),
        attributes_(compiler.attributes_),
        holdouts_(compiler.holdouts_),
        declaration_(declaration),
        dependencies_(dependencies),
        when_(conditions_, attributes_, dependencies, compiler.saved_groups_) {
    made_.key = declaration.name;
    made_.seed = declaration.name;
    made_.hash_version = 2;
  }

  Experiment experiment() {
    const Statement& line = variants_line(declaration_);
    const Variants variants = read_variants(line);
    add_variants(variants.names);
    read(true);
    if (ranges_.empty()) {
      made_.ranges = bucket_ranges(static_cast<int>(variants.names.size()), coverage_.value_or(1),
                                   read_shares(line, variants));
    } else {
      if (variants.have_weights() || coverage_) {
        fail(line, "ranges take the place of weights and coverage: keep either in experiment " +
                       quoted(declaration_.name));
      }
      made_.ranges = ranges_;
    }
    if (made_.allocated) {
      finish_allocation(line, variants);
    }
    if (made_.filters && made_.space) {
      throw ConfigError(declaration_.where, "experiment " + quoted(declaration_.name) +
                                                " has a namespace and filters, of which only the "
                                                "filters would count: keep one of them");
    }
    return std::move(made_);
  }

  Experiment holdout() {
    add_variants({std::string(held_out), std::string(not_held_out)});
    read(false);
    if (!coverage_) {
      throw ConfigError(declaration_.where, "holdout " + quoted(declaration_.name) +
                                                " lacks its share of visitors: write for example "
                                                "\"coverage 5%;\" into it");
    }
    made_.ranges = {{0, *coverage_}, {*coverage_, 1}};
    return std::move(made_);
  }

 private:
  void add_variants(const std::vector<std::string>& names) {
    for (const auto& name : names) {
      Variation variation;
      variation.key = name;
      variation.has_key = true;
      made_.variations.push_back(variation);
    }
  }

  void read(bool is_experiment) {
    // Conditions come last: the nodes of a group must follow each other.
    std::vector<const Statement*> targeting;
    std::vector<const Statement*> held;
    for (const auto& statement : declaration_.statements) {
      const std::string& word = statement.words.at(0);
      if (WhenCompiler::knows(statement) || (is_experiment && word == "prerequisite")) {
        targeting.push_back(&statement);
      } else if (is_experiment && word == "holdout") {
        held.push_back(&statement);
      } else {
        read_line(statement, is_experiment);
      }
    }
    if (!made_.hash_by.id) {
      hash_attribute("visitor.id", declaration_.where, made_.hash_by);
    }
    if (!targeting.empty()) {
      made_.condition = conditions_.open(Node());
      for (const Statement* statement : targeting) {
        compile_condition(*statement);
      }
      conditions_.close(*made_.condition);
    }
    if (!held.empty()) {
      made_.admission = conditions_.open(Node());
      for (const Statement* statement : held) {
        compile_holdout(*statement);
      }
      conditions_.close(*made_.admission);
    }
  }

  struct Line {
    std::string_view word;
    void (Block::*read)(const Statement& statement);
    bool of_holdouts = false;  // too
    bool is_repeatable = false;
  };

  void read_line(const Statement& statement, bool is_experiment) {
    static constexpr Line lines[] = {
        {"variants", &Block::skip},
        {"coverage", &Block::read_coverage, true},
        {"hash_by", &Block::read_hash_by, true},
        {"seed", &Block::read_seed, true},
        {"hash_version", &Block::read_hash_version, true},
        {"ranges", &Block::read_ranges},
        {"namespace", &Block::read_namespace},
        {"filter", &Block::read_filter, false, true},
        {"force", &Block::read_force, false, true},
        {"schedule", &Block::read_schedule_line, true},
        {"hours", &Block::read_hours_line, true},
        {"weekdays", &Block::read_weekdays_line, true},
        {"enabled", &Block::read_enabled, true},
        {"sticky", &Block::read_sticky},
        {"allocate", &Block::read_allocate},
    };
    const std::string& word = statement.words[0];
    const auto found = std::find_if(std::begin(lines), std::end(lines),
                                    [&](const Line& line) { return line.word == word; });
    if (found == std::end(lines) || (!is_experiment && !found->of_holdouts)) {
      fail(statement, "unknown directive " + quoted(word) + " in " +
                          (is_experiment ? "an experiment" : "a holdout"));
    }
    const bool is_duplicate = std::find(seen_.begin(), seen_.end(), word) != seen_.end();
    if (is_duplicate && !found->is_repeatable) {
      fail(statement,
           quoted(word) + " is duplicate in " + quoted(declaration_.name) + ": keep one of them");
    }
    seen_.push_back(word);
    (this->*found->read)(statement);
  }

  const std::string& only_argument(const Statement& statement, const char* usage) {
    if (statement.words.size() != 2) {
      fail(statement, quoted(statement.words[0]) + " takes one value: write \"" +
                          statement.words[0] + " " + usage + "\"");
    }
    return statement.words[1];
  }

  // The variants are read before everything else.
  void skip(const Statement& /*statement*/) {}

  void read_coverage(const Statement& statement) {
    coverage_ = read_percent(only_argument(statement, "PERCENT%"));
    if (!coverage_) {
      fail(statement,
           quoted(statement.words[1]) + " is not a percentage: write for example \"coverage 40%\"");
    }
  }

  void read_seed(const Statement& statement) {
    made_.seed = only_argument(statement, "TEXT");
    if (made_.seed.empty()) {
      fail(statement,
           "\"seed\" is empty: write a string, or leave the line out for the experiment's name");
    }
  }

  void read_hash_version(const Statement& statement) {
    made_.hash_version = hash_version(statement, only_argument(statement, "1|2"));
  }

  void read_schedule_line(const Statement& statement) {
    made_.schedule = read_schedule(statement);
    made_.clock = ClockAttributes::intern(attributes_, statement.where);
  }

  void read_hours_line(const Statement& statement) {
    made_.hours.hours = read_hours(statement);
    made_.clock = ClockAttributes::intern(attributes_, statement.where);
  }

  void read_weekdays_line(const Statement& statement) {
    made_.hours.weekdays = read_weekdays(statement);
    made_.clock = ClockAttributes::intern(attributes_, statement.where);
  }

  void read_enabled(const Statement& statement) {
    const std::string& value = only_argument(statement, "on|off");
    if (value != "on" && value != "off") {
      fail(statement, "\"enabled\" is on or off, not " + quoted(value));
    }
    made_.enabled = value == "on";
  }

  void hash_attribute(const std::string& spelling, const Where& where, HashAttribute& attribute) {
    attribute.name = spelling;
    attribute.id = attributes_.intern(spelling, where);
    dependencies_.add(attributes_[*attribute.id]);
  }

  void read_hash_by(const Statement& statement) {
    const auto& words = statement.words;
    const bool has_fallback = words.size() == 4 && words[2] == "fallback";
    if (words.size() != 2 && !has_fallback) {
      fail(statement,
           "\"hash_by\" takes an attribute: write \"hash_by visitor.id\" or \"hash_by "
           "profile.customer_id fallback visitor.id\"");
    }
    hash_attribute(words[1], statement.where, made_.hash_by);
    if (has_fallback) {
      hash_attribute(words[3], statement.where, made_.fallback.emplace());
      made_.sticky_fallback = made_.fallback;
    }
  }

  static int hash_version(const Statement& statement, const std::string& text) {
    if (text != "1" && text != "2") {
      fail(statement, "invalid hash version " + quoted(text) + ": write 1 or 2");
    }
    return text == "1" ? 1 : 2;
  }

  std::uint32_t variant(const Statement& statement, const std::string& name) const {
    const auto found = std::find_if(made_.variations.begin(), made_.variations.end(),
                                    [&](const Variation& v) { return v.key == name; });
    if (found == made_.variations.end()) {
      const auto name_of = [](const Variation& variation) { return variation.key; };
      fail(statement, "unknown variant " + quoted(name) + ": experiment " +
                          quoted(declaration_.name) + " has " +
                          list_names(made_.variations, name_of));
    }
    return static_cast<std::uint32_t>(found - made_.variations.begin());
  }

  BucketRange range(const Statement& statement, const std::string& text) const {
    const auto range = read_range(text);
    if (!range) {
      fail(statement, quoted(text) + " is not a part of the visitors: write two shares from 0 to " +
                          "1, as in \"0.25-0.5\"");
    }
    return *range;
  }

  void read_ranges(const Statement& statement) {
    ranges_.assign(made_.variations.size(), {0, 0});
    for (auto word = statement.words.begin() + 1; word != statement.words.end(); ++word) {
      const Assigned one = split_assigned(*word);
      ranges_[variant(statement, one.name)] = range(statement, one.value);
    }
    for (const auto& one : ranges_) {
      for (const auto& other : ranges_) {
        if (&one < &other && one.begin < other.end && other.begin < one.end) {
          fail(statement, "two of the ranges have visitors in common");
        }
      }
    }
  }

  void read_namespace(const Statement& statement) {
    const auto& words = statement.words;
    const auto part = words.size() == 4 ? read_range(words[2] + "-" + words[3]) : std::nullopt;
    if (!part) {
      fail(statement,
           "\"namespace\" takes a name and the part of it that is for this experiment: "
           "write for example \"namespace bars 0 0.5\"");
    }
    made_.space = Namespace{words[1], *part};
  }

  void read_filter(const Statement& statement) {
    Filter filter;
    hash_attribute("visitor.id", statement.where, filter.attribute);
    for (std::size_t i = 1; i < statement.words.size(); ++i) {
      const Assigned one = split_assigned(statement.words[i]);
      if (i == 1) {
        filter.seed = statement.words[i];
      } else if (one.name == "hash_by") {
        hash_attribute(one.value, statement.where, filter.attribute);
      } else if (one.name == "hash_version") {
        filter.hash_version = hash_version(statement, one.value);
      } else {
        filter.ranges.push_back(range(statement, statement.words[i]));
      }
    }
    if (filter.ranges.empty()) {
      fail(statement,
           "\"filter\" takes a seed and parts of the visitors: write for example "
           "\"filter pricing 0-0.4 0.6-1\"");
    }
    if (!made_.filters) {
      made_.filters.emplace();
    }
    made_.filters->push_back(std::move(filter));
  }

  void read_force(const Statement& statement) {
    const auto& words = statement.words;
    const bool has_condition = words.size() > 3 && (words[2] == "when" || words[2] == "unless");
    if (words.size() != 2 && !has_condition) {
      fail(statement,
           "\"force\" takes a variant and whom it is for: write for example \"force "
           "control when cookie.qa = 1\"");
    }
    Forced forced;
    forced.variation = variant(statement, words[1]);
    forced.condition = conditions_.next();
    if (has_condition) {
      when_.compile({statement.where, {words.begin() + 2, words.end()}, {}});
    } else {
      conditions_.constant(true);
    }
    made_.forced.push_back(forced);
  }

  void read_sticky(const Statement& statement) {
    const auto& words = statement.words;
    if (words.size() < 2 || words[1] != "cookie") {
      fail(statement,
           "\"sticky\" takes the place where variants are kept: write \"sticky cookie\"");
    }
    for (std::size_t i = 2; i < words.size(); ++i) {
      const Assigned one = split_assigned(words[i]);
      const auto number = read_decimal(one.value);
      constexpr double most = 1000;
      const bool fits = number && *number >= 0 && *number <= most && std::floor(*number) == *number;
      if ((one.name != "bucket_version" && one.name != "min_bucket_version") || !fits) {
        fail(statement,
             "\"sticky cookie\" takes bucket_version= and min_bucket_version=, each a "
             "whole number from 0 to 1000, not " +
                 quoted(words[i]));
      }
      (one.name == "bucket_version" ? made_.bucket_version : made_.min_bucket_version) =
          static_cast<int>(*number);
    }
    if (made_.min_bucket_version > made_.bucket_version) {
      fail(statement,
           "\"sticky cookie\" would shut out everybody: min_bucket_version= is the oldest version "
           "whose visitors still take part, at most bucket_version=");
    }
    made_.sticky = true;
  }

  void read_allocate(const Statement& statement) {
    const auto& words = statement.words;
    if (words.size() < 3 || words[1] != "bandit") {
      fail(statement,
           "\"allocate\" takes how, and the conversions that count: write for example \"allocate "
           "bandit metric=purchase\"");
    }
    AllocatedExperiment& allocated = made_.allocated.emplace();
    allocated.where = statement.where;
    allocated.every_s = 3600;
    allocated.floor = 0.01;
    for (std::size_t i = 2; i < words.size(); ++i) {
      const Assigned one = split_assigned(words[i]);
      const bool is_known = (one.name == "metric" && !one.value.empty()) ||
                            (one.name == "every" && read_every(one.value, allocated)) ||
                            (one.name == "floor" && read_floor(one.value, allocated));
      if (!is_known) {
        fail(statement,
             "\"allocate bandit\" takes metric=NAME, every=TIME of a minute or more and "
             "floor=PERCENT%, not " +
                 quoted(words[i]));
      }
      if (one.name == "metric") {
        allocated.metric = one.value;
      }
    }
    if (allocated.metric.empty()) {
      fail(statement,
           "\"allocate bandit\" lacks the conversions that count: add for example "
           "\"metric=purchase\"");
    }
  }

  static bool read_every(const std::string& text, AllocatedExperiment& allocated) {
    constexpr std::int64_t least_ms = 60000;
    const auto ms = parse_time(text);
    allocated.every_s = ms.value_or(0) / 1000;
    return ms && *ms >= least_ms;
  }

  static bool read_floor(const std::string& text, AllocatedExperiment& allocated) {
    const auto share = read_percent(text);
    allocated.floor = share.value_or(0);
    return share.has_value();
  }

  void finish_allocation(const Statement& line, const Variants& variants) {
    AllocatedExperiment& allocated = *made_.allocated;
    if (!ranges_.empty()) {
      throw ConfigError(allocated.where,
                        "\"allocate bandit\" finds the ranges: take \"ranges\" out of experiment " +
                            quoted(declaration_.name));
    }
    if (allocated.floor * static_cast<double>(variants.names.size()) > 1) {
      throw ConfigError(allocated.where, "floor= gives more than all visitors to " +
                                             std::to_string(variants.names.size()) +
                                             " variants: lower it");
    }
    allocated.coverage = coverage_.value_or(1);
    allocated.variants = variants.names;
    allocated.shares = read_shares(line, variants);
  }

  void compile_condition(const Statement& statement) {
    if (statement.words[0] != "prerequisite") {
      when_.compile(statement);
      return;
    }
    const std::string name = statement.words.size() > 1 ? statement.words[1] : "";
    if (name.substr(0, 11) != "experiment." && name.substr(0, 8) != "feature.") {
      fail(statement,
           "\"prerequisite\" takes an experiment or a feature: write for example "
           "\"prerequisite experiment.checkout = new\"");
    }
    Statement when = statement;
    when.words[0] = "when";
    when_.compile(when);
  }

  void compile_holdout(const Statement& statement) {
    const std::string& name = only_argument(statement, "NAME");
    const bool known =
        std::any_of(holdouts_.begin(), holdouts_.end(),
                    [&](const Declaration& holdout) { return holdout.name == name; });
    if (!known) {
      const auto name_of = [](const Declaration& holdout) { return holdout.name; };
      fail(statement, "unknown holdout " + quoted(name) + ": " +
                          (holdouts_.empty() ? "none is declared with personalize_holdout"
                                             : "declared are " + list_names(holdouts_, name_of)));
    }
    when_.compile(
        {statement.where, {"when", "experiment." + name, "!=", std::string(held_out)}, {}});
  }

  Conditions& conditions_;
  AttributeTable& attributes_;
  const std::vector<Declaration>& holdouts_;
  const Declaration& declaration_;
  Dependencies& dependencies_;
  WhenCompiler when_;
  Experiment made_;
  std::optional<double> coverage_;
  std::vector<BucketRange> ranges_;
  std::vector<std::string> seen_;
};

Experiment ExperimentCompiler::experiment(const Declaration& declaration,
                                          Dependencies& dependencies) {
  return Block(*this, declaration, dependencies).experiment();
}

Experiment ExperimentCompiler::holdout(const Declaration& declaration, Dependencies& dependencies) {
  return Block(*this, declaration, dependencies).holdout();
}

}  // namespace personalize::decision
