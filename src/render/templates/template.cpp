#include "render/templates/template.h"

#include <array>
#include <utility>

#include "base/values/member.h"
#include "base/values/scalar.h"
#include "render/escaping/address.h"
#include "render/escaping/escape.h"
#include "render/escaping/nonce.h"
#include "render/escaping/script_values.h"
#include "render/escaping/style_values.h"
#include "render/templates/top_level.h"

namespace personalize {

namespace {

constexpr std::size_t max_output = std::size_t{1024} * 1024;
constexpr std::size_t max_context = 64;    // items around a place
constexpr unsigned max_depth = 64;         // sections and partials around a place
constexpr unsigned max_iterations = 1000;  // of all sections of one render

bool is_scalar(const Value& value) {
  return value.kind() == Kind::boolean || value.kind() == Kind::number ||
         value.kind() == Kind::string;
}

}  // namespace

bool shows_section(const Value& value) noexcept {
  switch (value.kind()) {
    case Kind::missing:
    case Kind::null:
      return false;
    case Kind::boolean:
      return value.as_boolean();
    case Kind::string:
      return !value.as_string().empty();
    case Kind::array:
      return value.size() > 0;
    default:
      return true;
  }
}

// Runs a template once.
class TemplateRun {
 public:
  TemplateRun(const Template& compiled, Facts& facts, const Locale& locale,
              const TemplateInput& input, std::pmr::string& out)
      : compiled_(compiled),
        facts_(facts),
        locale_(locale),
        input_(input),
        constants_(input.constants),
        out_(out),
        limit_(out.size() + max_output),
        scratch_{std::pmr::string(out.get_allocator()), std::pmr::string(out.get_allocator())} {}

  // Returns false if a limit is exceeded.
  bool run() {
    out_.reserve(out_.size() + compiled_.text_.size());
    const auto& ops = compiled_.blocks_.front();
    if (!compiled_.data_) {
      return run(ops, 0, ops.size(), 0);
    }
    const Context data = {input_.data, nullptr, 1};
    context_ = &data;
    const bool done = run(ops, 0, ops.size(), 0);
    context_ = nullptr;
    return done;
  }

 private:
  // An item that a section is run for, or the caller's data.
  struct Context {
    Value value;
    const Context* above;
    std::size_t depth;               // from 1
    const Value* members = nullptr;  // of a record with the template's names
  };

  // The item that is run, an element of a list of which something is kept.
  struct Kept {
    const Value* list = nullptr;
    std::uint32_t number = 0;
  };

  bool run(const std::vector<Op>& ops, std::size_t begin, std::size_t end, unsigned depth) {
    if (depth > max_depth) {
      return false;
    }
    for (std::size_t i = begin; i < end; ++i) {
      const auto& op = ops[i];
      if (op.kept_until != 0 && kept_.list != nullptr) {
        if (!run_kept(ops, i, depth)) {
          return false;
        }
        i = op.kept_until - 1;
        continue;
      }
      if (op.size != 0) {
        put_text(op);
      }
      switch (op.kind) {
        case Op::Kind::text:
          break;
        case Op::Kind::value:
          put(op);
          break;
        case Op::Kind::address:
          begin_url();
          put(op);
          end_url(op.check);
          break;
        case Op::Kind::section: {
          const auto value = find(compiled_.names_[op.a]);
          if (!shows_section(value)) {
            i = op.has_else ? op.b : op.b - 1;
          } else if (is_scalar(value) && !op.needs_item) {
            // It has no members, so that nothing in the section is about it: what follows is run.
            if (++iterations_ > max_iterations) {
              i = op.b - 1;
            }
            whole_ = value;
          } else {
            if (!run_section(ops, i, value, depth)) {
              return false;
            }
            i = op.has_else ? ops[op.b].b - 1 : op.b - 1;
          }
          break;
        }
        case Op::Kind::inverted:
          if (shows_section(find(compiled_.names_[op.a]))) {
            i = op.b - 1;
          }
          break;
        case Op::Kind::skip:
          i = op.b - 1;
          break;
        case Op::Kind::partial: {
          const auto& block = compiled_.blocks_[op.a];
          if (++iterations_ > max_iterations || !run(block, 0, block.size(), depth + 1)) {
            return false;
          }
          break;
        }
        case Op::Kind::url_begin:
          begin_url();
          break;
        case Op::Kind::url_end:
          end_url(op.check);
          break;
        case Op::Kind::script_nonce:
          append_nonce(input_.nonces.script, out_);
          break;
        case Op::Kind::style_nonce:
          append_nonce(input_.nonces.style, out_);
          break;
      }
      if (out_.size() > limit_) {
        return false;
      }
    }
    return true;
  }

