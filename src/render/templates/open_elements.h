// Which elements of HTML a template leaves open, or ends without having begun them, whatever its
// sections show.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace personalize {

// `<a>` that is opened and not closed, or `</a>` that closes an element of the page.
struct OpenElement {
  std::string name;  // in lower case; "" if there is none
  bool is_end = false;
  // Where a section alone is to blame: its name, and whether it is shown there or not.
  std::string section;
  bool is_shown = true;

  // Returns the end of a message that begins with the name of the template.
  std::string message() const;
};

// Takes what a template has, in its order. Of
//
//   {{#url}}<a href="{{url}}">{{/url}}Shoes{{#url}}</a>{{/url}}
//
// each `url` is the same, so that both ways are right; without the second section one of them would
// not be. The sections that open or close something are tried with all values; of too many of them
// nothing is known.
class OpenElements {
 public:
  void open(std::string_view element);
  void close(std::string_view element);
  // `is_scoped`: the name may be of an element of the sections around it.
  void begin_section(std::string_view name, bool is_inverted, bool is_scoped);
  void end_section();

  // Returns what is wrong; elements that end by themselves, as <p>, and end tags that are without
  // their beginning whatever sections show, are taken to be meant.
  OpenElement find() const;

 private:
  struct Part {
    enum class Kind { open, close, section };
    Kind kind;
    std::string name;  // of the element; of the section, with those around it if it is scoped
    std::string spelling;
    bool is_inverted = false;
    std::size_t end = 0;  // of a section: the index after its last part
  };
  struct Outcome {
    std::string unclosed, stray;
  };
  // By the names of sections: whether they are shown.
  using Shown = std::map<std::string, bool>;

  bool is_shown(const Part& section, const Shown& shown) const;
  void run(std::size_t begin, std::size_t end, const Shown& shown, std::vector<std::string>& stack,
           Outcome& outcome) const;
  Outcome outcome(std::size_t begin, std::size_t end, const Shown& shown) const;
  // Adds the sections that open or close something, and those around them. Returns whether there
  // are any.
  bool collect(std::size_t begin, std::size_t end, Shown& sections) const;

  std::vector<Part> parts_;
  std::vector<std::size_t> sections_;  // those that are open
};

}  // namespace personalize
