#include "render/templates/linker.h"

#include <algorithm>
#include <utility>

#include "base/values/member.h"
#include "base/values/scalar.h"
#include "personalize/base/fnv.h"
#include "render/escaping/escape.h"

namespace personalize {

void TemplateLinker::link() {
  auto& blocks = into_.blocks_;
  for (std::uint32_t block = 0; block < blocks.size(); ++block) {
    recursive_.push_back(block != 0 && is_recursive(block));
  }
  std::vector<Ops> linked(blocks.size());
  for (std::uint32_t block = 0; block < blocks.size(); ++block) {
    if (block == 0 || recursive_[block]) {
      linked[block] = link_block(block);
    }
  }
  blocks = std::move(linked);
  into_.text_ = std::move(text_);
}

bool TemplateLinker::is_recursive(std::uint32_t block) const {
  std::vector<bool> seen(into_.blocks_.size());
  return calls(block, block, seen);
}

bool TemplateLinker::calls(std::uint32_t block, std::uint32_t called,
                           std::vector<bool>& seen) const {
  return std::any_of(into_.blocks_[block].begin(), into_.blocks_[block].end(), [&](const Op& op) {
    if (op.kind != Op::Kind::partial || seen[op.a]) {
      return false;
    }
    seen[op.a] = true;
    return op.a == called || calls(op.a, called, seen);
  });
}

TemplateLinker::Ops TemplateLinker::link_block(std::uint32_t block) {
  const auto& from = into_.blocks_[block];
  ops_.clear();
  closed_ = none;
  items_.clear();
  if (block != 0 || into_.data_) {
    items_.emplace_back();  // what is around its calls, or the caller's data
  }
  copy(from, 0, from.size());
  emit_text();
  for (std::size_t i = 0; i < ops_.size(); ++i) {
    if (ops_[i].kind == Op::Kind::section) {
      ops_[i].needs_item = needs_item(i);
      note_whole(i);
      note_kept(i);
    }
  }
  return std::move(ops_);
}

void TemplateLinker::copy(const Ops& from, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    const Op& op = from[i];
    switch (op.kind) {
      case Op::Kind::text:
        text_.append(into_.text_, op.text, op.size);
        break;
      case Op::Kind::section:
      case Op::Kind::inverted:
        copy_section(from, i);
        i = op.b - 1;
        break;
      case Op::Kind::value:
        copy_value(op);
        break;
      case Op::Kind::partial:
        if (recursive_[op.a]) {
          is_asked_later_ = true;
          emit(op);
        } else {
          copy(into_.blocks_[op.a], 0, into_.blocks_[op.a].size());
        }
        break;
      case Op::Kind::url_end:
        copy_url_end(op);
        break;
      default:
        emit(op);
    }
  }
}

// A value of a constant becomes text where it is escaped for HTML as it is.
void TemplateLinker::copy_value(const Op& op) {
  const auto known = resolve(into_.names_[op.a]);
  if (!known || op.b != op.c || op.escape != Escape::html) {
    note_names(op);
    is_asked_later_ = is_asked_later_ || (known && known->is_of_item);
    return emit(op);
  }
  std::pmr::string text;
  std::pmr::string escaped;
  append_scalar(known->value, text);
  escape_html(text, escaped);
  text_ += escaped;
}

void TemplateLinker::copy_section(const Ops& from, std::size_t at) {
  const Op& op = from[at];
  const auto known = resolve(into_.names_[op.a]);
  if (!known || known->value.kind() == Kind::array) {
    is_asked_later_ = is_asked_later_ || (known && known->is_of_item);
    return copy_unknown_section(from, at);
  }
  if (shows_section(known->value) != (op.kind == Op::Kind::section)) {
    return;
  }
  if (op.kind == Op::Kind::inverted) {
    return copy(from, at + 1, op.b);
  }
  if (!copy_known_section(from, at, known->value)) {
    is_asked_later_ = is_asked_later_ || known->is_of_item;
    copy_unknown_section(from, at);
  }
}

// Copies the body of a section over a constant that is shown. Returns false, and copies nothing, if
// the constant is asked for when the template is run.
bool TemplateLinker::copy_known_section(const Ops& from, std::size_t at, const Value& value) {
  if (asked_later_.count(&from[at]) != 0) {
    return false;
  }
  const auto ops = ops_.size();
  const auto text = text_.size();
  const auto begin = begin_;
  const auto closed = closed_;
  const bool was_asked_later = std::exchange(is_asked_later_, false);
  items_.emplace_back(value);
  copy(from, at + 1, from[at].b);
  items_.pop_back();
  if (!std::exchange(is_asked_later_, was_asked_later)) {
    return true;
  }
  ops_.resize(ops, Op{Op::Kind::text});
  text_.resize(text);
  begin_ = begin;
  closed_ = closed;
  asked_later_.insert(&from[at]);
  return false;
}

