#include "report/analysis/verdict.h"
#include "report/output/format.h"
#include "report/output/json_writer.h"
#include "report/output/writers.h"

namespace personalize::report {

namespace {

const char* kind_text(OutcomeKind kind) {
  constexpr const char* names[] = {"rate", "count", "value", "ratio"};
  return names[static_cast<std::size_t>(kind)];
}

class JsonReport {
 public:
  JsonReport(const Findings& findings, const Settings& settings)
      : findings_(findings), settings_(settings) {}

  std::string write() {
    out_.object();
    out_.member("confidence", settings_.confidence);
    out_.member("correction", correction_text(settings_.correction));
    out_.member("timezone", settings_.timezone);
    write_events();
    strings("warnings", findings_.warnings);
    out_.name("experiments").array();
    for (const auto& experiment : findings_.experiments) {
      write(experiment);
    }
    out_.end_array();
    write_touches("campaigns", findings_.campaigns);
    write_touches("lists", findings_.lists);
    write_questions();
    out_.end_object();
    return out_.take() + "\n";
  }

 private:
  void strings(const char* name, const std::vector<std::string>& texts) {
    out_.name(name).array();
    for (const auto& text : texts) {
      out_.value(text);
    }
    out_.end_array();
  }

  template <class Value>
  void numbers(const char* name, const std::vector<Value>& values) {
    out_.name(name).array();
    for (const auto& value : values) {
      out_.value(value);
    }
    out_.end_array();
  }

  void write_events() {
    const auto& counts = findings_.counts;
    out_.name("events").object();
    out_.member("read", counts.events);
    out_.member("damaged", findings_.damaged);
    out_.member("duplicates", counts.duplicates);
    out_.member("without_visitor", counts.without_visitor);
    out_.member("outside_of_time", counts.outside);
    out_.member("ignored_browser", counts.ignored_browser);
    out_.member("first_time", counts.first_time);
    out_.member("last_time", counts.last_time);
    for (std::size_t i = 0; i < event_kind_count; ++i) {
      if (counts.kinds[i] > 0) {
        out_.member(kind_name(static_cast<EventKind>(i)), counts.kinds[i]);
      }
    }
    out_.end_object();
  }

  void write_ratio(const std::optional<RatioCheck>& check) {
    if (!check) {
      out_.null();
      return;
    }
    out_.object();
    out_.member("chi_square", check->chi_square);
    out_.member("degrees", check->degrees);
    out_.member("p", check->p);
    out_.end_object();
  }

  void write(const Experiment& experiment) {
    out_.object();
    out_.member("name", experiment.name);
    out_.member("type", experiment.is_campaign ? "campaign" : "experiment");
    out_.name("sample_ratio").object();
    out_.member("alarm", experiment.has_alarm());
    out_.name("chi_square_test");
    write_ratio(experiment.ratio);
    if (experiment.has_split) {
      out_.member("sequential_p", experiment.sequential_p);
    }
    out_.member("split_is_known", experiment.has_split);
    out_.end_object();
    out_.member("begin", experiment.begin);
    out_.member("end", experiment.end);
    out_.member("visitors", experiment.visitors);
    out_.member("in_several_variants", experiment.in_several);
    out_.member("strata", static_cast<std::uint64_t>(experiment.strata));
    strings("warnings", experiment.warnings);
    out_.name("variants").array();
    for (const auto& variant : experiment.variants) {
      out_.object();
      out_.member("name", variant.name);
      out_.member("visitors", variant.visitors);
      if (experiment.has_split) {
        out_.member("share", variant.share);
        out_.member("expected", variant.expected);
      }
      out_.end_object();
    }
    out_.end_array();
    out_.name("outcomes").array();
    for (const auto& outcome : experiment.outcomes) {
      write(experiment, outcome);
    }
    out_.end_array();
    out_.name("days").array();
    for (const auto& day : experiment.days) {
      out_.object();
      out_.member("until", day.time);
      numbers("visitors", day.visitors);
      out_.end_object();
    }
    out_.end_array();
    out_.name("cuts").array();
    for (const auto& cut : experiment.cuts) {
      write(experiment, cut);
    }
    out_.end_array();
    out_.end_object();
  }

  void write(const Experiment& experiment, const Outcome& outcome) {
    out_.object();
    out_.member("name", outcome.name);
    out_.member("metric", outcome.metric);
    out_.member("kind", kind_text(outcome.kind));
    out_.member("currency", outcome.currency);
    out_.member("guardrail", outcome.is_guardrail);
    out_.member("lower_is_better", outcome.lower_is_better);
    out_.member("covariate", outcome.covariate);
    if (outcome.cap) {
      out_.member("cap", *outcome.cap);
      out_.member("capped", outcome.capped);
    }
    out_.name("variants").array();
    for (std::size_t v = 0; v < outcome.variants.size(); ++v) {
      write(experiment, outcome, outcome.variants[v], v, true);
    }
    out_.end_array();
    out_.name("series").array();
    for (const auto& point : outcome.series) {
      out_.object();
      out_.member("until", point.time);
      out_.name("variants").array();
      for (std::size_t v = 1; v < point.effects.size(); ++v) {
        out_.object();
        out_.member("variant", experiment.variants[v].name);
        if (point.effects[v]) {
          write_estimate(point.is_lift[v] ? "lift" : "difference", *point.effects[v]);
        }
        out_.end_object();
      }
      out_.end_array();
      out_.end_object();
    }
    out_.end_array();
    out_.end_object();
  }

