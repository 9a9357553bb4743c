// The candidates of a chain for one request: gathered from its steps, completed with what the
// catalogue says of them, judged, ordered, and cut to the list that is shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "personalize/base/document.h"
#include "personalize/decision/decision.h"
#include "personalize/recommend/chain.h"
#include "personalize/recommend/item_set.h"

namespace personalize {

class ItemFacts;

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
  std::uint32_t hash = 0;  // hash_of_item(id)
  Value item;              // missing until the catalogue has answered
  std::uint32_t step = 0;  // Chain::steps, or no_step for one that is pinned
  std::uint32_t place = 0;
  double weight = 0;
  Outcome outcome = Outcome::listed;

  // The texts that count for `per`, by Chain::shares; without data for none. Set when it is judged.
  const std::string_view* shares = nullptr;

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
//   candidates.list(builder);
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
  // there twice, or excluded. Addresses of candidates do not change.
  std::pmr::vector<Candidate>& all() noexcept { return all_; }
  const std::pmr::vector<Candidate>& all() const noexcept { return all_; }

  // The parts that were gathered, in the order in which they are judged: first what is pinned.
  const std::pmr::vector<Part>& parts() const noexcept { return parts_; }
  // Returns how many of them were judged.
  std::size_t judged() const noexcept { return judged_; }
  // Returns whether there are more; gathers the next ones if there are.
  bool has_more();
  // Judges those of the next part by their items and the chain's conditions, and puts them in
  // order. Call it once all of their items are known that will be.
  void judge_next(Decision& decision, double now_s);

  // Chooses of those that were judged what is listed, without the items in `shown`. Returns whether
  // the list is full: more would change nothing.
  bool choose(const ItemIds& shown);
  // Returns what was chosen: an array of items, each with its `item_id`; empty if there are fewer
  // than the chain's minimum. It lives in `builder`.
  Value list(DocumentBuilder& builder) const;
  // Returns what was chosen, in the order of the list.
  const std::pmr::vector<const Candidate*>& chosen() const noexcept { return chosen_; }

 private:
  void add(const Value& list, std::uint32_t step);
  void add_one(const Value& element, std::uint32_t step, std::uint32_t place, std::uint32_t count);
  std::string_view id_of(const Value& element);
  void exclude(const Value& value);
  void gather_next();
  void divide(std::size_t begin);
  bool can_change(const Part& next) const;
  void judge(Candidate& candidate, ItemFacts& facts, Decision& decision, double now_s);
  void note_shares(Candidate& candidate, const Value* fields);
  bool is_crowded(const Candidate& candidate) const;

  const Chain& chain_;
  const AttributeTable& attributes_;
  std::pmr::memory_resource* memory_;
  std::pmr::vector<Candidate> all_;
  ItemIds ids_;
  ItemIds excluded_;
  Facts* facts_ = nullptr;
  std::uint32_t gathered_ = 0;  // steps
  std::pmr::vector<Part> parts_;
  std::size_t judged_ = 0;  // of these
  // Of all_, those judged that may be listed, and where those of the last step begin.
  std::pmr::vector<std::uint32_t> order_;
  std::size_t step_in_order_ = 0;
  std::uint32_t last_step_ = Candidate::no_step;
  double highest_boost_ = 1;  // of all together
  std::pmr::vector<const Candidate*> pinned_;
  std::pmr::vector<const Candidate*> chosen_;
  ItemFacts* item_facts_ = nullptr;  // in the memory
};

}  // namespace personalize