void TemplateLinker::copy_unknown_section(const Ops& from, std::size_t at) {
  const Op& op = from[at];
  const bool is_inverted = op.kind == Op::Kind::inverted;
  const auto before = std::exchange(closed_, none);
  const bool is_else =
      is_inverted && before != none && begin_ == text_.size() && is_same_name(ops_[before].a, op.a);
  std::size_t skip = none;
  if (is_else) {
    skip = ops_.size();
    emit({Op::Kind::skip});
    ops_[before].b = static_cast<std::uint32_t>(ops_.size());
    ops_[before].has_else = true;
  }
  const auto section = ops_.size();
  emit(op);
  if (!is_inverted) {
    items_.emplace_back();
  }
  copy(from, at + 1, op.b);
  if (!is_inverted) {
    items_.pop_back();
  }
  emit_text();
  const auto end = static_cast<std::uint32_t>(ops_.size());
  ops_[section].b = end;
  if (is_else) {
    ops_[skip].b = end;
  }
  closed_ = is_inverted ? none : section;
}

std::optional<TemplateLinker::Known> TemplateLinker::resolve(const Name& name) {
  if (name.current) {
    is_asked_later_ = is_asked_later_ || (!items_.empty() && items_.back());
    return std::nullopt;
  }
  bool is_known = true;  // that no section so far has the member
  for (auto item = items_.rbegin(); name.member && item != items_.rend(); ++item) {
    const Value found = *item ? find_member(**item, name.path) : Value();
    const bool has_first = *item && !(*item)->find(name.path.front()).is_missing();
    if (has_first && is_known) {
      return Known{found, true};
    }
    is_asked_later_ = is_asked_later_ || has_first;
    is_known = is_known && item->has_value();
  }
  if (!is_known) {
    return std::nullopt;
  }
  if (name.field != Name::no_index) {
    const bool is_constant = name.field < constants_.size() && constants_[name.field];
    return is_constant ? std::optional(Known{*constants_[name.field]}) : std::nullopt;
  }
  return std::nullopt;
}

// Notes whether arguments of filters are asked for in a constant.
void TemplateLinker::note_names(const Op& op) {
  for (auto filter = op.b; filter < op.c; ++filter) {
    const auto argument = into_.filters_[filter].argument_name;
    const auto known =
        argument == Filter::no_argument ? std::nullopt : resolve(into_.names_[argument]);
    is_asked_later_ = is_asked_later_ || (known && known->is_of_item);
  }
}

void TemplateLinker::copy_url_end(const Op& op) {
  constexpr std::size_t before = 2;
  const auto size = ops_.size();
  const bool is_one_value = size >= before && begin_ == text_.size() &&
                            ops_[size - 2].kind == Op::Kind::url_begin &&
                            ops_[size - 1].kind == Op::Kind::value && ops_[size - 1].size == 0 &&
                            ops_[size - 1].escape == Escape::url;
  if (!is_one_value) {
    return emit(op);
  }
  Op address = ops_[size - 1];
  address.kind = Op::Kind::address;
  address.check = op.check;
  address.text = ops_[size - 2].text;
  address.size = ops_[size - 2].size;
  address.hash = ops_[size - 2].hash;
  ops_.resize(size - before);
  ops_.push_back(address);
}

void TemplateLinker::emit(Op op) {
  op.text = static_cast<std::uint32_t>(begin_);
  op.size = static_cast<std::uint32_t>(text_.size() - begin_);
  op.hash = fnv1a_32(std::string_view(text_).substr(begin_));
  begin_ = text_.size();
  closed_ = none;
  ops_.push_back(op);
}

void TemplateLinker::emit_text() {
  if (begin_ < text_.size()) {
    emit({Op::Kind::text});
  }
}

// Notes which values are what the section around them is of, as long as no other one has been run
// since it began.
void TemplateLinker::note_whole(std::size_t section) {
  for (std::size_t i = section + 1; i < ops_[section].b; ++i) {
    Op& op = ops_[i];
    if (op.kind == Op::Kind::section || op.kind == Op::Kind::partial) {
      return;
    }
    if (op.kind == Op::Kind::value || op.kind == Op::Kind::address) {
      op.is_of_section = is_same_name(op.a, ops_[section].a);
    }
  }
}

