// Makes what the compiler has noted down quick to run. What the template shows stays the same.
//
//   text                      becomes a part of the operation that follows it
//   {{> partial}}             its operations take its place, unless it calls itself
//   {{#x}}…{{/x}}{{^x}}…      x is looked up once
//   href="{{url}}"            an address that is one value is one operation
//   {{title}}, {{#title}}     of a constant become text, or nothing
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "render/templates/template.h"

namespace personalize {

class TemplateLinker {
 public:
  // `constants` are those of TemplateOptions.
  TemplateLinker(Template& into, const std::vector<std::optional<Value>>& constants)
      : into_(into), constants_(constants) {}

  void link();

 private:
  using Ops = std::vector<Op>;

  // Returns whether the partial of a block calls itself.
  bool is_recursive(std::uint32_t block) const;
  bool calls(std::uint32_t block, std::uint32_t called, std::vector<bool>& seen) const;
  Ops link_block(std::uint32_t block);
  void copy(const Ops& from, std::size_t begin, std::size_t end);
  void copy_value(const Op& op);
  void copy_section(const Ops& from, std::size_t at);
  bool copy_known_section(const Ops& from, std::size_t at, const Value& value);
  void copy_unknown_section(const Ops& from, std::size_t at);
  void copy_url_end(const Op& op);
  void emit(Op op);
  // Ends with what text is left.
  void emit_text();
  struct Known {
    Value value;
    bool is_of_item = false;  // it is a member of a constant that a section is over
  };
  // Returns what the name refers to, if that is the same at each render.
  std::optional<Known> resolve(const Name& name);
  void note_names(const Op& op);
  void note_kept(std::size_t section);
  std::size_t end_of_unit(std::size_t begin) const;
  bool is_of_item(std::size_t begin, std::size_t end) const;
  bool is_of_item(std::uint32_t name) const;
  void note_whole(std::size_t section);
  bool needs_item(std::size_t section) const;
  bool is_current(const Op& op) const;
  bool is_same_name(std::uint32_t one, std::uint32_t other) const;

  Template& into_;
  const std::vector<std::optional<Value>>& constants_;
  // What the sections around the place are over; nothing where that is not known.
  std::vector<std::optional<Value>> items_;
  // Whether something is found in a constant of a section only when the template is run.
  bool is_asked_later_ = false;
  // Sections that turned out to be asked for then; each is tried once, since those in it are linked
  // again.
  std::set<const Op*> asked_later_;
  std::vector<bool> recursive_;  // by block
  std::string text_;
  std::size_t begin_ = 0;  // in text_, of what is part of no operation yet
  Ops ops_;                // of the block that is linked
  static constexpr std::size_t none = ~std::size_t{0};
  std::size_t closed_ = none;  // the section that ends where the next operation begins
};

}  // namespace personalize
