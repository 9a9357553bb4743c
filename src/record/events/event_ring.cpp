#include "personalize/record/event_ring.h"

#include <cstring>

namespace personalize {

EventRing::EventRing(std::size_t size) : size_(size), bytes_(new char[size]) {}

// Heads stay aligned.
std::size_t EventRing::place_size(std::size_t record) noexcept {
  return (sizeof(Head) + record + alignof(Head) - 1) / alignof(Head) * alignof(Head);
}

bool EventRing::push(std::string_view record, std::uint64_t tag) noexcept {
  const std::size_t size = place_size(record.size());
  if (count_ == 0) {
    begin_ = end_ = 0;
  }
  const bool is_wrapped = count_ != 0 && end_ <= begin_;
  std::size_t place = end_;
  if (is_wrapped) {
    if (size > begin_ - end_) {
      return false;
    }
  } else if (size > size_ - end_) {
    if (size > begin_) {
      return false;
    }
    limit_ = end_;
    place = 0;
  }
  const Head head{tag, record.size()};
  std::memcpy(&bytes_[place], &head, sizeof(head));
  std::memcpy(&bytes_[place] + sizeof(head), record.data(), record.size());
  end_ = place + size;
  ++count_;
  return true;
}

EventRing::Entry EventRing::front() const noexcept {
  Head head;
  std::memcpy(&head, &bytes_[begin_], sizeof(head));
  return {{&bytes_[begin_] + sizeof(head), head.size}, head.tag};
}

void EventRing::pop() noexcept {
  const bool is_wrapped = end_ <= begin_;
  begin_ += place_size(front().record.size());
  if (is_wrapped && begin_ == limit_) {
    begin_ = 0;
  }
  --count_;
}

}  // namespace personalize