  void write(const Experiment& experiment, const Outcome& outcome, const VariantResult& result,
             std::size_t v, bool is_whole) {
    out_.object();
    out_.member("variant", experiment.variants[v].name);
    if (is_whole) {
      out_.member("conversions", result.conversions);
      out_.member("visitors_with_any", result.converted);
      out_.member("total", result.total);
    }
    if (result.mean) {
      out_.member("mean", result.mean->value);
      out_.member("error", result.mean->error);
    }
    if (v > 0 && is_whole) {
      out_.member("verdict", verdict_name(judge(experiment, outcome, result, settings_)));
    }
    if (const auto& comparison = result.comparison) {
      write_estimate("difference", comparison->difference);
      if (comparison->lift) {
        write_estimate("lift", *comparison->lift);
      }
      out_.member("p_adjusted", result.adjusted_p);
      out_.member("always_p_adjusted", result.adjusted_always_p);
      out_.member("chance_to_beat_control", chance_to_beat(outcome, *comparison));
      out_.member("detectable", comparison->detectable);
      out_.member("adjusted_mean", comparison->treatment.value);
      out_.member("adjusted_mean_of_control", comparison->control.value);
      if (comparison->variance_saved) {
        out_.member("variance_saved", *comparison->variance_saved);
      }
    }
    out_.end_object();
  }

  void write_estimate(const char* name, const Estimate& estimate) {
    out_.name(name).object();
    out_.member("value", estimate.value);
    out_.member("error", estimate.error);
    out_.member("degrees", estimate.degrees);
    out_.member("low", estimate.interval.low);
    out_.member("high", estimate.interval.high);
    out_.member("p", estimate.p);
    out_.member("always_low", estimate.always.low);
    out_.member("always_high", estimate.always.high);
    out_.member("always_p", estimate.always_p);
    out_.end_object();
  }

  void write(const Experiment& experiment, const Cut& cut) {
    out_.object();
    out_.member("attribute", cut.attribute);
    out_.member("value", cut.value);
    numbers("visitors", cut.visitors);
    out_.name("sample_ratio");
    write_ratio(cut.ratio);
    out_.name("outcomes").array();
    for (const auto& row : cut.rows) {
      const auto& outcome = experiment.outcomes[row.outcome];
      out_.object();
      out_.member("name", outcome.name);
      out_.member("currency", outcome.currency);
      out_.name("variants").array();
      for (std::size_t v = 0; v < row.variants.size(); ++v) {
        write(experiment, outcome, row.variants[v], v, false);
      }
      out_.end_array();
      out_.end_object();
    }
    out_.end_array();
    out_.end_object();
  }

  void write_touches(const char* name, const std::vector<TouchSummary>& summaries) {
    out_.name(name).array();
    for (const auto& summary : summaries) {
      out_.object();
      out_.member("name", summary.name);
      out_.member("impressions", summary.impressions);
      out_.member("clicks", summary.clicks);
      out_.member("dismissals", summary.dismissals);
      out_.member("viewers", summary.viewers);
      out_.member("clickers", summary.clickers);
      out_.member("claimers", summary.claimers);
      if (summary.viewers > 0) {
        out_.name("click_rate").object();
        out_.member("value",
                    static_cast<double>(summary.clickers) / static_cast<double>(summary.viewers));
        out_.member("low", summary.click_rate.low);
        out_.member("high", summary.click_rate.high);
        out_.end_object();
      }
      out_.name("assisted").array();
      for (const auto& assisted : summary.assisted) {
        out_.object();
        out_.member("metric", assisted.metric);
        out_.member("currency", assisted.currency);
        out_.member("after_click", assisted.after_click);
        out_.member("value_after_click", assisted.value_after_click);
        out_.member("after_view", assisted.after_view);
        out_.member("value_after_view", assisted.value_after_view);
        if (assisted.with_items > 0) {
          out_.member("with_items", assisted.with_items);
          out_.member("items", assisted.items);
          out_.member("value_of_items", assisted.value_of_items);
        }
        out_.end_object();
      }
      out_.end_array();
      out_.end_object();
    }
    out_.end_array();
  }

  void write_questions() {
    out_.name("surveys").array();
    for (const auto& question : findings_.questions) {
      out_.object();
      out_.member("question", question.name);
      out_.member("visitors", question.visitors);
      out_.member("answers_given", question.answers_given);
      out_.name("answers").array();
      for (const auto& answer : question.answers) {
        out_.object();
        out_.member("answer", answer.text);
        out_.member("visitors", answer.visitors);
        out_.member("share",
                    static_cast<double>(answer.visitors) / static_cast<double>(question.visitors));
        out_.member("low", answer.share.low);
        out_.member("high", answer.share.high);
        out_.end_object();
      }
      out_.end_array();
      out_.member("others", question.others);
      out_.end_object();
    }
    out_.end_array();
  }

  const Findings& findings_;
  const Settings& settings_;
  JsonWriter out_;
};

}  // namespace

std::string json_report(const Findings& findings, const Settings& settings) {
  return JsonReport(findings, settings).write();
}

}  // namespace personalize::report
