#include "report/analysis/store.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory_resource>

#include "base/numbers/number.h"
#include "base/siphash.h"
#include "personalize/base/item_ids.h"

namespace personalize::report {

namespace {

std::uint64_t hash_of(std::string_view text) {
  return siphash(0, 0, text);
}

// Keeps which items a conversion names.
void add_items(std::string_view text, MetricStore& metric, ConversionRecord& record) {
  if (text.empty()) {
    return;
  }
  std::array<std::byte, 4096> room;
  std::pmr::monotonic_buffer_resource memory(room.data(), room.size());
  record.first_item = static_cast<std::uint32_t>(metric.items.size());
  for (const auto id : item_ids(text, &memory)) {
    metric.items.push_back(hash_of(id));
  }
  record.items = static_cast<std::uint32_t>(metric.items.size()) - record.first_item;
}

bool is_asked_for(const std::vector<std::string>& names, std::string_view name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::uint64_t visitor_number(std::string_view visitor) noexcept {
  std::uint64_t number = 0;
  if (visitor.size() == 32) {
    const char* end = visitor.data() + 16;
    if (std::from_chars(visitor.data(), end, number, 16).ptr == end) {
      return number;
    }
  }
  return hash_of(visitor);
}

// Reads the attributes of an event that a report needs.
class EventStore::Attributes {
 public:
  explicit Attributes(const Settings& settings) : settings_(settings) {}

  bool are_needed() const { return !settings_.by.empty() || !settings_.covariate.empty(); }

  void read(std::string_view json) {
    groups_.clear();
    covariate_ = std::numeric_limits<double>::quiet_NaN();
    simdjson::dom::element root;
    simdjson::dom::object attributes;
    const bool are_there = !json.empty() &&
                           parser_.parse(json.data(), json.size()).get(root) == simdjson::SUCCESS &&
                           root.get(attributes) == simdjson::SUCCESS;
    for (const auto& name : settings_.by) {
      simdjson::dom::element value;
      if (are_there && attributes.at_key(name).get(value) == simdjson::SUCCESS) {
        append(value);
      }
      groups_ += '\n';
    }
    if (are_there && !settings_.covariate.empty()) {
      simdjson::dom::element value;
      double number = 0;
      std::string_view text;
      if (attributes.at_key(settings_.covariate).get(value) == simdjson::SUCCESS) {
        bool is_true = false;
        if (value.get(number) == simdjson::SUCCESS) {
          covariate_ = number;
        } else if (value.get(is_true) == simdjson::SUCCESS) {
          covariate_ = is_true ? 1 : 0;
        } else if (value.get(text) == simdjson::SUCCESS) {
          covariate_ = read_decimal(text).value_or(covariate_);
        }
        if (!std::isfinite(covariate_)) {
          covariate_ = std::numeric_limits<double>::quiet_NaN();
        }
      }
    }
  }

  const std::string& groups() const { return groups_; }
  double covariate() const { return covariate_; }

 private:
  // Lists have a tab after each element.
  void append(const simdjson::dom::element& value) {
    std::string_view text;
    simdjson::dom::array list;
    if (value.get(text) == simdjson::SUCCESS) {
      for (const char c : text) {
        groups_ += c == '\n' || c == '\t' ? ' ' : c;
      }
    } else if (value.get(list) == simdjson::SUCCESS) {
      for (const auto element : list) {
        append(element);
        groups_ += '\t';
      }
      if (list.size() == 0) {
        groups_ += '\t';
      }
    } else if (!value.is_null() && !value.is_object()) {
      groups_ += simdjson::minify(value);
    }
  }

  const Settings& settings_;
  simdjson::dom::parser parser_;
  std::string groups_;
  double covariate_ = 0;
};

EventStore::EventStore(const Settings& settings)
    : settings_(settings), attributes_(std::make_unique<Attributes>(settings)) {
  // Number 0 is nothing.
  currencies_.number("");
  campaigns_.number("");
  slots_.number("");
  lists_.number("");
  // Metrics in the order in which they were asked for.
  for (const auto* names : {&settings.metrics, &settings.guardrails}) {
    for (const auto& name : *names) {
      if (std::none_of(settings.ratios.begin(), settings.ratios.end(),
                       [&](const auto& ratio) { return ratio.name == name; }) &&
          metric_names_.number(name) == metrics_.size()) {
        metrics_.emplace_back().name = name;
      }
    }
  }
}

EventStore::~EventStore() = default;

void EventStore::take(const Event& event) {
  ++counts_.events;
  if (!event[Field::id].empty() && !ids_.add(event[Field::id])) {
    ++counts_.duplicates;
    return;
  }
  ++counts_.kinds[static_cast<std::size_t>(event.kind())];
  if (counts_.first_time == 0 || event.time() < counts_.first_time) {
    counts_.first_time = event.time();
  }
  counts_.last_time = std::max(counts_.last_time, event.time());
  if (event.kind() == EventKind::forget) {
    take_forget(event);  // also what is older than --since, and known after --until
    return;
  }
  if (event.time() >= settings_.until) {
    ++counts_.outside;
    return;
  }
  switch (event.kind()) {
    case EventKind::exposure:
    case EventKind::impression:
    case EventKind::click:
    case EventKind::dismiss:
    case EventKind::claim:
    case EventKind::answer:
      if (event.time() < settings_.since) {
        ++counts_.outside;
        return;
      }
      break;
    case EventKind::conversion:
    case EventKind::lead:
      break;
    default:
      return;
  }
  if (event[Field::visitor].empty()) {
    ++counts_.without_visitor;
    return;
  }
  if (is_forgotten(visitor_number(event[Field::visitor]), event.time())) {
    return;
  }
  switch (event.kind()) {
    case EventKind::exposure:
      take_exposure(event);
      break;
    case EventKind::conversion:
    case EventKind::lead:
      take_conversion(event);
      break;
    case EventKind::answer:
      take_answer(event);
      break;
    default:
      take_touch(event);
  }
}

std::uint16_t EventStore::stratum_of(ExperimentStore& experiment, const Event& event) {
  std::string key(event[Field::version]);
  key += '\n';
  key += event[Field::split];
  const auto found = experiment.stratum_numbers.find(key);
  std::uint16_t number = 0;
  if (found != experiment.stratum_numbers.end()) {
    number = found->second;
  } else if (experiment.strata.size() < std::numeric_limits<std::uint16_t>::max()) {
    number = static_cast<std::uint16_t>(experiment.strata.size());
    experiment.strata.push_back(
        {std::string(event[Field::version]), std::string(event[Field::split])});
    experiment.stratum_numbers.emplace(std::move(key), number);
  }
  if (!event[Field::split].empty() && event.time() > experiment.last_split_time) {
    experiment.last_split_time = event.time();
    experiment.last_split = number;
  }
  return number;
}

void EventStore::take_exposure(const Event& event) {
  const bool is_campaign = event[Field::experiment].empty();
  const auto name = event[is_campaign ? Field::campaign : Field::experiment];
  const auto variant_name = event[Field::variant];
  if (name.empty() || variant_name.empty() ||
      !is_asked_for(is_campaign ? settings_.campaigns : settings_.experiments, name)) {
    return;
  }
  std::string key(is_campaign ? "c" : "e");
  key += name;
  const auto number = experiment_names_.number(key);
  while (experiments_.size() <= number) {
    auto& added = experiments_.emplace_back();
    added.name = name;
    added.is_campaign = is_campaign;
  }
  auto& experiment = experiments_[number];
  if (experiment.first_time == 0 || event.time() < experiment.first_time) {
    experiment.first_time = event.time();
  }
  const auto stratum = stratum_of(experiment, event);
  const auto variant = static_cast<std::uint16_t>(experiment.variants.number(variant_name));
  auto [exposure, is_new] = experiment.exposures.insert(visitor_number(event[Field::visitor]));
  if (exposure.is_forgotten) {
    exposure.is_forgotten = exposure.is_in_several = false;
  } else if (!is_new) {
    exposure.is_in_several |= exposure.variant != variant;
    if (event.time() >= exposure.time) {
      return;
    }
  }
  exposure.time = event.time();
  exposure.variant = variant;
  exposure.stratum = stratum;
  if (attributes_->are_needed()) {
    attributes_->read(event[Field::attributes]);
    exposure.groups = groups_.number(attributes_->groups());
    exposure.covariate = attributes_->covariate();
  }
}

void EventStore::take_conversion(const Event& event) {
  auto name = event[Field::metric];
  if (name.empty() && event.kind() == EventKind::lead) {
    name = "generate_lead";  // GA4's name for it
  }
  if (name.empty() || !is_needed(name)) {
    return;
  }
  const bool is_edge = event[Field::origin] != "browser";
  if (!is_edge && settings_.edge_only) {
    ++counts_.ignored_browser;
    return;
  }
  const auto number = metric_names_.number(name);
  while (metrics_.size() <= number) {
    metrics_.emplace_back().name = name;
  }
  auto& metric = metrics_[number];
  ConversionRecord record;
  record.visitor = visitor_number(event[Field::visitor]);
  record.time = event.time();
  record.has_value = event.value().has_value();
  record.value = event.value().value_or(0);
  record.currency =
      record.has_value ? static_cast<std::uint16_t>(currencies_.number(event[Field::currency])) : 0;
  record.is_edge = is_edge;
  add_items(event[Field::items], metric, record);
  if (!event[Field::order].empty()) {
    auto [order, is_new] = metric.orders.insert(hash_of(event[Field::order]));
    if (is_new) {
      order.place = static_cast<std::uint32_t>(metric.conversions.size());
    } else {
      // What the edge says counts, then what was first.
      auto& kept = metric.conversions[order.place];
      ++metric.duplicates;
      if (is_edge != kept.is_edge ? is_edge : record.time < kept.time) {
        kept = record;
      }
      return;
    }
  }
  metric.conversions.push_back(record);
}

// Whether a metric is part of the report.
bool EventStore::is_needed(std::string_view metric) const {
  const auto names = [metric](const std::string& name) { return name == metric; };
  return settings_.metrics.empty() ||
         std::any_of(settings_.metrics.begin(), settings_.metrics.end(), names) ||
         std::any_of(settings_.guardrails.begin(), settings_.guardrails.end(), names) ||
         std::any_of(settings_.ratios.begin(), settings_.ratios.end(), [&](const auto& ratio) {
           return names(ratio.numerator.metric) || names(ratio.denominator.metric);
         });
}

void EventStore::take_touch(const Event& event) {
  const auto campaign = event[Field::campaign];
  Touch touch;
  touch.visitor = visitor_number(event[Field::visitor]);
  touch.time = event.time();
  touch.kind = event.kind();
  touch.campaign = is_asked_for(settings_.campaigns, campaign)
                       ? static_cast<std::uint16_t>(campaigns_.number(campaign))
                       : 0;
  touch.slot = static_cast<std::uint16_t>(slots_.number(event[Field::slot]));
  touch.list = static_cast<std::uint16_t>(lists_.number(event[Field::list]));
  if (touch.campaign != 0 || touch.list != 0) {
    touches_.push_back(touch);
  }
  if (touch.kind == EventKind::click && touch.list != 0 && !event[Field::item].empty()) {
    item_clicks_.push_back({touch.visitor, touch.time, hash_of(event[Field::item]), touch.list});
  }
}

void EventStore::take_answer(const Event& event) {
  const auto name =
      event[Field::question].empty() ? event[Field::campaign] : event[Field::question];
  if (event[Field::answer].empty()) {
    return;
  }
  const auto number = question_names_.number(name);
  while (questions_.size() <= number) {
    questions_.emplace_back().name = name;
  }
  auto& question = questions_[number];
  const auto answer = question.answers.number(event[Field::answer]);
  auto [last, is_new] = question.last.insert(visitor_number(event[Field::visitor]));
  ++last.count;
  if (is_new || event.time() >= last.time) {
    last.time = event.time();
    last.answer = answer;
  }
}

// Conversions and touches are left out when all of them are known. Of exposures and answers only
// the first or last one is kept, so that this has to be done before a newer one comes.
void EventStore::take_forget(const Event& event) {
  if (event[Field::visitor].empty()) {
    return;
  }
  const std::uint64_t visitor = visitor_number(event[Field::visitor]);
  auto [forgetting, is_new] = forgotten_.insert(visitor);
  if (!is_new && event.time() <= forgetting.time) {
    return;
  }
  forgetting.time = event.time();
  for (auto& experiment : experiments_) {
    if (const auto i = experiment.exposures.find(visitor); i != experiment.exposures.size()) {
      Exposure& exposure = experiment.exposures[i];
      exposure.is_forgotten |= exposure.time < event.time();
    }
  }
  for (auto& question : questions_) {
    if (const auto i = question.last.find(visitor); i != question.last.size()) {
      Question::LastAnswer& last = question.last[i];
      last.count = last.time < event.time() ? 0 : last.count;
    }
  }
}

bool EventStore::is_forgotten(std::uint64_t visitor, std::int64_t time) const {
  const auto i = forgotten_.find(visitor);
  return i != forgotten_.size() && time < forgotten_[i].time;
}

void EventStore::finish() {
  const auto forget = [this](auto& records) {
    records.erase(std::remove_if(records.begin(), records.end(),
                                 [this](const auto& record) {
                                   return is_forgotten(record.visitor, record.time);
                                 }),
                  records.end());
  };
  forget(touches_);
  forget(item_clicks_);
  for (auto& metric : metrics_) {
    metric.orders = {};
    forget(metric.conversions);
    std::stable_sort(metric.conversions.begin(), metric.conversions.end(),
                     [](const auto& a, const auto& b) { return a.time < b.time; });
    metric.from_browsers = static_cast<std::uint64_t>(
        std::count_if(metric.conversions.begin(), metric.conversions.end(),
                      [](const auto& record) { return !record.is_edge; }));
  }
  const auto by_visitor_and_time = [](const auto& a, const auto& b) {
    return a.visitor != b.visitor ? a.visitor < b.visitor : a.time < b.time;
  };
  std::stable_sort(touches_.begin(), touches_.end(), by_visitor_and_time);
  std::stable_sort(item_clicks_.begin(), item_clicks_.end(), by_visitor_and_time);
}

}  // namespace personalize::report
