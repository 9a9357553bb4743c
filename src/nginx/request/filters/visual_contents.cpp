#include "nginx/request/filters/visual_contents.h"

#include <algorithm>
#include <new>

#include "base/text/copy.h"
#include "nginx/worker.h"
#include "personalize/render/character_references.h"

namespace personalize {

bool VisualContents::is_for_page() noexcept {
  if (is_for_page_) {
    return *is_for_page_;
  }
  is_for_page_ = false;
  const Site& site = facts_.site();
  if (site.visual) {
    const auto& experiments = site.visual->experiments();
    for (std::size_t i = 0; i < experiments.size(); ++i) {
      if (facts_.decision().targets_page(experiments[i])) {
        is_for_page_ = true;
        needs_ |= site.visual_needs[i];
      }
    }
  }
  return *is_for_page_;
}

// Returns the page's changes, decided now if they were not; nullptr where there can be none.
VisualPage* VisualContents::page() {
  if (!is_for_page()) {
    return nullptr;
  }
  if (!page_) {
    choices_.emplace(memory_);
    facts_.decision().choose_visual(delivery_.nonces.runs_scripts, *choices_);
    exposures_.note(facts_.decision());
    page_.emplace(*facts_.site().visual, memory_);
    page_->set(*choices_);
    if (can_be_undone_) {
      page_->keep_originals();
    }
    warn_of_policy();
  }
  return &*page_;
}

void VisualContents::warn_of_policy() noexcept {
  const bool has_css =
      std::any_of(choices_->begin(), choices_->end(), [](const VisualChoice& choice) {
        return !choice.experiment->variations[choice.variation].css.empty();
      });
  const char* what = nullptr;
  if (!delivery_.nonces.runs_scripts && facts_.site().visual->has_js()) {
    what =
        "experiments with scripts are not run on a page whose Content-Security-Policy has no nonce "
        "for scripts: ";
  } else if (!delivery_.nonces.applies_styles && has_css) {
    what =
        "browsers do not apply the style sheet of a variation to a page whose "
        "Content-Security-Policy has no nonce for styles, unless it has the hash of it: ";
  }
  if (what != nullptr) {
    count(Counter::visual_without_nonce);
    worker().log(Counter::visual_without_nonce, r_->connection->log, what,
                 facts_.request().target());
  }
}

Fill VisualContents::fill(const Splice& splice, bool is_utf8, SlotHtml& html) noexcept {
  try {
    std::pmr::string out(memory_);
    if (!write(splice, is_utf8, out)) {
      return Fill::none;
    }
    if (!is_utf8) {
      to_character_references(out);
    }
    html = copy_text(out, memory_);
    html.behind = behind(splice);
    ++filled_;
    moved_ += page_->moves(splice.slot - facts_.site().first_visual) ? 1 : 0;
    count(Counter::visual_made);
    return html.behind.empty() ? Fill::content : Fill::kept;
  } catch (const std::bad_alloc&) {
    return Fill::none;
  }
}

bool VisualContents::write(const Splice& splice, bool is_utf8, std::pmr::string& out) {
  VisualPage* page = this->page();
  if (page == nullptr) {
    return false;
  }
  const std::size_t slot = splice.slot - facts_.site().first_visual;
  if (slot == facts_.site().visual->slots().size()) {
    has_head_ = true;
    page->write_head(delivery_, is_utf8, out);
    return !out.empty();
  }
  return page->write(slot, ElementChanges(splice.data), splice.original, out);
}

std::string_view VisualContents::behind(const Splice& splice) const noexcept {
  const std::size_t slot = splice.slot - facts_.site().first_visual;
  const bool is_head = slot == facts_.site().visual->slots().size();
  return is_head ? std::string_view() : page_->behind_original(slot, ElementChanges(splice.data));
}

bool VisualContents::keeps_default(SlotId slot) noexcept {
  try {
    const VisualPage* page = this->page();
    const std::size_t number = slot - facts_.site().first_visual;
    return page == nullptr ||
           (number < facts_.site().visual->slots().size() && !page->changes(number));
  } catch (const std::bad_alloc&) {
    return true;
  }
}

void VisualContents::record() const noexcept {
  if (page_) {
    count(Counter::visual_moved, moved_);
    count(Counter::visual_not_moved, page_->move_count() - moved_);
  }
}

void VisualContents::write_scripts(bool is_utf8, std::pmr::string& out) {
  if (has_head_) {
    page()->write_scripts(delivery_, is_utf8, out);
  }
}

void VisualContents::write_json(JsonText& json, std::pmr::string& out) {
  if (const VisualPage* page = this->page()) {
    json.key("visual");
    page->write_json(true, out);
  }
}

}  // namespace personalize
