// Makes visual changes of a page as a server would while it streams by.
#pragma once

#include <list>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../asides.h"
#include "personalize/rewrite/plan.h"
#include "personalize/rewrite/rewrite.h"
#include "personalize/visual/visual_page.h"

namespace personalize::testing {

inline DomMutation mutation(std::string selector, std::string attribute, std::string action,
                            std::string value = {}) {
  using Target = DomMutation::Target;
  DomMutation made;
  made.selector = std::move(selector);
  made.target = attribute == "html"        ? Target::html
                : attribute == "class"     ? Target::classes
                : attribute == "className" ? Target::class_name
                : attribute == "position"  ? Target::position
                                           : Target::attribute;
  made.action = action == "set"      ? DomMutation::Action::set
                : action == "append" ? DomMutation::Action::append
                                     : DomMutation::Action::remove;
  made.attribute = std::move(attribute);
  made.value = std::move(value);
  return made;
}

inline DomMutation move(std::string selector, std::string parent, std::string before = {}) {
  DomMutation made = mutation(std::move(selector), "position", "set");
  made.parent = std::move(parent);
  made.before = std::move(before);
  return made;
}

// One experiment whose variations make these mutations: the first nothing, the others all.
inline VisualExperiment experiment(std::vector<DomMutation> mutations) {
  VisualExperiment made{{"test.conf", 1}, "features.json", "test", "cs_1", 0, 0, false, {}};
  made.variations.resize(2);
  made.variations[1].mutations = std::move(mutations);
  return made;
}

// A page in which visitors have the second variation of each experiment.
class VisualServer final : private SlotFiller, private SpliceOutput {
 public:
  explicit VisualServer(std::vector<VisualExperiment> experiments)
      : experiments_(std::move(experiments)),
        changes_(experiments_),
        matcher_(std::vector<std::string>(changes_.slot_count()), changes_.rules(0)),
        page_(changes_, &memory_),
        choices_(&memory_) {
    for (const VisualExperiment& one : experiments_) {
      choices_.push_back({&one, 1});
    }
    page_.set(choices_);
  }

  const VisualChanges& changes() const { return changes_; }
  VisualPage& page() { return page_; }
  // Takes visitors out of one experiment.
  void leave(std::size_t experiment) {
    choices_.erase(choices_.begin() + static_cast<std::ptrdiff_t>(experiment));
    page_.set(choices_);
  }
  // Takes visitors out of all experiments.
  void leave() {
    choices_.clear();
    page_.set(choices_);
  }

  // What becomes of a page that comes in chunks of so many bytes. It has a doctype, which is left
  // out here, unless it is a part of a page.
  std::string stream(const std::string& inside, std::size_t chunk = 1) {
    const std::string html = (is_part ? "" : doctype) + inside;
    Scanner scanner(matcher_, {}, &memory_);
    Splicer splicer(&memory_);
    std::pmr::vector<Splice> splices(&memory_);
    begin(html);
    for (std::size_t at = 0; at <= html.size(); at += chunk) {
      const bool last = at + chunk > html.size();
      scanner.scan(std::string_view(html).substr(at, chunk), last, splices);
      for (const Splice& splice : splices) {
        splicer.add(splice);
      }
      splices.clear();
      splicer.advance(settle_defaults(scanner, *this), *this, *this);
    }
    return inside_of_page();
  }

  // The same by the page's plan.
  std::string by_plan(const std::string& inside) {
    const std::string html = (is_part ? "" : doctype) + inside;
    PlanScan scan(matcher_, {}, false, &memory_);
    scan.scan(html, true);
    std::pmr::string bytes(std::pmr::new_delete_resource());
    scan.write(bytes);
    const auto plan = PagePlan::read(bytes);
    if (!plan) {
      return "[no plan]";
    }
    Splicer splicer(&memory_);
    for (std::size_t i = 0; i < plan->splice_count(); ++i) {
      splicer.add(plan->splice(i));
    }
    begin(html);
    splicer.advance(html.size(), *this, *this);
    return inside_of_page();
  }

  bool writes_head = false;
  bool is_part = false;

 private:
  inline static const std::string doctype = "<!doctype html>";

  std::string inside_of_page() const { return is_part ? out_ : out_.substr(doctype.size()); }
  void begin(const std::string& html) {
    html_ = html;
    out_.clear();
  }

  Fill fill(const Splice& splice, SlotHtml& html) noexcept override {
    const bool is_head = splice.slot == changes_.slots().size();
    std::pmr::string out(&memory_);
    if (is_head && writes_head) {
      page_.write_head({}, true, out);
    }
    const bool is_filled =
        is_head ? !out.empty()
                : page_.write(splice.slot, ElementChanges(splice.data), splice.original, out);
    html.text = kept_.emplace_back(std::string(out));
    html.behind = is_head ? "" : page_.behind_original(splice.slot, ElementChanges(splice.data));
    return !is_filled ? Fill::none : html.behind.empty() ? Fill::content : Fill::kept;
  }
  bool keeps_default(SlotId slot) noexcept override {
    return slot < changes_.slots().size() && !page_.changes(slot);
  }

  void pass(std::uint64_t begin, std::uint64_t end) override {
    asides_.to(out_) += html_.substr(begin, end - begin);
  }
  void drop(std::uint64_t, std::uint64_t) override {}
  void insert(const SlotHtml& html) override { asides_.to(out_) += html.text; }
  void begin_aside(std::uint32_t number) override { asides_.begin(number); }
  void end_aside() override { asides_.end(); }
  void put_aside(std::uint32_t number) override { asides_.put(number, out_); }

  std::pmr::monotonic_buffer_resource memory_;
  std::vector<VisualExperiment> experiments_;
  VisualChanges changes_;
  SlotMatcher matcher_;
  VisualPage page_;
  std::pmr::vector<VisualChoice> choices_;
  std::list<std::string> kept_;
  std::string html_;
  std::string out_;
  Asides<std::string> asides_;
};

}  // namespace personalize::testing