// Notes what of a section's body depends on its item alone.
void TemplateLinker::note_kept(std::size_t section) {
  constexpr std::size_t least = 3;  // of what is not all
  const std::size_t begin = section + 1;
  const std::size_t end = ops_[section].b - (ops_[section].has_else ? 1U : 0U);
  std::size_t first = begin;
  const auto close = [&](std::size_t last) {
    const bool is_worth = std::any_of(ops_.begin() + static_cast<std::ptrdiff_t>(first),
                                      ops_.begin() + static_cast<std::ptrdiff_t>(last),
                                      [](const Op& op) { return op.kind != Op::Kind::text; });
    const bool is_all = first == begin && last == end;
    if (is_worth && (is_all || last - first >= least)) {
      ops_[first].kept_until = static_cast<std::uint32_t>(last);
    }
  };
  for (std::size_t i = begin; i < end;) {
    const auto next = end_of_unit(i);
    if (!is_of_item(i, next)) {
      close(i);
      first = next;
    }
    i = next;
  }
  close(end);
}

// Returns where an operation ends with all that belongs to it: a section, what is shown in its
// place, an address.
std::size_t TemplateLinker::end_of_unit(std::size_t begin) const {
  const Op& op = ops_[begin];
  switch (op.kind) {
    case Op::Kind::section:
      return op.has_else ? ops_[op.b].b : op.b;
    case Op::Kind::inverted:
      return op.b;
    case Op::Kind::url_begin: {
      auto end = begin + 1;
      while (end < ops_.size() && ops_[end].kind != Op::Kind::url_end) {
        ++end;
      }
      return std::min(end + 1, ops_.size());
    }
    default:
      return begin + 1;
  }
}

// Returns whether the operations show nothing but their item, and addresses that begin among them.
bool TemplateLinker::is_of_item(std::size_t begin, std::size_t end) const {
  bool is_in_url = false;
  for (std::size_t i = begin; i < end; ++i) {
    const Op& op = ops_[i];
    switch (op.kind) {
      case Op::Kind::text:
      case Op::Kind::skip:
        break;
      case Op::Kind::value:
      case Op::Kind::address: {
        const bool is_of_url = op.kind == Op::Kind::value &&
                               (op.escape == Escape::url || op.escape == Escape::component ||
                                op.escape == Escape::segment);
        if (!is_of_item(op.a) || (is_of_url && !is_in_url)) {
          return false;
        }
        for (std::uint32_t filter = op.b; filter < op.c; ++filter) {
          const auto argument = into_.filters_[filter].argument_name;
          if (argument != Filter::no_argument && !is_of_item(argument)) {
            return false;
          }
        }
        break;
      }
      case Op::Kind::section:
      case Op::Kind::inverted:
        if (!is_of_item(op.a)) {
          return false;
        }
        break;
      case Op::Kind::url_begin:
        is_in_url = true;
        break;
      case Op::Kind::url_end:
        if (!is_in_url) {
          return false;
        }
        is_in_url = false;
        break;
      case Op::Kind::partial:
      case Op::Kind::script_nonce:
      case Op::Kind::style_nonce:
        return false;
    }
  }
  return !is_in_url;
}

// Returns whether the name is found in the item of a section, or nowhere, or is a text of the
// locale.
bool TemplateLinker::is_of_item(std::uint32_t number) const {
  const Name& name = into_.names_[number];
  if (name.current) {
    return true;
  }
  if (!name.member) {
    return name.field != Name::no_index && name.field >= into_.field_count_;
  }
  const bool is_of_list =
      name.place != Name::no_index && (into_.records_->of_list >> name.place & 1U) != 0;
  const bool is_field = name.field < into_.field_count_;
  return !is_field && name.attribute == Name::no_index && !is_of_list;
}

// Returns whether something in the section is about its item as a whole.
bool TemplateLinker::needs_item(std::size_t section) const {
  const auto begin = ops_.begin() + static_cast<std::ptrdiff_t>(section) + 1;
  const auto end = ops_.begin() + static_cast<std::ptrdiff_t>(ops_[section].b);
  return std::any_of(begin, end,
                     [&](const Op& op) { return op.kind == Op::Kind::partial || is_current(op); });
}

bool TemplateLinker::is_current(const Op& op) const {
  switch (op.kind) {
    case Op::Kind::section:
    case Op::Kind::inverted:
      return into_.names_[op.a].current;
    case Op::Kind::value:
    case Op::Kind::address:
      break;
    default:
      return false;
  }
  const auto begin = into_.filters_.begin() + op.b;
  const auto end = into_.filters_.begin() + op.c;
  return into_.names_[op.a].current || std::any_of(begin, end, [&](const Filter& filter) {
           return filter.argument_name != Filter::no_argument &&
                  into_.names_[filter.argument_name].current;
         });
}

bool TemplateLinker::is_same_name(std::uint32_t one, std::uint32_t other) const {
  const Name& a = into_.names_[one];
  const Name& b = into_.names_[other];
  return a.current == b.current && a.member == b.member && a.path == b.path && a.field == b.field &&
         a.attribute == b.attribute;
}

}  // namespace personalize
