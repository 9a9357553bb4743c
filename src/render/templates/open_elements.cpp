#include "render/templates/open_elements.h"

#include <algorithm>

#include "base/text/text.h"

namespace personalize {

namespace {

// Elements that end by themselves, where their parent or a sibling says so.
constexpr std::string_view optional_ends[] = {
    "body", "caption", "colgroup", "dd",  "dt",    "head", "html",  "li", "optgroup", "option", "p",
    "rb",   "rp",      "rt",       "rtc", "tbody", "td",   "tfoot", "th", "thead",    "tr"};

// So many sections are tried together.
constexpr std::size_t most_sections = 8;

bool needs_end(const std::string& element) {
  return !is_one_of(element, optional_ends);
}

}  // namespace

std::string OpenElement::message() const {
  const std::string where =
      section.empty() ? std::string()
                      : " where {{" + std::string(is_shown ? "#" : "^") + section + "}} holds";
  if (is_end) {
    return "ends <" + name + ">" + where +
           " without having begun it: that ends an element of the page; put </" + name +
           "> into the section that begins it";
  }
  return "does not close <" + name + ">" + where +
         ": the rest of the page is inside of it; write </" + name + ">";
}

void OpenElements::open(std::string_view element) {
  parts_.push_back({Part::Kind::open, std::string(element), {}});
}

void OpenElements::close(std::string_view element) {
  parts_.push_back({Part::Kind::close, std::string(element), {}});
}

void OpenElements::begin_section(std::string_view name, bool is_inverted, bool is_scoped) {
  std::string whole;
  if (is_scoped) {
    for (const std::size_t around : sections_) {
      whole += parts_[around].spelling + "/";
    }
  }
  whole += name;
  sections_.push_back(parts_.size());
  parts_.push_back({Part::Kind::section, std::move(whole), std::string(name), is_inverted});
}

void OpenElements::end_section() {
  parts_[sections_.back()].end = parts_.size();
  sections_.pop_back();
}

bool OpenElements::is_shown(const Part& section, const Shown& shown) const {
  const auto found = shown.find(section.name);
  return found == shown.end() || found->second != section.is_inverted;
}

void OpenElements::run(std::size_t begin, std::size_t end, const Shown& shown,
                       std::vector<std::string>& stack, Outcome& outcome) const {
  for (std::size_t i = begin; i < end; ++i) {
    const Part& part = parts_[i];
    if (part.kind == Part::Kind::section) {
      if (is_shown(part, shown)) {
        run(i + 1, part.end, shown, stack, outcome);
      }
      i = part.end - 1;
      continue;
    }
    if (part.kind == Part::Kind::open) {
      stack.push_back(part.name);
      continue;
    }
    const auto last = std::find(stack.rbegin(), stack.rend(), part.name);
    if (last == stack.rend()) {
      if (outcome.stray.empty() && needs_end(part.name)) {
        outcome.stray = part.name;
      }
      continue;
    }
    const auto inside = std::find_if(last.base(), stack.end(), needs_end);
    if (outcome.unclosed.empty() && inside != stack.end()) {
      outcome.unclosed = *inside;
    }
    stack.erase(last.base() - 1, stack.end());
  }
}

OpenElements::Outcome OpenElements::outcome(std::size_t begin, std::size_t end,
                                            const Shown& shown) const {
  Outcome outcome;
  std::vector<std::string> stack;
  run(begin, end, shown, stack, outcome);
  const auto open = std::find_if(stack.begin(), stack.end(), needs_end);
  if (outcome.unclosed.empty() && open != stack.end()) {
    outcome.unclosed = *open;
  }
  return outcome;
}

bool OpenElements::collect(std::size_t begin, std::size_t end, Shown& sections) const {
  bool has_any = false;
  for (std::size_t i = begin; i < end; ++i) {
    const Part& part = parts_[i];
    if (part.kind != Part::Kind::section) {
      continue;
    }
    // Sections inside are looked at by themselves.
    Shown inside;
    const bool has_inside = collect(i + 1, part.end, inside);
    for (auto& one : inside) {
      one.second = false;
    }
    Outcome own;
    std::vector<std::string> stack;
    for (std::size_t j = i + 1; j < part.end; ++j) {
      if (parts_[j].kind == Part::Kind::section) {
        j = parts_[j].end - 1;
        continue;
      }
      run(j, j + 1, inside, stack, own);
    }
    const bool is_open = std::any_of(stack.begin(), stack.end(), needs_end);
    if (has_inside || is_open || !own.unclosed.empty() || !own.stray.empty()) {
      sections.emplace(part.name, true);
      sections.insert(inside.begin(), inside.end());
      has_any = true;
    }
    i = part.end - 1;
  }
  return has_any;
}

OpenElement OpenElements::find() const {
  Shown shown;
  collect(0, parts_.size(), shown);
  if (shown.size() > most_sections) {
    return {};
  }
  const std::size_t ways = std::size_t{1} << shown.size();
  std::vector<Outcome> outcomes;
  for (std::size_t way = 0; way < ways; ++way) {
    std::size_t bit = 0;
    for (auto& section : shown) {
      section.second = (way >> bit++ & 1) != 0;
    }
    outcomes.push_back(outcome(0, parts_.size(), shown));
  }
  // Returns what happens in all ways in which a section has a value; in all, without one.
  const auto always = [&](std::string Outcome::*what, std::size_t bit, bool value) {
    std::string name;
    for (std::size_t way = 0; way < ways; ++way) {
      const bool counts = bit == shown.size() || ((way >> bit & 1) != 0) == value;
      if (counts && (outcomes[way].*what).empty()) {
        return std::string();
      }
      name = counts && name.empty() ? outcomes[way].*what : name;
    }
    return name;
  };
  if (auto name = always(&Outcome::unclosed, shown.size(), true); !name.empty()) {
    return {std::move(name), false, {}, true};
  }
  const bool is_always_stray = !always(&Outcome::stray, shown.size(), true).empty();
  for (const auto what : {&Outcome::unclosed, &Outcome::stray}) {
    const bool is_end = what == &Outcome::stray;
    std::size_t bit = 0;
    for (const auto& section : shown) {
      for (const bool value : {true, false}) {
        auto name = is_end && is_always_stray ? std::string() : always(what, bit, value);
        if (!name.empty()) {
          const auto part = std::find_if(parts_.begin(), parts_.end(), [&](const Part& one) {
            return one.kind == Part::Kind::section && one.name == section.first;
          });
          return {std::move(name), is_end, part->spelling, value};
        }
      }
      ++bit;
    }
  }
  return {};
}

}  // namespace personalize
