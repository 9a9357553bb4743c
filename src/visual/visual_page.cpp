#include "personalize/visual/visual_page.h"

#include <algorithm>
#include <optional>

#include "personalize/render/visual_elements.h"
#include "visual/attribute_edit.h"

namespace personalize {

namespace {

using Action = DomMutation::Action;
using Target = DomMutation::Target;

// Tells the browser which element a change has moved.
constexpr std::string_view moved_attribute = "data-pz-moved";

}  // namespace

VisualPage::VisualPage(const VisualChanges& changes, std::pmr::memory_resource* memory)
    : changes_(changes),
      memory_(memory),
      active_(changes.all().size(), false, memory),
      left_(changes.all().size(), false, memory),
      active_slots_(changes.slots().size(), false, memory) {}

void VisualPage::set(const std::pmr::vector<VisualChoice>& choices) {
  choices_ = &choices;
  const auto is_chosen = [&](const VisualChoice& wanted) {
    return std::any_of(choices.begin(), choices.end(), [&](const VisualChoice& choice) {
      return choice.experiment == wanted.experiment && choice.variation == wanted.variation;
    });
  };
  const auto& all = changes_.all();
  std::fill(active_slots_.begin(), active_slots_.end(), false);
  MoveOrder moves(memory_);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const VisualChange& change = all[i];
    active_[i] = is_chosen({change.experiment, change.variation});
    const bool is_moved = active_[i] && change.mutation->target == Target::position;
    const bool depends_on_move = is_moved && moves.add(*change.mutation);
    left_[i] = depends_on_move || (active_[i] && std::any_of(change.deciders.begin(),
                                                             change.deciders.end(), is_chosen));
    if (active_[i] && streams(i)) {
      active_slots_[all[i].slot] = true;
    }
  }
}

bool VisualPage::any() const noexcept {
  return choices_ != nullptr &&
         std::any_of(choices_->begin(), choices_->end(),
                     [&](const VisualChoice& choice) { return !variation(choice).empty(); });
}

std::uint32_t VisualPage::move_count() const noexcept {
  std::uint32_t moves = 0;
  for (std::size_t slot = 0; slot < active_slots_.size(); ++slot) {
    moves += active_slots_[slot] && this->moves(slot) ? 1 : 0;
  }
  return moves;
}

bool VisualPage::write(std::size_t slot, const ElementChanges& at, std::string_view value,
                       std::pmr::string& out) const {
  const VisualChanges::Slot& made = changes_.slots()[slot];
  if (made.target == Target::position) {
    if (active_slots_[slot]) {
      append_attribute(moved_attribute, std::to_string(made.moves), out);
    }
    return active_slots_[slot];
  }
  if (made.target != Target::html) {
    return write_attribute(made, at, value, out);
  }
  const bool is_written = write_html(made.appends, at, out);
  if (is_written && !behind_original(slot, at).empty()) {
    out += "<template data-pz-was=\"\">";
  }
  return is_written;
}

// Where markup means something else, so does that of the page.
std::string_view VisualPage::behind_original(std::size_t slot,
                                             const ElementChanges& at) const noexcept {
  const VisualChanges::Slot& made = changes_.slots()[slot];
  const bool is_kept = keeps_originals_ && made.target == Target::html && !made.appends &&
                       !at.is(ElementChanges::is_special);
  return is_kept ? "</template>" : "";
}

bool VisualPage::write_html(bool appends, const ElementChanges& at, std::pmr::string& out) const {
  const std::size_t begin = out.size();
  bool is_set = appends;
  bool fits = true;
  bool any = false;
  at.each([&](std::uint16_t number) {
    if (!is_made(number)) {
      return;
    }
    const VisualChange& change = changes_.all()[number];
    if (change.mutation->action == Action::set) {
      is_set = true;
      fits = true;
      out.resize(begin);
    }
    any = true;
    fits = fits && (change.breaks_in & at.facts()) == 0;
    out += change.mutation->value;
  });
  if (any && is_set && fits) {
    return true;
  }
  out.resize(begin);
  return false;
}

