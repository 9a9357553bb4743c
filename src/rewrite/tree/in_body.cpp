// The insertion mode "in body" (WHATWG HTML, 13.2.6.4.7).
#include "rewrite/tree/tree.h"

#include "rewrite/tree/element_groups.h"

namespace personalize::rewrite {

bool Tree::start_in_body(const StartTag& tag) {
  if (belongs_in_head(tag.tag)) {
    return start_in_head(tag);
  }
  if (has_trait(tag.tag, trait::plain_start)) {
    if (has_trait(tag.tag, trait::closes_p)) {
      close_p();
    } else {
      reconstruct_formatting();
    }
    insert(tag);
    return false;
  }
  switch (tag.tag) {
    case Tag::caption:
    case Tag::col:
    case Tag::colgroup:
    case Tag::tbody:
    case Tag::td:
    case Tag::tfoot:
    case Tag::th:
    case Tag::thead:
    case Tag::tr:
      // In a <template> they would be elements, in which other tags are ignored: the start of a
      // script, too. The end of the <template> leaves the markers of some on the list.
      note_outlasting();
      return false;
    case Tag::html:
    case Tag::body:
    case Tag::head:
    case Tag::frame:
      return false;
    case Tag::frameset:  // it may replace the body, which depends on the text before it
      give_up();
      return false;
    case Tag::h1:
    case Tag::h2:
    case Tag::h3:
    case Tag::h4:
    case Tag::h5:
    case Tag::h6:
      close_p();
      if (top().space == Namespace::html && is_heading(top().tag)) {
        pop(ElementEnd::implied);
      }
      insert(tag);
      return false;
    case Tag::form:
      if (form_ != 0 && find_open(Tag::template_) == no_element) {
        return false;
      }
      close_p();
      insert(tag);
      if (find_open(Tag::template_) == no_element) {
        form_ = top().serial;
      }
      return false;
    case Tag::li:
    case Tag::dd:
    case Tag::dt:
      close_list_item(tag.tag);
      insert(tag);
      return false;
    case Tag::plaintext:
      close_p();
      insert(tag);
      content_ = ContentModel::plaintext;
      return false;
    case Tag::button: {
      std::size_t button = open_[ElementKind::button] == 0 ? no_element : in_scope(Tag::button);
      if (button != no_element) {
        generate_implied_end_tags();
        pop_to(button, false);
      }
      reconstruct_formatting();
      insert(tag);
      return false;
    }
    case Tag::a: {
      for (std::size_t i = formatting_.size(); i-- > 0 && formatting_[i].serial != 0;) {
        if (formatting_[i].tag != Tag::a) {
          continue;
        }
        std::uint32_t serial = formatting_[i].serial;
        const std::uint8_t left_open = left_open_;
        adopt(tag.name, false);
        left_open_ = left_open | link;
        takes_end_tags_ = false;
        std::size_t listed = formatting_of(serial);
        if (listed != no_element) {
          remove_formatting(listed);
        }
        std::size_t open = find_serial(serial);
        if (open != no_element) {
          left_open_ |= firmly;
          takes_end_tags_ = false;
          observer_.orphaned(stack_, open);
          take_out(open);
          make_shaky(open, true);
        }
        break;
      }
      reconstruct_formatting();
      insert_formatting(tag);
      return false;
    }
    case Tag::nobr:
      reconstruct_formatting();
      if (in_scope(Tag::nobr) != no_element) {
        observer_.misnested(stack_[in_scope(Tag::nobr)].serial);
        adopt(tag.name, false);
        left_open_ |= firmly;
        takes_end_tags_ = false;
        reconstruct_formatting();
      }
      insert_formatting(tag);
      return false;
    case Tag::applet:
    case Tag::marquee:
    case Tag::object:
      reconstruct_formatting();
      insert(tag);
      formatting_.push_back({});
      return false;
    case Tag::table:
      if (open_[ElementKind::p] != 0 && in_scope(Tag::p, Scope::button) != no_element) {
        if (!quirks_known_) {
          give_up();
          return false;
        }
        if (no_quirks_) {
          close_p();
        }
      }
      insert(tag);
      set_mode(Mode::in_table);
      return false;
    case Tag::area:
    case Tag::br:
    case Tag::embed:
    case Tag::img:
    case Tag::input:
    case Tag::keygen:
    case Tag::wbr:
      reconstruct_formatting();
      insert_void(tag);
      return false;
    case Tag::image: {
      StartTag img = tag;
      img.tag = Tag::img;
      img.name = key_of(Tag::img);
      reconstruct_formatting();
      insert_void(img);
      return false;
    }
    case Tag::param:
    case Tag::source:
    case Tag::track:
      insert_void(tag);
      return false;
    case Tag::hr:
      close_p();
      insert_void(tag);
      return false;
    case Tag::xmp:
      close_p();
      // Nothing else that ends a <p> stands in formatting that goes on after it.
      if (left_open_ != 0 && formatting_waits()) {
        left_open_ |= firmly;
        takes_end_tags_ = false;
      }
      reconstruct_formatting();
      insert_raw(tag);
      return false;
    case Tag::textarea:
    case Tag::iframe:
    case Tag::noembed:
    case Tag::noscript:
      insert_raw(tag);
      return false;
    case Tag::select: {
      reconstruct_formatting();
      insert(tag);
      bool in_table = mode_ >= Mode::in_table && mode_ <= Mode::in_cell;
      set_mode(in_table ? Mode::in_select_in_table : Mode::in_select);
      return false;
    }
    case Tag::optgroup:
    case Tag::option:
      if (top().is(Tag::option)) {
        pop(ElementEnd::implied);
      }
      reconstruct_formatting();
      insert(tag);
      return false;
    case Tag::rb:
    case Tag::rtc:
      if (in_scope(Tag::ruby) != no_element) {
        generate_implied_end_tags();
      }
      insert(tag);
      return false;
    case Tag::rp:
    case Tag::rt:
      if (in_scope(Tag::ruby) != no_element) {
        generate_implied_end_tags(Tag::rtc);
      }
      insert(tag);
      return false;
    case Tag::math:
    case Tag::svg:
      reconstruct_formatting();
      insert_foreign(tag, tag.tag == Tag::svg ? Namespace::svg : Namespace::math);
      return false;
    default:
      reconstruct_formatting();
      if (has_trait(tag.tag, trait::formatting)) {
        insert_formatting(tag);
      } else {
        insert(tag);
      }
      return false;
  }
}

void Tree::end_any_other(NameKey name) {
  for (std::size_t i = stack_.size(); i-- > 0;) {
    const OpenElement& node = stack_[i];
    if (node.space == Namespace::html && node.name == name) {
      generate_implied_end_tags(node.tag);
      return pop_to(i, true);
    }
    if (is_special(node)) {
      return;
    }
  }
}

// Returns false if body is not in scope: then the end tag is ignored.
bool Tree::end_body() {
  if (in_scope(Tag::body) == no_element) {
    return false;
  }
  observer_.body_ended();
  set_mode(Mode::after_body);
  return true;
}

bool Tree::end_in_body(NameKey name, Tag tag) {
  if (has_trait(tag, trait::formatting)) {
    adopt(name, true);
    return false;
  }
  switch (tag) {
    case Tag::template_:
      end_template();
      return false;
    case Tag::body:
      end_body();
      return false;
    case Tag::html:
      return end_body();
    case Tag::form: {
      if (find_open(Tag::template_) != no_element) {
        break;
      }
      std::size_t form = form_ == 0 ? no_element : find_serial(form_);
      form_ = 0;
      if (form == no_element || in_scope(Tag::form) != form) {
        return false;
      }
      generate_implied_end_tags();
      if (form + 1 == stack_.size()) {
        pop(ElementEnd::own_tag);
      } else {
        // In the tree the others stay in it; on the stack its parent is the first's.
        observer_.orphaned(stack_, form);
        take_out(form);
        last_orphan_ = stack_[form].serial;
      }
      return false;
    }
    case Tag::p:
      if (open_[ElementKind::p] == 0 || in_scope(Tag::p, Scope::button) == no_element) {
        next_shaky_ = true;  // an end tag makes an element
        push_implied(Tag::p);
      }
      generate_implied_end_tags(Tag::p);
      pop_to(in_scope(Tag::p, Scope::button), true);
      return false;
    case Tag::br:
      reconstruct_formatting();
      next_shaky_ = true;
      push_implied(Tag::br);
      pop(ElementEnd::no_content);
      return false;
    case Tag::li:
    case Tag::dd:
    case Tag::dt: {
      Scope scope = tag == Tag::li ? Scope::list_item : Scope::normal;
      if (in_scope(tag, scope) == no_element) {
        return false;
      }
      generate_implied_end_tags(tag);
      pop_to(in_scope(tag, scope), true);
      return false;
    }
    case Tag::h1:
    case Tag::h2:
    case Tag::h3:
    case Tag::h4:
    case Tag::h5:
    case Tag::h6:
      for (std::size_t i = stack_.size(); i-- > 0;) {
        if (stack_[i].space == Namespace::html && is_heading(stack_[i].tag)) {
          generate_implied_end_tags();
          // The innermost heading ends, whichever it is.
          std::size_t heading = stack_.size() - 1;
          while (!(stack_[heading].space == Namespace::html && is_heading(stack_[heading].tag))) {
            --heading;
          }
          pop_to(heading, true);
          return false;
        }
        if (bounds_scope(stack_[i], Scope::normal)) {
          return false;
        }
      }
      return false;
    case Tag::applet:
    case Tag::marquee:
    case Tag::object: {
      std::size_t index = in_scope(name, Scope::normal);
      if (index == no_element) {
        return false;
      }
      pop_to_marked(index, true);
      return false;
    }
    default:
      break;
  }
  bool block = tag == Tag::form || tag == Tag::button ||
               (has_trait(tag, trait::plain_end) && has_trait(tag, trait::closes_p));
  if (!block) {
    end_any_other(name);
    return false;
  }
  std::size_t index = in_scope(name, Scope::normal);
  if (index == no_element) {
    return false;
  }
  generate_implied_end_tags();
  pop_to(index, true);
  return false;
}

}  // namespace personalize::rewrite
