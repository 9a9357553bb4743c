#include "rewrite/page_scan.h"

#include <algorithm>
#include <optional>

#include "base/text/ascii.h"
#include "base/text/copy.h"
#include "rewrite/meta_charset.h"
#include "rewrite/placing/doubts.h"
#include "rewrite/tokenizer/attribute.h"

namespace personalize::rewrite {
namespace {

bool places_on_every_match(const SlotMatcher::Compiled& matcher) {
  return std::any_of(matcher.rules.begin(), matcher.rules.end(),
                     [](const PlacingRule& rule) { return rule.all; });
}

bool replaces_by_changes(const SlotMatcher::Compiled& matcher) {
  return std::any_of(matcher.rules.begin(), matcher.rules.end(), [](const PlacingRule& rule) {
    return rule.change && rule.placement == Placement::inner;
  });
}

// Returns whether the page follows the rules of AMP
// (https://amp.dev/documentation/guides-and-tutorials/learn/spec/amphtml): for the web, mails or
// ads.
bool is_amp(const RawTag& html) {
  constexpr std::string_view bolt = "\xE2\x9A\xA1";
  constexpr std::string_view as_picture = "\xEF\xB8\x8F";  // a variation selector
  AttributeWalk walk(html.text, html.name_length);
  TagAttribute attribute;
  while (walk.next(attribute)) {
    std::string_view name = attribute.name;
    if (name.substr(0, bolt.size()) == bolt) {
      name.remove_prefix(bolt.size());
      if (name.substr(0, as_picture.size()) == as_picture) {
        name.remove_prefix(as_picture.size());
      }
    } else if (ascii::equal_ignoring_case(name.substr(0, 3), "amp")) {
      name.remove_prefix(3);
    } else {
      continue;
    }
    if (name.empty() || ascii::equal_ignoring_case(name, "4email") ||
        ascii::equal_ignoring_case(name, "4ads")) {
      return true;
    }
  }
  return false;
}

// Returns whether a script runs where it stands, so that it can look for what stands before it.
bool runs_at_once(const RawTag& script) {
  const auto find = [&script](std::string_view name) {
    bool is_there = false;
    const auto value = find_attribute(script.text, script.name_length, name, is_there);
    return is_there ? std::optional(value) : std::nullopt;
  };
  const auto type = ascii::trim_html_space(find("type").value_or(std::string_view()));
  // (javascript, ecmascript, jscript …)
  const bool is_script = type.empty() || ascii::contains_ignoring_case(type, "script");
  return is_script && !(find("src") && (find("defer") || find("async")));
}

}  // namespace

PageScan::PageScan(const SlotMatcher::Compiled& matcher, const Scanner::Limits& limits,
                   std::pmr::memory_resource* memory)
    : matcher_(matcher),
      memory_(memory),
      tree_(*this, memory),
      names_(memory, &matcher.names()),
      elements_(matcher, tree_, memory),
      placements_(position_, matcher.slot_count, places_on_every_match(matcher), memory),
      watches_(tree_, position_, placements_, limits.content, names_, matcher.elements, memory),
      moves_(tree_, position_, placements_, memory),
      markers_(matcher, tree_, placements_, limits.content, memory),
      noscript_(memory),
      may_keep_(replaces_by_changes(matcher)),
      changes_(memory) {
  if (matcher.slot_count == 0) {
    finish();
  }
}

void PageScan::begin_with_text(std::uint64_t offset) {
  begins_with_text_ = true;
  at_token(offset, offset);
  tree_.text(Tree::Text::word);
}

void PageScan::end_page(PageEnd end, std::uint64_t offset) {
  position_.end_is_markup = end != PageEnd::not_markup;
  at_token(offset, offset);
  if (position_.body_end == Position::unknown && !takes_body_end(tree_)) {
    position_.end_is_markup = false;
  }
  const std::string_view ends = ends_before_scripts();
  tree_.end_of_page();
  markers_.page_ended();
  if (may_be_no_html() && placements_.doubts(Doubt::not_html) == 0) {
    placements_.note(Doubt::not_html);
  }
  if (position_.body_end == Position::unknown) {
    place_all(matcher_.body_end, offset);
  }
  if (end != PageEnd::not_markup) {
    place_scripts(offset, ends);
  }
  finish();
}

// What has been found so far gets what comes for it at the end of the page.
void PageScan::lost() {
  const bool is_in_body = tree_.stack().size() > 1 && tree_.stack()[1].is(Tag::body);
  if (is_in_body && !position_.begins_in_drawing && takes_scripts(tree_)) {
    place_scripts(position_.token_begin);
  }
  fail(Doubt::end_uncertain);
}

void PageScan::finish() {
  finished_ = true;
  watches_.end_at(position_.token_begin);
  moves_.end();
  markers_.clear();
}

// --- Tokens ---

// Opens a tag whose name is unknown as written: it may be in upper case.
Passed PageScan::open_other_plainly(NameKey written, std::string_view tag, bool is_leaf) {
  const NameKey lower = ascii_lower8(written);
  const bool is_name = ascii::is_letter(tag[1]) && (lower & interned_name) == 0;
  if (!is_name) {
    return Passed::nothing;
  }
  const TagIndex::Entry& known = matcher_.tags.find(lower);
  if ((known.traits & trait::wanted) != 0 && elements_.wants_name(lower)) {
    return Passed::nothing;
  }
  return tree_.open_plainly(known, lower, tag, is_leaf);
}

TagContent PageScan::on_tag(const RawTag& tag) {
  at_token(tag.begin, tag.end, tag.begin_is_settled);
  const NameKey name = names_.key(tag.name());
  const Tag known = tag_of(name);
  if (known == Tag::form && moves_.is_in_element()) {
    moves_.see_form();
  }
  TagContent content;
  if (tag.is_end) {
    if (noscript_.is_open() && !noscript_.end(tag.begin)) {
      tree_.note_outlasting();
    }
    end_tag(name, known);
  } else {
    if (known == Tag::meta && looks_at_meta_) {
      read_meta(tag);
    }
    if (finished_) {
      return {};
    }
    if (known == Tag::script && moves_.holds() && runs_at_once(tag)) {
      moves_.see_script();
    }
    position_.tag = &tag;
    content = tree_.start_tag({name, known, &tag});
    position_.tag = nullptr;
    if (known == Tag::noscript && may_keep_ && content.model != ContentModel::markup) {
      noscript_.begin(tag.end);
    }
  }
  note_missed_positions();
  if (moves_.is_waiting()) {
    moves_.place(markers_.held_from(watches_.held_from(Position::unknown)));
  }
  if (is_done()) {
    finish();
  }
  return content;
}

void PageScan::end_tag(NameKey name, Tag tag) {
  const std::size_t open = tree_.stack().size();
  const bool is_in_element = moves_.is_in_element();
  tree_.end_tag(name, tag);
  if (is_in_element && tree_.stack().size() == open) {
    moves_.see_lone_end_tag();
  }
}

// Reads a <meta>. The first that declares a charset counts. Browsers search the bytes, and would
// see one in a script too.
void PageScan::read_meta(const RawTag& tag) {
  const Charset charset = meta_charset(tag.text, tag.name_length);
  if (charset == Charset::unknown) {
    return;
  }
  if (charset == Charset::not_like_ascii) {
    return fail(Doubt::charset);
  }
  if (charset == Charset::utf8 && tag.end <= charset_bytes) {
    utf8_from_ = std::min(utf8_from_, tag.end);
  }
  looks_at_meta_ = false;
}

void PageScan::on_doctype(std::uint64_t begin, std::uint64_t end, std::string_view text) {
  at_token(begin, end);
  tree_.doctype(text);
  note_missed_positions();
}

void PageScan::on_text(std::uint64_t begin, std::string_view text) {
  if (watches_.awaits_line_feed()) {
    watches_.see_text(begin, text);
  }
  while (!text.empty()) {
    at_token(begin, begin);
    const std::size_t size = text.size();
    tree_.text(Tree::take_text(text));
    begin += size - text.size();
  }
}

void PageScan::on_comment(std::uint64_t begin, std::uint64_t end, std::string_view text) {
  const std::string_view content = CommentMarkers::content(text);
  if (content.empty()) {
    return;
  }
  at_token(begin, end);
  if (may_be_no_html() || tree_.is_inert()) {
    return;
  }
  if (content == "/pz") {
    markers_.close(begin);
  } else if (content.substr(0, 3) == "pz:") {
    const std::string_view name = ascii::trim_html_space(content.substr(3));
    if (!markers_.open(name, end)) {
      fail(Doubt::end_uncertain);
    }
  }
  if (is_done()) {
    finish();
  }
}

// --- Elements ---

void PageScan::opened(OpenElement& element, bool implied) {
  if (implied && element.shaky) {
    elements_.mark_clone(element);
    return;
  }
  if (tree_.is_inert()) {
    return;
  }
  if (element.is(Tag::html) && !implied && is_amp(*position_.tag)) {
    return fail(Doubt::amp);
  }
  if (implied && element.has(trait::implied_whole) && !tree_.is_whole_page()) {
    return;
  }
  const auto& matched = elements_.match(element, implied ? nullptr : position_.tag);
  if (elements_.unsure() + elements_.cut_off() != 0) {
    moves_.stop();
  }
  for (std::uint32_t i = 0; i < elements_.unsure(); ++i) {
    placements_.note(Doubt::end_uncertain);
  }
  for (std::uint32_t i = 0; i < elements_.cut_off(); ++i) {
    placements_.note(Doubt::token_too_long);
  }
  if (matched.empty()) {
    return;
  }
  if (may_be_no_html()) {
    moves_.stop();
    for (std::size_t i = 0; i < matched.size(); ++i) {
      placements_.note(Doubt::not_html);
    }
    return;
  }
  const std::uint32_t base = placements_.take_numbers(5);
  for (std::size_t i = 0; i < matched.size(); ++i) {
    const PlacingRule& rule = matcher_.rules[matched[i]];
    if ((rule.change || rule.move != MovePart::none) && !takes_changes()) {
      moves_.stop();
      continue;
    }
    if (rule.move != MovePart::none) {
      moves_.match(rule, element, implied, base);
    } else if (rule.change) {
      i = place_changes(matched, i, element, implied, base);
    } else if (rule.attribute.empty()) {
      watches_.match(rule, element, implied, base);
    } else if (implied) {
      placements_.note(Doubt::end_uncertain);
    } else {
      watches_.match_attribute(rule, base + 3);
    }
  }
}

// A part of a page comes to stand in one that makes the changes; and what belongs to them stands at
// the end of the head.
bool PageScan::takes_changes() const {
  return tree_.is_whole_page() && !lacks_head_end_;
}

// Places the changes of one slot, which begin at `first` of the matched rules. Returns the index of
// the last of them.
std::size_t PageScan::place_changes(const std::pmr::vector<std::uint32_t>& matched,
                                    std::size_t first, OpenElement& element, bool implied,
                                    std::uint32_t base) {
  const PlacingRule& rule = matcher_.rules[matched[first]];
  changes_.clear();
  std::size_t end = first;
  for (; end < matched.size() && matcher_.rules[matched[end]].slot == rule.slot; ++end) {
    changes_.push_back(*matcher_.rules[matched[end]].change);
  }
  watches_.match_changes(rule, changes_, element, implied, base);
  return end - 1;
}

void PageScan::closed(const OpenElement& element, ElementEnd end) {
  // A marker cannot reach beyond the element that it stands in.
  markers_.closed(element);
  const bool is_appended_to = watches_.appends_change(element);
  const std::uint32_t base = placements_.take_numbers(4);
  watches_.closed(element, end, base);
  moves_.closed(element, end, base, is_appended_to);
}

void PageScan::misnested(std::uint32_t serial) {
  watches_.misnested(serial);
  moves_.misnested(serial);
  markers_.misnested(serial);
}

void PageScan::rearranged(std::uint32_t serial) {
  watches_.rearranged(serial);
  moves_.misnested(serial);
  markers_.misnested(serial);
}

void PageScan::orphaned(ElementStack& stack, std::size_t index) {
  const std::uint32_t serial = stack[index].serial;
  watches_.orphaned(stack, index);
  moves_.misnested(serial);
  markers_.misnested(serial);
}

void PageScan::moved(ElementStack& stack, std::size_t first) {
  elements_.mark_again(stack, first);
  moves_.stop();
  match_again(stack, first, stack.size());
  watches_.end_rearranging();
}

void PageScan::renumbered(ElementStack& stack, std::size_t index) {
  moves_.stop();
  if (elements_.is_renumbered(stack[index])) {
    watches_.rearranged(stack[index].serial);
    return moved(stack, index);
  }
  watches_.renumbered(stack[index].serial);
  match_again(stack, index, index + 1);
  watches_.end_rearranging();
}

void PageScan::page_is_whole(ElementStack& stack) {
  late_begin_ = position_.token_end;
  elements_.mark_late(stack);
  moves_.stop();
  match_again(stack, 2, stack.size());  // not <html> and <body>, which have passed
}

// Elements of the stack, from `first` on, have got other ancestors or another number, so that other
// rules may match.
// Formatting among what was moved are clones, which match nothing.
void PageScan::match_again(ElementStack& stack, std::size_t first, std::size_t end) {
  const bool may_match = !may_be_no_html() && !tree_.is_inert();
  for (std::size_t i = first; may_match && i < end; ++i) {
    if (stack[i].has(trait::formatting)) {
      continue;
    }
    for (const std::uint32_t number : elements_.match_again(stack[i])) {
      if (matcher_.rules[number].move == MovePart::none) {
        watches_.match_again(matcher_.rules[number], stack, i);
      }
    }
  }
}

// --- Implied positions ---

void PageScan::head_ended() {
  missed_head_end_ = !tree_.is_whole_page();
  lacks_head_end_ = missed_head_end_ || !position_.end_is_markup;
  place_all(matcher_.head_end, position_.token_begin);
}

void PageScan::body_started(bool implied) {
  missed_body_start_ = !tree_.is_whole_page();
  place_all(matcher_.body_start, implied ? position_.token_begin : position_.token_end);
}

// Called when something visible stood before <!doctype> or <html>, so that head and body began
// there, before it was known that the page is a whole one.
void PageScan::note_missed_positions() {
  if (!(missed_head_end_ || missed_body_start_) || !tree_.is_whole_page()) {
    return;
  }
  const auto note = [this](const std::vector<SlotId>& slots) {
    for (SlotId slot : slots) {
      if (placements_.is_free(slot)) {
        placements_.note(Doubt::end_uncertain);
      }
    }
  };
  if (missed_head_end_) {
    note(matcher_.head_end);
  }
  if (missed_body_start_) {
    note(matcher_.body_start);
  }
  missed_head_end_ = missed_body_start_ = false;
}

void PageScan::place_all(const std::vector<SlotId>& slots, std::uint64_t offset) {
  if (!tree_.is_whole_page()) {
    return;
  }
  for (SlotId slot : slots) {
    if (!placements_.is_free(slot)) {
      continue;
    }
    if (!position_.end_is_markup) {
      placements_.note(Doubt::end_uncertain);
      continue;
    }
    const std::uint32_t number = placements_.take_numbers(1) + 1;
    placements_.place({offset, offset, slot, number, number});
  }
}

// Places the slot of <script> and <template>, if it has no place yet.
void PageScan::place_scripts(std::uint64_t offset, std::string_view ends) {
  const SlotId slot = matcher_.of_scripts;
  if (slot == no_slot || !tree_.is_whole_page() || !placements_.is_free(slot)) {
    return;
  }
  const std::uint32_t number = placements_.take_numbers(1) + 1;
  Splice splice{offset, offset, slot, number, number};
  splice.ends = ends;
  placements_.place(splice);
}

// Returns the end tags that go before them at the end of the page.
std::string_view PageScan::ends_before_scripts() {
  std::pmr::string ends(memory_);
  append_ends_before_scripts(tree_, ends);
  return ends.empty() ? std::string_view() : copy_text(ends, memory_);
}

void PageScan::body_ended() {
  if (position_.body_end != Position::unknown) {
    return;
  }
  moves_.stop();
  watches_.end_at_body();
  // Formatting that would be reopened for the content would also get hold of what may come after.
  if (!takes_body_end(tree_) || tree_.formatting_waits()) {
    position_.end_is_markup = false;
  }
  position_.ends_in_drawing = tree_.stack().back().space != Namespace::html;
  if (position_.end_is_markup) {
    watches_.append_to_body();
  }
  position_.body_end = position_.token_begin;
  place_all(matcher_.body_end, position_.token_begin);
  if (takes_scripts(tree_)) {
    place_scripts(position_.token_begin);
  }
}

}  // namespace personalize::rewrite