bool VisualPage::write_attribute(const VisualChanges::Slot& slot, const ElementChanges& at,
                                 std::string_view value, std::pmr::string& out) const {
  const bool is_there = at.is(ElementChanges::has_attribute);
  AttributeEdit edit(is_there ? std::optional(value) : std::nullopt, memory_);
  bool any = false;
  bool is_replaced = false;
  at.each([&](std::uint16_t number) {
    if (!is_made(number)) {
      return;
    }
    const DomMutation& mutation = *changes_.all()[number].mutation;
    any = true;
    is_replaced = is_replaced || AttributeEdit::ignores_value(mutation);
    edit.apply(mutation);
  });
  const bool is_known = !at.is(ElementChanges::is_unknown);
  if (!any || !(is_known || is_replaced)) {
    return false;
  }
  const auto made = edit.value();
  const bool is_same =
      is_known && made.has_value() == is_there && (!made || std::string_view(*made) == value);
  if (is_same || (!made && at.is(ElementChanges::is_repeated))) {
    return false;
  }
  if (made) {
    append_attribute(slot.attribute, *made, out);
  }
  if (keeps_originals_ && is_replaced && is_known) {
    std::pmr::string name("data-pz-was-", memory_);
    name += slot.attribute;
    std::pmr::string original(is_there ? "=" : "", memory_);
    original += value;
    append_attribute(name, original, out);
  }
  return true;
}

// Appends a style sheet that hides what the browser changes until it has done so, and not for long
// if no script comes.
void VisualPage::write_hidden(const WidgetDelivery& delivery, std::pmr::string& out) const {
  constexpr std::string_view frames = "@keyframes pz-visual{0%,100%{opacity:0}}";
  std::pmr::string css(frames, memory_);
  const auto& all = changes_.all();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const DomMutation& mutation = *all[i].mutation;
    const bool may_be_moved = streams(i) && mutation.target == Target::position;
    if (!active_[i] || (streams(i) && !may_be_moved) || !all[i].can_hide) {
      continue;
    }
    if (may_be_moved) {
      // As long as it has not been.
      css += ":root:not(:has([";
      css += moved_attribute;
      css += "=\"" + std::to_string(i) + "\"])) :is(" + mutation.selector + ")";
    } else {
      css += mutation.selector;
    }
    css += "{animation:pz-visual .6s!important}";
  }
  if (css.size() > frames.size()) {
    append_visual_style(delivery, {}, css, false, out);
  }
}

void VisualPage::write_head(const WidgetDelivery& delivery, bool is_utf8,
                            std::pmr::string& out) const {
  if (!any()) {
    return;
  }
  bool has_mutations = false;
  for (const VisualChoice& choice : *choices_) {
    const VisualVariation& made = variation(choice);
    has_mutations = has_mutations || !made.mutations.empty();
    if (!made.css.empty()) {
      append_visual_style(delivery, choice.experiment->key, made.css, is_utf8, out);
    }
  }
  if (has_mutations) {
    write_hidden(delivery, out);
    std::pmr::string json(memory_);
    write_json(false, json);
    append_visual_changes(delivery, json, out);
  }
}

void VisualPage::write_scripts(const WidgetDelivery& delivery, bool is_utf8,
                               std::pmr::string& out) const {
  if (choices_ == nullptr) {
    return;
  }
  for (const VisualChoice& choice : *choices_) {
    const std::string& js = variation(choice).js;
    if (!js.empty()) {
      append_visual_script(delivery, choice.experiment->key, js, is_utf8, out);
    }
  }
}

void VisualPage::write_json(bool is_whole, std::pmr::string& out) const {
  JsonText json(out);
  json.begin_array();
  if (choices_ != nullptr) {
    for (const VisualChoice& choice : *choices_) {
      const VisualVariation& made = variation(choice);
      if (made.empty()) {
        continue;
      }
      json.begin_object().key("experiment").string(choice.experiment->key);
      json.key("change").string(choice.experiment->change);
      json.key("variation").value(Value::number(choice.variation));
      if (is_whole) {
        json.key("css").string(made.css).key("js").string(made.js);
      }
      json.key("mutations").begin_array();
      write_mutations(choice, !is_whole, json);
      json.end_array().end_object();
    }
  }
  json.end_array();
}

// `is_of_page`: it is told to the page in which they were made.
void VisualPage::write_mutations(const VisualChoice& choice, bool is_of_page,
                                 JsonText& json) const {
  for (std::size_t i = 0; i < changes_.all().size(); ++i) {
    const VisualChange& change = changes_.all()[i];
    if (change.experiment != choice.experiment || change.variation != choice.variation) {
      continue;
    }
    const DomMutation& mutation = *change.mutation;
    json.begin_object().key("selector").string(mutation.selector);
    json.key("attribute").string(mutation.attribute);
    json.key("action").string(name_of(mutation.action));
    json.key("value").string(mutation.value);
    if (mutation.target == Target::position) {
      json.key("parentSelector").string(mutation.parent);
      json.key("insertBeforeSelector").string(mutation.before);
    }
    if (streams(i) && mutation.target == Target::position) {
      if (is_of_page) {
        json.key("moves").value(Value::number(static_cast<double>(i)));
      }
    } else if (streams(i)) {
      json.key("streamed").value(Value::number(1));
    }
    json.end_object();
  }
}

}  // namespace personalize
