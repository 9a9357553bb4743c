#include "decision/conditions/conditions.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/values/exact_number.h"

namespace personalize::decision {

void Conditions::leaf(Node node) {
  close(open(node));
}

std::uint32_t Conditions::open(Node node) {
  nodes_.push_back(node);
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

void Conditions::close(std::uint32_t index) {
  nodes_[index].end = static_cast<std::uint32_t>(nodes_.size());
}

void Conditions::share(std::uint32_t index, std::string text) {
  const auto [first, is_new] = written_.emplace(std::move(text), index);
  if (is_new) {
    return;
  }
  std::uint32_t& shared = nodes_[first->second].shared;
  if (shared == 0) {
    shared = ++shared_count_;
  }
  nodes_[index].shared = shared;
}

void Conditions::constant(bool holds) {
  Node node;
  node.op = holds ? Op::all : Op::any;
  leaf(node);
}

void Set::add(const Value& number) {
  if (!number.exact_text().empty()) {
    exact_numbers.push_back(number);
  } else if (!std::isnan(number.as_number())) {
    numbers.push_back(number.as_number());
  }
}

std::uint32_t Conditions::add(Set set) {
  const auto sort = [](auto& list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  };
  sort(set.texts);
  sort(set.numbers);
  std::sort(set.exact_numbers.begin(), set.exact_numbers.end(), is_less);
  sets_.push_back(std::move(set));
  return static_cast<std::uint32_t>(sets_.size() - 1);
}

std::uint32_t Conditions::add(Literal literal) {
  literals_.push_back(literal);
  return static_cast<std::uint32_t>(literals_.size() - 1);
}

std::uint32_t Conditions::add(Regex regex) {
  regexes_.push_back(std::move(regex));
  return static_cast<std::uint32_t>(regexes_.size() - 1);
}

std::uint32_t Conditions::add(Ranking ranking) {
  rankings_.push_back(std::move(ranking));
  return static_cast<std::uint32_t>(rankings_.size() - 1);
}

std::uint32_t Conditions::add(FeaturePath path) {
  feature_paths_.push_back(std::move(path));
  return static_cast<std::uint32_t>(feature_paths_.size() - 1);
}

std::uint32_t Conditions::add_path(std::vector<std::string> path) {
  paths_.push_back(std::move(path));
  return static_cast<std::uint32_t>(paths_.size() - 1);
}

void Conditions::warn(const Where& where, std::string message) {
  const bool is_known = std::any_of(warnings_.begin(), warnings_.end(), [&](const auto& warning) {
    return warning.second == message && warning.first.text() == where.text();
  });
  if (!is_known) {
    warnings_.emplace_back(where, std::move(message));
  }
}

std::string_view Conditions::keep(std::string_view text) {
  return texts_.emplace_back(text);
}

void Dependencies::add(const Attribute& attribute) {
  switch (attribute.root) {
    case Root::segment:
      segments.push_back(attribute.index);
      break;
    case Root::experiment:
      experiments.push_back(attribute.index);
      break;
    case Root::feature:
      features.push_back(attribute.index);
      break;
    case Root::value:
      values.push_back(attribute.index);
      break;
    default:
      sources |= direct_needs(attribute);
  }
}

void Dependencies::add(const Dependencies& other) {
  const auto append = [](std::vector<std::uint32_t>& to, const std::vector<std::uint32_t>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  sources |= other.sources;
  append(segments, other.segments);
  append(experiments, other.experiments);
  append(features, other.features);
  append(values, other.values);
  append(parents, other.parents);
}

void look_at(Node& node, AttributeId id, const AttributeTable& attributes, Conditions& conditions,
             Dependencies& dependencies) {
  const Attribute& attribute = attributes[id];
  dependencies.add(attribute);
  switch (attribute.root) {
    case Root::segment:
      node.subject = Subject::segment;
      node.from = attribute.index;
      break;
    case Root::experiment:
      node.subject = Subject::experiment;
      node.from = attribute.index;
      break;
    case Root::feature:
      node.subject = Subject::feature;
      node.from = conditions.add(FeaturePath{attribute.index, attribute.path});
      break;
    case Root::value:
      node.subject = Subject::value;
      node.from = attribute.index;
      break;
    default:
      node.subject = Subject::attribute;
      node.from = id;
  }
}

}  // namespace personalize::decision