  // Runs a section for its items, or the one that it is about.
  bool run_section(const std::vector<Op>& ops, std::size_t at, const Value& value, unsigned depth) {
    const auto& op = ops[at];
    const Context* const above = context_;
    const std::size_t depth_of_context = above == nullptr ? 0 : above->depth;
    if (depth_of_context == max_context) {
      return false;
    }
    const bool list = value.kind() == Kind::array;
    const bool is_kept =
        list && above == nullptr && input_.kept != nullptr && input_.kept->has(value);
    const Kept around = std::exchange(kept_, {});
    const std::uint32_t count = list ? value.size() : 1;
    bool done = true;
    // A long list is shown in part.
    for (std::uint32_t i = 0; i < count && iterations_ < max_iterations && done; ++i) {
      ++iterations_;
      Context item = {list ? value.at(i) : value, above, depth_of_context + 1};
      whole_ = is_scalar(value) ? value : Value();
      const Record* const record = item.value.record();
      item.members =
          record != nullptr && record->names == compiled_.records_ ? record->values : nullptr;
      context_ = &item;
      if (is_kept && item.value.kind() == Kind::object) {
        kept_ = {&value, i};
      }
      done = run(ops, at + 1, op.b, depth + 1) && out_.size() <= limit_;
      kept_ = {};
      context_ = above;
    }
    kept_ = around;
    return done;
  }

  // Runs operations that show nothing but an item, and has kept what they show; or shows what is
  // kept of it.
  bool run_kept(const std::vector<Op>& ops, std::size_t at, unsigned depth) {
    const Op& op = ops[at];
    const Kept item = std::exchange(kept_, {});
    const KeptText* const known = input_.kept->find(*item.list, item.number, &op, locale_);
    bool done = true;
    if (known != nullptr) {
      put_kept(*known);
    } else {
      done = run_and_keep(ops, at, depth, item);
    }
    kept_ = item;
    return done;
  }

  bool run_and_keep(const std::vector<Op>& ops, std::size_t at, unsigned depth, const Kept& item) {
    constexpr std::size_t longest = 4096;
    const auto begin = out_.size();
    const auto iterations = iterations_;
    ConstantParts parts(out_.get_allocator());
    ConstantParts* const constants = std::exchange(constants_, &parts);
    const bool done = run(ops, at, ops[at].kept_until, depth);
    constants_ = constants;
    if (!done) {
      return false;
    }
    if (constants_ != nullptr) {
      constants_->insert(constants_->end(), parts.begin(), parts.end());
    }
    // What was cut is not all of it.
    if (iterations_ == iterations || iterations_ < max_iterations / 2) {
      const auto offset = static_cast<std::uint32_t>(begin);
      for (ConstantPart& part : parts) {
        part.begin -= offset;
        part.end -= offset;
      }
      const KeptText text{std::string_view(out_).substr(begin), parts.data(), parts.size()};
      if (text.text.size() <= longest) {
        input_.kept->keep(*item.list, item.number, &ops[at], locale_, text);
      }
    }
    return true;
  }

  void put_kept(const KeptText& kept) {
    const auto offset = static_cast<std::uint32_t>(out_.size());
    for (std::size_t i = 0; constants_ != nullptr && i < kept.constant_count; ++i) {
      ConstantPart part = kept.constants[i];
      part.begin += offset;
      part.end += offset;
      constants_->push_back(part);
    }
    out_ += kept.text;
  }

  void put_text(const Op& op) {
    constexpr std::uint32_t shortest_of_use = 8;
    const char* const text = compiled_.text_.data() + op.text;
    if (constants_ != nullptr && op.size >= shortest_of_use) {
      const auto begin = static_cast<std::uint32_t>(out_.size());
      constants_->push_back({begin, begin + op.size, op.hash, text});
    }
    out_.append(text, op.size);
  }

  Value find(const Name& name) {
    if (name.place != Name::no_index && context_ != nullptr && context_->members != nullptr) {
      const Value& member = context_->members[name.place];
      const bool is_all = context_->above == nullptr && name.field == Name::no_index &&
                          name.attribute == Name::no_index;
      if (is_all || !member.is_missing()) {
        return member;
      }
    }
    return search(name);
  }

  Value search(const Name& name) {
    if (name.current) {
      return context_ == nullptr ? Value() : context_->value;
    }
    if (name.member) {
      for (const Context* context = context_; context != nullptr; context = context->above) {
        auto value = context->value.find(name.path.front());
        if (!value.is_missing()) {
          for (std::size_t word = 1; word < name.path.size(); ++word) {
            value = find_member(value, name.path[word]);
          }
          return value;
        }
      }
    }
    if (name.field != Name::no_index) {
      return name.field < compiled_.field_count_
                 ? input_.fields[name.field]
                 : Value::string(input_.texts[name.field - compiled_.field_count_]);
    }
    return name.attribute == Name::no_index ? Value() : facts_.get(name.attribute);
  }

  // Inside {{#price}} a plain price is what {{price}} shows.
  Value value_of(const Op& op) {
    return op.is_of_section && !whole_.is_missing() ? whole_ : find(compiled_.names_[op.a]);
  }

