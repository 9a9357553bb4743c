// The candidates of a chain for one request: gathered from its steps, completed with what the
// catalogue says of them, judged, ordered, and cut to the list that is shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "personalize/base/document.h"
#include "personalize/decision/decision.h"
#include "personalize/recommend/chain.h"
#include "personalize/recommend/item_set.h"
#include "personalize/recommend/item_view.h"

namespace personalize {

struct Candidate {
  // Why it is in the list or not; of several reasons the first.
  enum class Outcome : std::uint8_t {
    listed,
    duplicate,    // an earlier step has it
    excluded,     // by `exclude`
    unknown,      // the catalogue does not have it, or was late
    incomplete,   // it lacks a name or an address
    unavailable,  // sold out, or past its `until`
    not_met,      // a condition does not hold
    shown,        // it stands elsewhere in the page
    crowded,      // by `per`
    surplus,      // by `limit`
  };

  std::string_view id;
  Value item;                      // missing until the catalogue has answered
  const ItemView* view = nullptr;  // of the item; made when it is judged, unless it is known
  KeptDocument* kept = nullptr;    // in which the item is, if it is in one
  double weight = 0;
  std::uint32_t hash = 0;  // hash_of_item(id)
  std::uint32_t step = 0;  // Chain::steps, or no_step for one that is pinned
  std::uint32_t place = 0;
  Outcome outcome = Outcome::listed;

  static constexpr std::uint32_t no_step = ~0U;
};
std::string_view to_string(Candidate::Outcome outcome) noexcept;

// All views live as long as the request.
//
// Most lists are full before all candidates were looked at. So they are gathered and judged part by
// part, those that come first in the list first, until choose() says that it is enough:
//
//   candidates.gather(facts);
//   while (candidates.has_more() && !candidates.choose(shown)) {
//     … look up the items of candidates.parts()[candidates.judged()] …
//     candidates.judge_next(decision, now_s);
//   }
//   candidates.list();
class Candidates {
 public:
  // Consecutive candidates of all().
  struct Part {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  // All must outlive this. Throws what `memory` throws, as all functions do.
  Candidates(const Chain& chain, const AttributeTable& attributes,
             std::pmr::memory_resource* memory);

  // Reads what is excluded and pinned, and the lists of the first steps. `facts` must outlive what
  // is asked later. Of more than most_candidates the last ones are not looked at.
  void gather(Facts& facts);
  // Reads the lists of all steps.
  void gather_all();

  // Those whose item is missing have to be looked up by their id, unless they are dropped: they are
  // there twice, or excluded. They move when more are gathered.
  std::pmr::vector<Candidate>& all() noexcept { return all_; }
  const std::pmr::vector<Candidate>& all() const noexcept { return all_; }

  // The parts that were gathered, in the order in which they are judged: first what is pinned.
  const std::pmr::vector<Part>& parts() const noexcept { return parts_; }
  // Returns how many of them were judged.
  std::size_t judged() const noexcept { return judged_; }
  // Those of candidates that nobody can be shown, as far as they were judged.
  struct LeftOut {
    std::uint32_t unknown = 0;
    std::uint32_t incomplete = 0;
    std::uint32_t unavailable = 0;
  };
  const LeftOut& left_out() const noexcept { return left_out_; }
  // Returns whether there are more; gathers the next ones if there are.
  bool has_more();
  // Takes the item of a candidate from a document, which has to be held, with what is known of it
  // already.
  void take(Candidate& candidate, KeptDocuments& documents, KeptDocument& document,
            Decision& decision);
  // Judges those of the next part by their items and the chain's conditions, and puts them in
  // order. Call it once all of their items are known that will be.
  void judge_next(Decision& decision, double now_s);

  // Chooses of those that were judged what is listed, without the items in `shown`. Returns whether
  // the list is full: more would change nothing. Call it again once all were judged that will be.
  bool choose(const ItemIds& shown);
  // Returns what was chosen: an array of items, each with its `item_id`; empty if there are fewer
  // than the chain's minimum. It lives as long as the memory and the items.
  Value list() const;
  // Returns which of all() were chosen, in the order of the list.
  const std::pmr::vector<std::uint32_t>& chosen() const noexcept { return chosen_; }

 private:
  // The elements of a list, one after the other: of an array, or of a text, which is a list of ids
  // with commas between them, as cookies and fields of hashes have it.
  class Elements {
   public:
    Elements() = default;
    explicit Elements(const Value& list) noexcept;

    std::uint32_t count() const noexcept { return count_; }
    std::uint32_t place() const noexcept { return place_; }  // of the next one
    bool has_more() const noexcept { return place_ < count_; }
    // Returns the next one. Only if there are more.
    Value next() noexcept;

   private:
    Value list_;
    std::string_view rest_;
    std::uint32_t place_ = 0;
    std::uint32_t count_ = 0;
  };

  void add_next();
  std::string_view id_of(const Value& element);
  void exclude(const Value& value);
  void gather_next();
  bool can_change(const Part& next, const Candidate& last) const;
  ItemViews& views();
  void judge(Candidate& candidate, Decision& decision, double now_s);
  void put_in_order(std::uint32_t index);
  bool is_crowded(const Candidate& candidate) const;

  const Chain& chain_;
  const AttributeTable& attributes_;
  std::pmr::memory_resource* memory_;
  std::pmr::vector<Candidate> all_;
  ItemIds ids_;
  ItemIds excluded_;
  Facts* facts_ = nullptr;
  std::uint32_t gathered_ = 0;  // steps
  Elements elements_;           // of the step that follows these, once they are asked for
  bool has_elements_ = false;
  std::pmr::vector<Part> parts_;
  std::size_t judged_ = 0;  // of these
  LeftOut left_out_;
  // Of all_, those judged that may be listed, and where those of the last step begin.
  std::pmr::vector<std::uint32_t> order_;
  std::size_t step_in_order_ = 0;
  std::uint32_t last_step_ = Candidate::no_step;
  double highest_boost_ = 1;  // of all together
  std::pmr::vector<std::uint32_t> pinned_;
  std::pmr::vector<std::uint32_t> chosen_;
  std::optional<ItemViews> views_;
};

}  // namespace personalize
