// What a splicer sets aside and inserts later, for the outputs of tests.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace personalize::testing {

// `Sent` is a sequence of what is sent.
template <class Sent>
class Asides {
 public:
  void begin(std::uint32_t number) {
    asides_[number];
    open_.push_back(number);
  }
  void end() { open_.pop_back(); }
  // Returns what to add to: `sent`, or what is set aside.
  Sent& to(Sent& sent) { return open_.empty() ? sent : asides_.at(open_.back()); }
  void put(std::uint32_t number, Sent& sent) {
    const Sent aside = asides_.at(number);
    asides_.erase(number);
    to(sent).insert(to(sent).end(), aside.begin(), aside.end());
  }

 private:
  std::map<std::uint32_t, Sent> asides_;
  std::vector<std::uint32_t> open_;
};

}  // namespace personalize::testing
