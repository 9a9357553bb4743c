#include "report/allocation/declared.h"

#include <simdjson.h>

#include <charconv>

#include "base/numbers/number.h"
#include "base/text/json_string.h"

namespace personalize::report {

namespace {

constexpr std::string_view experiments_key = "pz:experiments";
constexpr std::string_view weights_key = "pz:weights";

using simdjson::dom::element;

std::optional<element> parse(simdjson::dom::parser& parser, std::string_view text) {
  element root;
  const bool is_object =
      parser.parse(text.data(), text.size()).get(root) == simdjson::SUCCESS && root.is_object();
  return is_object ? std::optional(root) : std::nullopt;
}

std::string_view text_at(const element& object, std::string_view name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

double number_at(const element& object, std::string_view name, double otherwise) {
  double number = 0;
  return object[name].get(number) == simdjson::SUCCESS ? number : otherwise;
}

std::optional<DeclaredExperiment> read_one(std::string_view name, std::string_view text) {
  simdjson::dom::parser parser;
  const auto root = parse(parser, text);
  if (!root) {
    return std::nullopt;
  }
  DeclaredExperiment experiment;
  experiment.name = name;
  experiment.metric = text_at(*root, "metric");
  experiment.every_s = static_cast<std::int64_t>(number_at(*root, "every", 3600));
  experiment.floor = number_at(*root, "floor", 0);
  simdjson::dom::array variants;
  if ((*root)["variants"].get(variants) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  for (const element variant : variants) {
    experiment.variants.emplace_back(text_at(variant, "name"));
    experiment.shares.push_back(number_at(variant, "share", 0));
  }
  const bool is_sound = !experiment.metric.empty() && experiment.variants.size() >= 2 &&
                        experiment.floor >= 0 && experiment.every_s > 0;
  return is_sound ? std::optional(experiment) : std::nullopt;
}

// Shares have six digits; the last takes what rounding leaves.
void append_share(double share, std::string& out) {
  char digits[32];
  const auto end = std::to_chars(digits, std::end(digits), share, std::chars_format::fixed, 6).ptr;
  out.append(digits, end);
}

}  // namespace

std::vector<DeclaredExperiment> read_declared(RedisConnection& redis,
                                              std::vector<std::string>& problems) {
  redis.follow(std::string(experiments_key));
  const auto reply = redis.command({"HGETALL", experiments_key});
  std::vector<DeclaredExperiment> declared;
  for (std::size_t i = 0; i + 1 < reply->elements; i += 2) {
    const auto name = text_of(*reply->element[i]);
    if (auto one = read_one(name, text_of(*reply->element[i + 1]))) {
      declared.push_back(std::move(*one));
    } else {
      problems.push_back("pz:experiments: experiment \"" + std::string(name) +
                         "\" is not as NGINX writes it");
    }
  }
  return declared;
}

Weights read_weights(RedisConnection& redis, const DeclaredExperiment& experiment) {
  redis.follow(std::string(weights_key));
  const auto reply = redis.command({"HGET", weights_key, experiment.name});
  Weights weights;
  simdjson::dom::parser parser;
  const auto root = parse(parser, text_of(*reply));
  if (!root) {
    return weights;
  }
  std::int64_t number = 0;
  if ((*root)["version"].get(number) == simdjson::SUCCESS && number > 0) {
    weights.version = static_cast<std::uint64_t>(number);
  } else {
    weights.version = read_integer<std::uint64_t>(text_at(*root, "version")).value_or(0);
  }
  if ((*root)["time"].get(number) == simdjson::SUCCESS) {
    weights.time = number;
  }
  element shares;
  if ((*root)["weights"].get(shares) == simdjson::SUCCESS) {
    for (const auto& variant : experiment.variants) {
      weights.shares.push_back(number_at(shares, variant, 0));
    }
  }
  return weights;
}

void write_weights(RedisConnection& redis, const DeclaredExperiment& experiment,
                   const Weights& weights) {
  std::string text = "{\"version\": \"" + std::to_string(weights.version) +
                     "\", \"time\": " + std::to_string(weights.time) + ", \"weights\": {";
  for (std::size_t i = 0; i < weights.shares.size(); ++i) {
    text += i == 0 ? "" : ", ";
    append_json_string(experiment.variants[i], text);
    text += ": ";
    append_share(weights.shares[i], text);
  }
  text += "}}";
  redis.follow(std::string(weights_key));
  redis.command({"HSET", weights_key, experiment.name, text});
}

}  // namespace personalize::report
