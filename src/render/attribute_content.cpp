#include "render/attribute_content.h"

#include <algorithm>

#include "base/text/ascii.h"
#include "render/escaping/escape.h"
#include "render/places/attribute_use.h"

namespace personalize {

namespace {

// A name that any element may have.
TemplateAttribute attribute_of(const AttributePlace& place) {
  return {place.element.empty() ? "div" : place.element, place.attribute};
}

// Calls visit(word) for each word of a list of classes.
template <class Visit>
void each_class(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const auto* const end = std::find_if(list.begin(), list.end(), ascii::is_html_space);
    const auto size = static_cast<std::size_t>(end - list.begin());
    if (size != 0) {
      visit(list.substr(0, size));
    }
    list.remove_prefix(std::min(size + 1, list.size()));
  }
}

// Takes the changes "vip -guest +-odd" to a list: a class is added, or removed by a '-' before it.
// A
// '+' is for one that begins with '-' itself.
void change_classes(std::string_view changes, std::pmr::vector<std::string_view>& classes) {
  each_class(changes, [&](std::string_view word) {
    const bool is_removed = word.front() == '-';
    word.remove_prefix(is_removed || word.front() == '+' ? 1 : 0);
    const auto found = std::find(classes.begin(), classes.end(), word);
    if (is_removed) {
      classes.erase(std::remove(classes.begin(), classes.end(), word), classes.end());
    } else if (found == classes.end() && !word.empty()) {
      classes.push_back(word);
    }
  });
}

}  // namespace

AttributeContent::AttributeContent(const AttributePlace& place, const Statement& source,
                                   const std::vector<const Statement*>& sets,
                                   const std::string& directory, AttributeTable& attributes)
    : attribute_(attribute_of(place)),
      is_address_(personalize::is_address(use_of(attribute_.element, attribute_.name))),
      tag_(source, sets, directory, attributes, &attribute_) {}

bool AttributeContent::render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                              unsigned& assets, std::pmr::string& out,
                              ConstantParts* /*constants*/) const {
  if (attribute_.name == "class") {
    return render_classes(facts, locale, delivery, assets, out);
  }
  const auto begin = out.size();
  if (!tag_.render(facts, locale, delivery, assets, out, nullptr)) {
    return false;
  }
  const auto before = 1 + attribute_.element.size();          // <img
  const auto head = before + 1 + attribute_.name.size() + 2;  //  src="
  constexpr std::size_t tail = 2;                             // ">
  const std::string_view tag = std::string_view(out).substr(begin);
  const auto value = ascii::trim_html_space(tag.substr(head, tag.size() - head - tail));
  // The escaper puts this in the place of an address that would run something.
  constexpr std::string_view no_address = "#";
  if (value.empty() || (is_address_ && value == no_address)) {
    out.resize(begin);
    return false;
  }
  out.pop_back();
  out.erase(begin, before);
  return true;
}

bool AttributeContent::render_classes(Facts& facts, const Locale& locale,
                                      const WidgetDelivery& delivery, unsigned& assets,
                                      std::pmr::string& out) const {
  auto* memory = out.get_allocator().resource();
  std::pmr::string tag(memory);
  if (!tag_.render(facts, locale, delivery, assets, tag, nullptr)) {
    return false;
  }
  const auto head = 1 + attribute_.element.size() + std::string_view(" class=\"").size();
  constexpr std::size_t tail = 2;  // ">
  const auto changes = std::string_view(tag).substr(head, tag.size() - head - tail);
  if (!delivery.page_classes) {
    out += " class=\"";
    out += changes;
    out += '"';
    return true;
  }
  // What it shows is escaped, so that classes are compared as they are written.
  std::pmr::string of_page(memory);
  escape_html(*delivery.page_classes, of_page);
  std::pmr::vector<std::string_view> classes(memory);
  each_class(of_page, [&](std::string_view word) { classes.push_back(word); });
  const std::pmr::vector<std::string_view> before(classes, memory);
  change_classes(changes, classes);
  if (classes == before) {
    return false;
  }
  out += " class=\"";
  for (const auto word : classes) {
    out += out.back() == '"' ? "" : " ";
    out += word;
  }
  out += '"';
  return true;
}

}  // namespace personalize
