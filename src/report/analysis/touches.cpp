#include "report/analysis/touches.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

namespace personalize::report {

namespace {

constexpr std::size_t most_answers = 20;

// Campaigns, or lists: both are a number of a touch.
class TouchAnalysis {
 public:
  TouchAnalysis(const std::vector<Touch>& touches, std::uint16_t Touch::*key, const Names& names,
                const Settings& settings)
      : touches_(touches), key_(key), settings_(settings), summaries_(names.size()) {
    for (std::uint32_t i = 0; i < names.size(); ++i) {
      summaries_[i].name = names[i];
    }
    count();
  }

  // `clicks` are those on items, of lists.
  void add_conversions(const MetricStore& metric, const Names& currencies,
                       const std::vector<ItemClick>& clicks = {}) {
    std::map<Place, TouchSummary::Assisted> assisted;
    std::vector<std::uint16_t> clicked;
    std::vector<std::uint16_t> seen;
    for (const auto& conversion : metric.conversions) {
      clicked.clear();
      seen.clear();
      // The visitor's touches of the time before.
      const std::int64_t begin =
          settings_.assist == 0 ? 0 : std::max<std::int64_t>(0, conversion.time - settings_.assist);
      auto touch = std::lower_bound(touches_.begin(), touches_.end(),
                                    std::make_tuple(conversion.visitor, begin),
                                    [](const Touch& one, const auto& key) {
                                      return std::make_tuple(one.visitor, one.time) < key;
                                    });
      for (; touch != touches_.end() && touch->visitor == conversion.visitor &&
             touch->time <= conversion.time;
           ++touch) {
        const auto number = (*touch).*key_;
        if (number == 0 || touch->kind == EventKind::dismiss || touch->kind == EventKind::claim) {
          continue;
        }
        auto& list = touch->kind == EventKind::click ? clicked : seen;
        if (std::find(list.begin(), list.end(), number) == list.end()) {
          list.push_back(number);
        }
      }
      add_items(metric, conversion, begin, clicks, assisted);
      for (const auto number : clicked) {
        auto& sum = assisted[{number, conversion.currency}];
        ++sum.after_click;
        sum.value_after_click += conversion.value;
      }
      for (const auto number : seen) {
        auto& sum = assisted[{number, conversion.currency}];
        ++sum.after_view;
        sum.value_after_view += conversion.value;
      }
    }
    for (auto& [place, sum] : assisted) {
      sum.metric = metric.name;
      sum.currency = currencies[place.second];
      summaries_[place.first].assisted.push_back(sum);
    }
  }

