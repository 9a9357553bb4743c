#include "nginx/delivery/learner.h"

#include <algorithm>
#include <array>
#include <new>

#include "nginx/worker.h"

namespace personalize {

namespace {

// A quarter of what a connection takes; the rest is for requests that wait for a reply, and for
// sessions.
constexpr std::size_t most_in_flight = 256;

}  // namespace

// A lesson on its way. Whether it is news is known when Redis has answered, which is after the
// request is over.
class Learner::Flight {
 public:
  Flight(Learner& learner, const Lesson& of)
      : lesson(of, &arena_), commands(learner.options_, lesson, &arena_), learner_(learner) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      parts[i].flight = this;
      parts[i].number = i;
    }
  }

  class Part final : public RedisCommandHandler {
   public:
    // May end the flight.
    void on_reply(const RedisReply& reply) noexcept override { flight->land(number, &reply); }
    void on_failure(RedisFailure) noexcept override { flight->land(number, nullptr); }

    Flight* flight = nullptr;
    std::size_t number = 0;  // of the command
  };

  void land(std::size_t number, const RedisReply* reply) noexcept {
    learner_.land(reply);
    try {
      if (reply != nullptr && asks_catalogue) {
        is_missing[number] = LessonCommands::is_missing(*reply);
      } else if (reply != nullptr) {
        commands.take(number, *reply);
      }
    } catch (const std::bad_alloc&) {
      has_failed = true;
    }
    has_failed = has_failed || reply == nullptr || reply->kind == RedisReply::Kind::error;
    if (--waiting == 0) {
      learner_.go_on(*this);
    }
  }

  // Removes from the lesson what the catalogue does not have.
  void drop_missing() {
    std::size_t number = 0;
    lesson.items.erase(std::remove_if(lesson.items.begin(), lesson.items.end(),
                                      [&](const LearnedItem&) { return is_missing[number++]; }),
                       lesson.items.end());
  }

 private:
  std::array<std::byte, 2048> room_;
  std::pmr::monotonic_buffer_resource arena_{room_.data(), room_.size()};

 public:
  Lesson lesson;
  LessonCommands commands;
  std::array<Part, LessonCommands::most_questions> parts;
  std::size_t waiting = 0;  // commands without a reply
  bool has_failed = false;
  bool asks_catalogue = false;  // the commands on their way do
  std::array<bool, most_lesson_items> is_missing{};
  Flights::iterator place;

 private:
  Learner& learner_;
};

Learner::Learner(const LearnOptions& options, RedisClient& redis, SharedLearning& shared,
                 Counters& counters)
    : options_(options), redis_(redis), shared_(shared), counters_(counters), flights_(&memory_) {}

Learner::~Learner() {
  redis_.cancel(*this);
  for (Flight& flight : flights_) {
    for (auto& part : flight.parts) {
      redis_.cancel(part);
    }
  }
}

void Learner::learn(const Lesson& lesson) noexcept {
  if (in_flight_ + LessonCommands::most_questions > most_in_flight) {
    counters_.add(Counter::lesson_dropped);
    return;
  }
  try {
    Flight& flight = flights_.emplace_front(*this, lesson);
    flight.place = flights_.begin();
    flight.asks_catalogue = true;
    ask(flight, &LessonCommands::catalogue_question);
    if (flight.waiting == 0) {
      go_on(flight);
    }
  } catch (const std::bad_alloc&) {
    counters_.add(Counter::lesson_dropped);
  }
}

void Learner::ask(Flight& flight, Question question_of) noexcept {
  try {
    const auto& question = (flight.commands.*question_of)();
    for (std::size_t i = 0; i < question.size(); ++i) {
      const bool is_sent = send(question[i], flight.parts[i]);
      flight.waiting += is_sent ? 1 : 0;
      flight.has_failed = flight.has_failed || !is_sent;
    }
  } catch (const std::bad_alloc&) {
    flight.has_failed = true;
  }
}

// Ends the flight, or begins its first round once it is known what the catalogue has.
void Learner::go_on(Flight& flight) noexcept {
  if (flight.asks_catalogue && !flight.has_failed) {
    flight.asks_catalogue = false;
    flight.drop_missing();
    if (flight.lesson.items.empty()) {
      counters_.add(Counter::lesson_unknown);
      flights_.erase(flight.place);
      return;
    }
    ask(flight, &LessonCommands::question);
    if (flight.waiting != 0) {
      return;
    }
  }
  conclude(flight);
}

// Ends the flight.
void Learner::conclude(Flight& flight) noexcept {
  Counter became = Counter::lesson_dropped;
  try {
    if (!flight.has_failed) {
      became = flight.commands.is_news() ? learn_news(flight) : Counter::lesson_repeated;
    }
  } catch (const std::bad_alloc&) {
    became = Counter::lesson_dropped;
  }
  counters_.add(became);
  flights_.erase(flight.place);
}

// What is news is charged to the address, whatever was deleted of the visitor meanwhile. All of it
// is sent, or nothing. Returns what became of it.
Counter Learner::learn_news(Flight& flight) {
  const Lesson& lesson = flight.lesson;
  for (const auto& item : lesson.items) {
    if (lesson.has_limit && flight.commands.is_new(item) &&
        !shared_.take(lesson.kind, item.id, lesson.address)) {
      worker().log(Counter::lesson_over_budget, ngx_cycle->log,
                   "personalize_learn: so much is met by visitors of one address that it counts "
                   "no more today; see realip if that is a proxy");
      return Counter::lesson_over_budget;
    }
  }
  const auto& commands = flight.commands.increments(shared_);
  bool is_sent = in_flight_ + commands.size() <= 3 * most_in_flight;
  if (!is_sent) {
    counters_.add(Counter::learn_command_refused, commands.size());
  }
  for (const Command& command : commands) {
    is_sent = is_sent && send(command, *this);
    if (!is_sent && command.front() == "EXPIRE") {
      shared_.forget(command[1]);
    }
  }
  return is_sent ? Counter::lesson_learned : Counter::lesson_dropped;
}

bool Learner::send(const Command& command, RedisCommandHandler& handler) noexcept {
  if (!redis_.send(command.data(), command.size(), handler)) {
    counters_.add(Counter::learn_command_refused);
    return false;
  }
  ++in_flight_;
  counters_.add(Counter::learn_command_sent);
  return true;
}

void Learner::on_reply(const RedisReply& reply) noexcept {
  land(&reply);
}

void Learner::on_failure(RedisFailure) noexcept {
  land(nullptr);
}

void Learner::land(const RedisReply* reply) noexcept {
  --in_flight_;
  const bool is_refusal = reply != nullptr && reply->kind == RedisReply::Kind::error;
  if (reply == nullptr || is_refusal) {
    counters_.add(Counter::learn_command_failed);
  }
  if (is_refusal) {
    worker().log(Counter::learn_command_failed, ngx_cycle->log,
                 "Redis refused a command of personalize_learn: ", reply->text);
  }
}

}  // namespace personalize
