#include "visual/deciders.h"

#include <algorithm>
#include <set>

#include "base/text/ascii.h"

namespace personalize {

namespace {

using Action = DomMutation::Action;
using Target = DomMutation::Target;

bool is_same(const VisualChoice& one, const VisualChoice& other) {
  return one.experiment == other.experiment && one.variation == other.variation;
}

void note(const VisualChoice& variation, std::vector<VisualChoice>& variations) {
  if (variations.empty() || !is_same(variations.back(), variation)) {
    variations.push_back(variation);
  }
}

// What selectors ask of elements, or may ask: all in small letters.
struct Asked {
  std::set<std::string> attributes;
  std::set<std::string> classes;
  bool any_attribute = false;
  bool any_class = false;
};

// Takes a name off the beginning. Letters other than ASCII belong to it, escapes do not.
std::string take_name(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), [](char c) {
    return ascii::is_letter(c) || ascii::is_digit(c) || c == '-' || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
  });
  const auto name = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(name.size());
  return ascii::lowered(name);
}

// Reads the part in brackets.
void add_attribute(std::string_view test, Asked& asked) {
  test = ascii::trim(test);
  const auto name = take_name(test);
  test = ascii::trim(test);
  constexpr std::string_view may_follow = "]=~|^$*";
  const bool has_prefix = test.substr(0, 1) == "|" && test.substr(1, 1) != "=";
  const bool is_known = !name.empty() && !test.empty() && !has_prefix &&
                        may_follow.find(test.front()) != std::string_view::npos;
  asked.any_attribute = asked.any_attribute || !is_known;
  asked.any_class = asked.any_class || !is_known || name == "class";
  asked.attributes.insert(name);
}

void add_selector(std::string_view selector, Asked& asked) {
  for (std::size_t i = 0; i < selector.size(); ++i) {
    auto rest = selector.substr(i + 1);
    switch (selector[i]) {
      case '.':
        asked.attributes.insert("class");
        asked.classes.insert(take_name(rest));
        break;
      case '#':
        asked.attributes.insert("id");
        break;
      case '[':
        add_attribute(rest, asked);
        break;
      case '\\':
        asked.any_class = true;
        break;
      default:
        break;
    }
  }
}

}  // namespace

void Deciders::add(const VisualChoice& variation, const DomMutation& mutation) {
  const bool is_one_class =
      mutation.target == Target::classes && mutation.action != Action::set &&
      std::none_of(mutation.value.begin(), mutation.value.end(), ascii::is_html_space);
  switch (mutation.target) {
    case Target::html:
    case Target::position:
      return;
    case Target::classes:
    case Target::class_name:
      if (is_one_class) {
        note(variation, by_class_[ascii::lowered(mutation.value)]);
        note(variation, any_class_);
      } else {
        note(variation, by_attribute_["class"]);
      }
      break;
    case Target::attribute:
      note(variation, by_attribute_[ascii::lowered(mutation.attribute)]);
      break;
  }
  note(variation, any_attribute_);
}

std::vector<VisualChoice> Deciders::of(const VisualChoice& own, const DomMutation& mutation) const {
  Asked asked;
  for (const std::string* selector : {&mutation.selector, &mutation.parent, &mutation.before}) {
    add_selector(*selector, asked);
  }
  Variations found;
  // The last ones first: so `own` is found at once.
  const auto add = [&](const Variations& variations) {
    for (auto one = variations.rbegin(); one != variations.rend() && found.size() <= most; ++one) {
      const bool is_other = one->experiment == own.experiment && one->variation != own.variation;
      const auto same = [&](const VisualChoice& other) { return is_same(*one, other); };
      if (!is_other && std::none_of(found.begin(), found.end(), same)) {
        found.insert(is_same(*one, own) ? found.begin() : found.end(), *one);
      }
    }
  };
  const auto add_known = [&](const auto& known, const std::string& name) {
    const auto variations = known.find(name);
    if (variations != known.end()) {
      add(variations->second);
    }
  };
  if (asked.any_attribute) {
    add(any_attribute_);
  }
  if (asked.any_class) {
    add(any_class_);
  }
  for (const auto& name : asked.attributes) {
    add_known(by_attribute_, name);
  }
  for (const auto& name : asked.classes) {
    add_known(by_class_, name);
  }
  return found;
}

}  // namespace personalize