  // Number 0 is what has no name.
  std::vector<TouchSummary> summaries() {
    summaries_.erase(summaries_.begin());
    summaries_.erase(std::remove_if(summaries_.begin(), summaries_.end(),
                                    [](const auto& summary) {
                                      return summary.impressions + summary.clicks +
                                                 summary.dismissals + summary.claimers ==
                                             0;
                                    }),
                     summaries_.end());
    std::sort(summaries_.begin(), summaries_.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    for (auto& summary : summaries_) {
      // Who clicked has seen it, also if its impression was lost.
      summary.viewers = std::max(summary.viewers, summary.clickers);
      summary.click_rate =
          wilson_interval(static_cast<double>(summary.clickers),
                          static_cast<double>(summary.viewers), settings_.confidence);
    }
    return std::move(summaries_);
  }

 private:
  using Place = std::pair<std::uint16_t, std::uint16_t>;  // campaign or list, currency

  // Gives each item of a conversion to the list in which the visitor clicked it last.
  static void add_items(const MetricStore& metric, const ConversionRecord& conversion,
                        std::int64_t begin, const std::vector<ItemClick>& clicks,
                        std::map<Place, TouchSummary::Assisted>& assisted) {
    const auto first =
        std::lower_bound(clicks.begin(), clicks.end(), std::make_tuple(conversion.visitor, begin),
                         [](const ItemClick& one, const auto& key) {
                           return std::make_tuple(one.visitor, one.time) < key;
                         });
    const auto last = std::find_if(first, clicks.end(), [&](const ItemClick& one) {
      return one.visitor != conversion.visitor || one.time > conversion.time;
    });
    std::vector<std::uint16_t> lists;
    for (std::uint32_t i = 0; i < conversion.items && first != last; ++i) {
      const std::uint64_t item = metric.items[conversion.first_item + i];
      const auto click =
          std::find_if(std::make_reverse_iterator(last), std::make_reverse_iterator(first),
                       [&](const ItemClick& one) { return one.item == item; });
      if (click.base() == first) {
        continue;
      }
      auto& sum = assisted[{click->list, conversion.currency}];
      ++sum.items;
      sum.value_of_items += conversion.value / conversion.items;
      if (std::find(lists.begin(), lists.end(), click->list) == lists.end()) {
        lists.push_back(click->list);
        ++sum.with_items;
      }
    }
  }

  void count() {
    // The last visitor of each: touches are in the order of visitors.
    struct Last {
      std::uint64_t viewer = 0;
      std::uint64_t clicker = 0;
      std::uint64_t claimer = 0;
      bool has_viewer = false;
      bool has_clicker = false;
      bool has_claimer = false;
    };
    std::vector<Last> last(summaries_.size());
    for (const auto& touch : touches_) {
      auto& summary = summaries_[touch.*key_];
      auto& of_last = last[touch.*key_];
      if (touch.kind == EventKind::dismiss) {
        ++summary.dismissals;
      } else if (touch.kind == EventKind::claim) {
        if (!of_last.has_claimer || of_last.claimer != touch.visitor) {
          ++summary.claimers;
        }
        of_last.claimer = touch.visitor;
        of_last.has_claimer = true;
      } else if (touch.kind == EventKind::click) {
        ++summary.clicks;
        if (!of_last.has_clicker || of_last.clicker != touch.visitor) {
          ++summary.clickers;
        }
        of_last.clicker = touch.visitor;
        of_last.has_clicker = true;
      } else {
        ++summary.impressions;
        if (!of_last.has_viewer || of_last.viewer != touch.visitor) {
          ++summary.viewers;
        }
        of_last.viewer = touch.visitor;
        of_last.has_viewer = true;
      }
    }
  }

  const std::vector<Touch>& touches_;
  std::uint16_t Touch::*key_;
  const Settings& settings_;
  std::vector<TouchSummary> summaries_;
};

}  // namespace

void add_touches(EventStore& store, const Settings& settings, Findings& findings) {
  TouchAnalysis campaigns(store.touches(), &Touch::campaign, store.campaigns(), settings);
  TouchAnalysis lists(store.touches(), &Touch::list, store.lists(), settings);
  if (!store.touches().empty()) {
    for (const auto& metric : store.metrics()) {
      campaigns.add_conversions(metric, store.currencies());
      lists.add_conversions(metric, store.currencies(), store.item_clicks());
    }
  }
  findings.campaigns = campaigns.summaries();
  findings.lists = lists.summaries();
}

void add_questions(EventStore& store, const Settings& settings, Findings& findings) {
  for (const auto& question : store.questions()) {
    QuestionSummary summary;
    summary.name = question.name;
    std::vector<std::uint64_t> visitors(question.answers.size());
    for (std::size_t i = 0; i < question.last.size(); ++i) {
      const auto& last = question.last[i];
      summary.answers_given += last.count;
      if (last.count > 0) {
        ++summary.visitors;
        ++visitors[last.answer];
      }
    }
    if (summary.visitors == 0) {
      continue;  // all of them are forgotten
    }
    for (std::uint32_t i = 0; i < question.answers.size(); ++i) {
      if (visitors[i] > 0) {
        summary.answers.push_back(
            {question.answers[i], visitors[i],
             wilson_interval(static_cast<double>(visitors[i]),
                             static_cast<double>(summary.visitors), settings.confidence)});
      }
    }
    std::stable_sort(summary.answers.begin(), summary.answers.end(),
                     [](const auto& a, const auto& b) { return a.visitors > b.visitors; });
    for (std::size_t i = most_answers; i < summary.answers.size(); ++i) {
      summary.others += summary.answers[i].visitors;
    }
    if (summary.answers.size() > most_answers) {
      summary.answers.resize(most_answers);
    }
    findings.questions.push_back(std::move(summary));
  }
}

}  // namespace personalize::report