  void put(const Op& op) {
    auto value = value_of(op);
    std::size_t turn = 0;
    for (std::uint32_t i = op.b; i < op.c; ++i) {
      const auto& filter = compiled_.filters_[i];
      const auto argument = filter.argument_name == Filter::no_argument
                                ? Value()
                                : find(compiled_.names_[filter.argument_name]);
      auto& scratch = scratch_[turn];
      value = apply(filter, value, argument, locale_, scratch);
      if (value.kind() == Kind::string && value.as_string().data() == scratch.data()) {
        turn ^= 1;
      }
    }
    if (op.escape == Escape::script) {
      append_script_literal(value, out_);
      return;
    }
    if (op.escape == Escape::json) {
      append_json(value, out_);
      return;
    }
    switch (value.kind()) {
      case Kind::string:
        put_string(value.as_string(), op.escape);
        break;
      case Kind::boolean:
      case Kind::number: {
        if (!value.exact_text().empty()) {
          put_string(value.exact_text(), op.escape);
          break;
        }
        // Contains nothing to escape, but a dot or a plus.
        const auto begin = out_.size();
        append_scalar(value, out_);
        if (op.escape == Escape::segment) {
          auto& scratch = scratch_[turn];
          scratch.assign(out_, begin);
          out_.resize(begin);
          put_string(scratch, op.escape);
        }
        break;
      }
      default:
        break;
    }
  }

  void put_string(std::string_view value, Escape escape) {
    // Escaping turns a byte into up to nine: a value that would exceed the limit by far is cut.
    value = value.substr(0, max_output + 1);
    switch (escape) {
      case Escape::none:
        out_ += value;
        break;
      case Escape::html:
        escape_html(value, out_);
        break;
      case Escape::url:
        put_url(value);
        break;
      case Escape::component:
        escape_url_component(value, out_);
        break;
      case Escape::segment:
        has_bad_segment_ = !append_plain_segment(value, out_) || has_bad_segment_;
        break;
      case Escape::srcset:
        put_srcset(value);
        break;
      case Escape::candidates:
        escape_candidates(value, out_);
        break;
      case Escape::script_string:
        escape_script_string(value, out_);
        break;
      case Escape::style:
        append_plain_style(value, out_);
        break;
      case Escape::style_string:
        escape_style_string(value, out_);
        break;
      case Escape::style_address:
        escape_style_address(value, out_);
        break;
      case Escape::script:
      case Escape::json:
        break;  // done in put()
    }
  }

  void put_url(std::string_view value) {
    const auto before = url_so_far();
    if (before.empty()) {
      escape_url(value, out_);
      return;
    }
    if (has_query(before)) {
      escape_url_component(value, out_);
      return;
    }
    const bool at_root = is_root(before);
    const auto begin = out_.size();
    escape_url(value, out_);
    // After "/" a second one would make the value name a host.
    if (at_root && out_.size() > begin && out_[begin] == '/') {
      out_.replace(begin, 1, "%2F");
    }
  }

  void begin_url() {
    url_begin_ = out_.size();
    has_bad_segment_ = false;
  }

  // Replaces an address whose values made it something else than its beginning says: "#" leads
  // nowhere, and an empty one loads nothing.
  void end_url(AddressCheck check) {
    const auto address = url_so_far();
    const bool is_bad = (check == AddressCheck::scheme && !is_safe_address(address)) ||
                        (check == AddressCheck::path && begins_with_host(address));
    if (is_bad || has_bad_segment_) {
      out_.resize(url_begin_);
      forget_constants_after(url_begin_);
      out_ += has_bad_segment_ ? "" : "#";
    }
  }

  void forget_constants_after(std::size_t offset) {
    while (constants_ != nullptr && !constants_->empty() && constants_->back().end > offset) {
      constants_->pop_back();
    }
  }

  void put_srcset(std::string_view value) {
    const auto begin = out_.size();
    escape_srcset_url(value, out_);
    if (!is_safe_address(std::string_view(out_).substr(begin))) {
      out_.resize(begin);
      out_ += '#';
    }
  }

  std::string_view url_so_far() const { return std::string_view(out_).substr(url_begin_); }

  const Template& compiled_;
  Facts& facts_;
  const Locale& locale_;
  const TemplateInput& input_;
  ConstantParts* constants_;
  std::pmr::string& out_;
  const std::size_t limit_;
  std::size_t url_begin_ = 0;
  bool has_bad_segment_ = false;  // since url_begin_
  unsigned iterations_ = 0;
  const Context* context_ = nullptr;  // innermost
  Kept kept_;
  Value whole_;                              // the scalar that the last section was about
  std::array<std::pmr::string, 2> scratch_;  // results of filters, in turn
};

bool Template::render(Facts& facts, const Locale& locale, const TemplateInput& input,
                      std::pmr::string& out) const noexcept {
  const auto begin = out.size();
  try {
    if (TemplateRun(*this, facts, locale, input, out).run()) {
      trim_ends(begin, ends_, out, input.constants);
      return true;
    }
  } catch (...) {
    // Out of memory; what was appended goes away below.
  }
  out.resize(begin);
  return false;
}

}  // namespace personalize
