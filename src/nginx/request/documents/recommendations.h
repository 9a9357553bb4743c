// The lists that one request's chains recommend, and the items that are looked up for them.
#pragma once

#include <list>
#include <memory_resource>
#include <string>
#include <string_view>

#include "nginx/config/site/site.h"
#include "nginx/request/documents/lookups.h"
#include "personalize/recommend/candidates.h"
#include "personalize/render/kept_texts.h"

namespace personalize {

// Wants to know when lists are made.
class ListListener {
 public:
  // The list of a chain, by its source, is there: all its items have come, or will not. Never
  // called from within start().
  virtual void on_list(std::uint32_t source) noexcept = 0;

 protected:
  ~ListListener() = default;
};

class Recommendations final : public KeptTexts {
 public:
  // All must outlive this. Throws what `memory`, the request's, throws, as its functions do unless
  // they are noexcept.
  Recommendations(const Site& site, Facts& facts, Decision& decision, double now_s,
                  ListListener& listener, std::pmr::memory_resource* memory);
  ~Recommendations();
  Recommendations(const Recommendations&) = delete;
  Recommendations& operator=(const Recommendations&) = delete;

  // Looks all candidates up and judges them, also those that a full list has no room for, so that
  // candidates() tells what became of each. Call it before start().
  void keep_outcomes() noexcept { keeps_outcomes_ = true; }

  // Gathers the candidates of a chain whose steps are known, and looks their items up, each once
  // for all chains, until the list is full. Those of one list are asked for in one go: once one of
  // them is on its way, all others are looked up as well. Returns whether the list is there.
  bool start(const Chain& chain);
  // Waits no longer: lists are made of the items that have come.
  void give_up() noexcept;

  // Returns the list of a chain, by its source: an array of items; without those that stand
  // elsewhere in the page. Empty or missing if there are too few. It lives as long as the request.
  Value list(std::uint32_t source) noexcept;
  // Notes that the items of the list stand in the page.
  void note_shown(std::uint32_t source);

  // Returns the candidates of a chain, by its source; nullptr if it was not started.
  const Candidates* candidates(std::uint32_t source) const noexcept;

  // KeptTexts, for items of the lists that the worker keeps.
  bool has(const Value& list) noexcept override;
  const KeptText* find(const Value& list, std::uint32_t number, const void* part,
                       const Locale& locale) noexcept override;
  void keep(const Value& list, std::uint32_t number, const void* part, const Locale& locale,
            const KeptText& text) noexcept override;

 private:
  // An item that was looked up, for all chains whose items have the same source: the other parts of
  // its key are the same for the whole request.
  struct ItemLookup final : public LookupWaiter {
    Recommendations* owner = nullptr;
    std::string_view id;
    std::uint32_t source = 0;  // Source::id
    std::uint32_t hash = 0;
    Lookup state = Lookup::idle;
    Value item;
    KeptDocument* kept = nullptr;  // if it is in one

    void on_document(Lookup outcome, std::string_view bytes) noexcept override {
      owner->take(*this, outcome, bytes);
    }
  };
  // A chain, and how far it is.
  struct Run {
    Run(const Chain& of, const AttributeTable& attributes, std::pmr::memory_resource* memory)
        : chain(of), candidates(of, attributes, memory), pending(memory) {}

    const Chain& chain;
    Candidates candidates;
    // Candidates, by their number, whose items were on their way when they were looked up.
    std::pmr::vector<std::pair<std::size_t, const ItemLookup*>> pending;
    std::size_t looked_up = 0;  // parts of the candidates
    bool is_judged = false;     // as far as it takes to fill the list
    Value list;
    // How many items stood in the page when the list was chosen, and made of what was chosen.
    std::size_t chosen = not_yet;
    std::size_t made = not_yet;
    Candidates::LeftOut counted;

    static constexpr std::size_t not_yet = ~std::size_t{0};
  };

  // Whether a list waits for items that are on their way, or is made without them.
  enum class Late : std::uint8_t { are_awaited, are_left_out };

  template <class Runs>
  static auto find(Runs& runs, std::uint32_t source) noexcept;
  struct Wanted;
  bool want(const Run& run, std::size_t number);
  void look_up_late(Run& run, const Wanted& wanted);
  const ItemLookup* look_up(const Source& items, const Candidate& candidate, const Wanted& wanted);
  ItemLookup*& entry_of(std::uint32_t source, const Candidate& candidate);
  void look_up_next(Run& run);
  void fill(Run& run, Late late);
  void take_late(Run& run);
  void count_left_out(Run& run) noexcept;
  void finish() noexcept;
  void take(ItemLookup& lookup, Lookup outcome, std::string_view bytes) noexcept;
  KeptDocument* kept(const Value& list, std::uint32_t number) const noexcept;

  const Site& site_;
  Facts& facts_;
  Decision& decision_;
  double now_s_;
  ListListener& listener_;
  std::pmr::memory_resource* memory_;
  HeldDocuments held_;
  std::pmr::list<Run> runs_;
  std::pmr::vector<ItemLookup*> lookups_;
  std::pmr::vector<ItemLookup*> table_;  // of them, by hash: open addressing, nullptr for none
  // Of the part of the candidates that is looked up.
  struct Wanted {
    std::size_t number = 0;  // of the candidate
    KeyParts key;
    std::uint64_t hash = 0;  // of the key, as KeptDocuments take it
    KeptDocument* kept = nullptr;
  };
  std::pmr::vector<Wanted> wanted_;
  std::size_t pending_ = 0;  // of the look-ups
  bool keeps_outcomes_ = false;
  ItemIds shown_;
};

}  // namespace personalize
