#include "decision/conditions.h"

#include <algorithm>

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

void Conditions::constant(bool holds) {
  Node node;
  node.op = holds ? Op::all : Op::any;
  leaf(node);
}

std::uint32_t Conditions::add(Set set) {
  const auto sort = [](auto& list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  };
  sort(set.texts);
  sort(set.numbers);
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

std::uint32_t Conditions::add_path(std::vector<std::string> path) {
  paths_.push_back(std::move(path));
  return static_cast<std::uint32_t>(paths_.size() - 1);
}

std::string_view Conditions::keep(std::string_view text) {
  return texts_.emplace_back(text);
}

void look_at(Node& node, AttributeId id, const AttributeTable& attributes,
             Dependencies& dependencies) {
  const Attribute& attribute = attributes[id];
  node.subject = Subject::attribute;
  node.from = id;
  if (attribute.root == Root::segment) {
    node.subject = Subject::segment;
    node.from = attribute.index;
    dependencies.segments.push_back(attribute.index);
  } else if (attribute.root == Root::source) {
    dependencies.sources.set(attribute.index);
  }
}

}  // namespace personalize::decision
