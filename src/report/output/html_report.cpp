#include <algorithm>

#include "report/analysis/calendar.h"
#include "report/output/format.h"
#include "report/output/page_style.h"
#include "report/output/plots.h"
#include "report/output/safe_text.h"
#include "report/output/writers.h"

namespace personalize::report {

namespace {

// A verdict's color and word.
struct Mood {
  const char* style;
  const char* word;
};

Mood mood_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::untrusted:
      return {"bad", "Broken"};
    case Verdict::too_early:
      return {"calm", "Too early"};
    case Verdict::no_difference:
      return {"calm", "Open"};
    case Verdict::better_planned:
      return {"wait", "Perhaps better"};
    case Verdict::worse_planned:
      return {"wait", "Perhaps worse"};
    case Verdict::better:
      return {"good", "Better"};
    case Verdict::worse:
      return {"bad", "Worse"};
    case Verdict::no_harm_seen:
      return {"calm", "No harm seen"};
    case Verdict::harm:
      return {"bad", "Harm"};
  }
  return {"calm", ""};
}

std::string pill(const Mood& mood) {
  return std::string("<span class=\"pill ") + mood.style + "\">" + mood.word + "</span>";
}

std::string cell(const std::string& label, const std::string& html) {
  return "<td data-label=\"" + escaped(label) + "\">" + html + "</td>";
}

class HtmlReport {
 public:
  HtmlReport(const Findings& findings, const Settings& settings)
      : findings_(findings), settings_(settings), interval_(confidence_text(settings.confidence)) {}

  std::string write() {
    out_ +=
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"robots\" content=\"noindex\">\n<title>What the experiments "
        "say</title>\n<style>";
    out_ += page_style;
    out_ += "</style>\n</head>\n<body>\n";
    write_head();
    out_ += "<main>\n";
    write_overview();
    for (std::size_t i = 0; i < findings_.experiments.size(); ++i) {
      write(findings_.experiments[i], i);
    }
    write_touches("Campaigns", findings_.campaigns);
    write_touches("Recommendations", findings_.lists);
    write_questions();
    out_ += "</main>\n";
    write_foot();
    out_ += "</body>\n</html>\n";
    return std::move(out_);
  }

 private:
  void write_head() {
    const auto& counts = findings_.counts;
    out_ += "<header><h1>What the experiments say</h1><p class=\"soft\">";
    if (counts.events > 0) {
      out_ += time_text(counts.first_time) + " to " + time_text(counts.last_time) + " " +
              escaped(settings_.timezone) + " · ";
    }
    out_ += count_text(counts.events) + " events</p>";
    auto warnings = findings_.warnings;
    if (findings_.damaged > 0) {
      warnings.push_back(count_text(findings_.damaged) + " damaged lines were passed over");
    }
    write_notes(warnings);
    out_ += "</header>\n";
  }

  void write_notes(const std::vector<std::string>& notes) {
    if (notes.empty()) {
      return;
    }
    out_ += "<ul class=\"notes\">";
    for (const auto& note : notes) {
      out_ += "<li>" + escaped(note) + "</li>";
    }
    out_ += "</ul>";
  }

  // One line for each experiment.
  void write_overview() {
    if (findings_.experiments.empty()) {
      if (findings_.campaigns.empty() && findings_.lists.empty() && findings_.questions.empty()) {
        out_ +=
            "<section class=\"card\"><p>There is nothing to report: no exposures, impressions, "
            "clicks or answers.</p></section>\n";
      }
      return;
    }
    out_ += "<section class=\"card\"><h2>At a glance</h2>";
    for (std::size_t i = 0; i < findings_.experiments.size(); ++i) {
      const auto& experiment = findings_.experiments[i];
      out_ += "<div class=\"glance\"><p><a href=\"#e" + std::to_string(i) + "\">" +
              escaped(experiment.name) + "</a> <span class=\"soft small\">" +
              count_text(experiment.visitors) + " visitors</span></p><ul>";
      if (experiment.has_alarm() || experiment.outcomes.empty()) {
        out_ += "<li><span>";
        out_ += experiment.has_alarm() ? "the split is wrong" : "nothing to compare";
        out_ += "</span><span></span><b></b>" +
                pill(mood_of(experiment.has_alarm() ? Verdict::untrusted : Verdict::too_early)) +
                "</li>";
      } else {
        for (std::size_t v = 1; v < experiment.variants.size(); ++v) {
          for (const auto& outcome : experiment.outcomes) {
            write_line(experiment, outcome, v);
          }
        }
      }
      out_ += "</ul></div>";
    }
    out_ += "</section>\n";
  }

  void write_line(const Experiment& experiment, const Outcome& outcome, std::size_t v) {
    const auto& result = outcome.variants[v];
    const auto& comparison = result.comparison;
    out_ += "<li><span>" + variant_name(experiment, v) + "</span><span>" +
            escaped(outcome_title(outcome)) + "</span><b>" +
            (comparison ? escaped(effect_text(outcome, *comparison, comparison->effect().value))
                        : "–") +
            "</b>" + pill(mood_of(judge(experiment, outcome, result, settings_))) + "</li>";
  }

  void write(const Experiment& experiment, std::size_t number) {
    out_ += "<section class=\"card\" id=\"e" + std::to_string(number) + "\"><p class=\"kind\">";
    out_ += experiment.is_campaign ? "Campaign with a holdout" : "Experiment";
    out_ += "</p><h2>" + escaped(experiment.name) + "</h2>";
    if (experiment.has_alarm()) {
      out_ += "<div class=\"alarm\" role=\"alert\"><b>Do not trust these numbers</b>" +
              escaped(alarm_text(experiment)) + "</div>";
    }
    if (experiment.visitors > 0) {
      out_ += "<p class=\"soft\">" + count_text(experiment.visitors) + " visitors, " +
              time_text(experiment.begin) + " to " + time_text(experiment.end) + "</p>";
    }
    if (!experiment.has_alarm() && experiment.ratio) {
      out_ +=
          "<p class=\"split small\"><b>The split is as it should be</b> <span class=\"soft\">(p " +
          escaped(p_text(experiment.ratio->p)) + ", alarm below 0.001)</span></p>";
    }
    write_notes(experiment.warnings);
    out_ += "<div class=\"grid\"><figure><figcaption>Share of the visitors" +
            std::string(experiment.has_split ? "; the mark is where it should be" : "") +
            "</figcaption>" + share_plot(experiment) + "</figure>";
    const auto visitors = visitors_plot(experiment);
    if (!visitors.empty()) {
      out_ += "<figure><figcaption>Visitors so far</figcaption>" + visitors;
      write_legend(experiment);
      out_ += "</figure>";
    }
    out_ += "</div>";
    for (const auto& outcome : experiment.outcomes) {
      write(experiment, outcome);
    }
    write_cuts(experiment);
    out_ += "</section>\n";
  }

  void write_legend(const Experiment& experiment) {
    out_ += "<div class=\"legend\">";
    for (std::size_t v = 0; v < experiment.variants.size(); ++v) {
      out_ += "<span>" + swatch(v) + escaped(experiment.variants[v].name) + "</span>";
    }
    out_ += "</div>";
  }

  static std::string variant_name(const Experiment& experiment, std::size_t v) {
    return "<span class=\"variant\">" + swatch(v) + escaped(experiment.variants[v].name) +
           (v == 0 && experiment.variants[v].name != "control"
                ? "&nbsp;<span class=\"soft\">control</span>"
                : "") +
           "</span>";
  }

  static std::string swatch(std::size_t v) {
    return "<span class=\"swatch v" + std::to_string(v % 7) + "\"></span>";
  }

  void write(const Experiment& experiment, const Outcome& outcome) {
    out_ += "<div class=\"outcome\"><h3>" + escaped(outcome_title(outcome)) + "</h3>";
    if (outcome.is_guardrail || outcome.lower_is_better) {
      out_ += "<p class=\"soft small\">";
      out_ += outcome.is_guardrail ? "A guardrail: it must not get worse. " : "";
      out_ += outcome.lower_is_better ? "Lower is better." : "";
      out_ += "</p>";
    }
    std::vector<const Comparison*> comparisons;
    for (std::size_t v = 1; v < outcome.variants.size(); ++v) {
      const auto& result = outcome.variants[v];
      const auto mood = mood_of(judge(experiment, outcome, result, settings_));
      out_ += std::string("<div class=\"verdict ") + mood.style + "\"><b>" + mood.word +
              "</b><span>" +
              escaped(verdict_text(experiment, outcome, result, experiment.variants[v].name,
                                   settings_)) +
              "</span></div>";
      if (result.comparison) {
        comparisons.push_back(&*result.comparison);
      }
    }
    write_table(experiment, outcome, scale_of(comparisons));
    write_remarks(outcome);
    std::string plots;
    for (std::size_t v = 1; v < outcome.variants.size(); ++v) {
      const auto plot = effect_plot(experiment, outcome, v);
      if (!plot.empty()) {
        plots += "<figure><figcaption>" + swatch(v) + escaped(experiment.variants[v].name) +
                 ": effect over time. Dark: " + interval_ +
                 " interval for who looks once; light: for who looks all the time</figcaption>" +
                 plot + "</figure>";
      }
    }
    if (!plots.empty()) {
      out_ += "<div class=\"grid\">" + plots + "</div>";
    }
    out_ += "</div>";
  }

  bool is_adjusted(const Outcome& outcome) const {
    return settings_.correction != Correction::none && !outcome.is_guardrail;
  }

  void write_table(const Experiment& experiment, const Outcome& outcome, const Scale& scale) {
    const std::string mean = outcome.kind == OutcomeKind::rate    ? "Rate"
                             : outcome.kind == OutcomeKind::ratio ? "Ratio"
                                                                  : "Per visitor";
    out_ +=
        "<div class=\"scroll\" tabindex=\"0\"><table "
        "class=\"stack\"><thead><tr><th>Variant</th><th>Conversions</th><th>" +
        mean + "</th><th>Effect</th><th>" + interval_ +
        " interval</th><td></td><th>Chance to beat control</th><th>p</th>";
    out_ += is_adjusted(outcome) ? "<th>p adjusted</th>" : "";
    out_ += "<th>p, always valid</th></tr></thead><tbody>";
    for (std::size_t v = 0; v < outcome.variants.size(); ++v) {
      const auto& result = outcome.variants[v];
      out_ += "<tr>" + cell("", variant_name(experiment, v)) +
              cell("Conversions", count_text(result.conversions)) +
              cell(mean, result.mean ? escaped(mean_text(outcome, result.mean->value)) : "–");
      if (const auto& comparison = result.comparison) {
        const auto& effect = comparison->effect();
        const auto mood = mood_of(judge(experiment, outcome, result, settings_));
        out_ += cell("Effect",
                     "<b>" + escaped(effect_text(outcome, *comparison, effect.value)) + "</b>") +
                cell(interval_ + " interval",
                     escaped(interval_text(outcome, *comparison, effect.interval))) +
                "<td class=\"plotcell\">" + interval_plot(*comparison, scale, mood.style) +
                "</td>" +
                cell("Chance to beat control",
                     escaped(chance_text(chance_to_beat(outcome, *comparison)))) +
                cell("p", escaped(p_text(effect.p)));
        out_ += is_adjusted(outcome) ? cell("p adjusted", escaped(p_text(result.adjusted_p))) : "";
        out_ += cell("p, always valid", escaped(p_text(effect.always_p)));
      } else {
        out_ += "<td colspan=\"" + std::string(is_adjusted(outcome) ? "7" : "6") + "\">";
        out_ += v == 0 ? "" : "<span class=\"soft\">too few to compare</span>";
        out_ += "</td>";
      }
      out_ += "</tr>";
    }
    out_ += "</tbody></table></div>";
  }

  void write_remarks(const Outcome& outcome) {
    std::string remarks;
    if (!outcome.covariate.empty()) {
      remarks += "Adjusted by " + outcome.covariate + " (CUPED)";
      std::size_t v = 1;
      while (v < outcome.variants.size() &&
             !(outcome.variants[v].comparison && outcome.variants[v].comparison->variance_saved)) {
        ++v;
      }
      if (v < outcome.variants.size()) {
        remarks += ", which saves " + share_text(*outcome.variants[v].comparison->variance_saved) +
                   " of the variance";
      }
      remarks += ". ";
    }
    if (outcome.cap) {
      remarks += "Winsorized: " + count_text(outcome.capped) + " visitors count as " +
                 mean_text(outcome, *outcome.cap) + ".";
    }
    if (!remarks.empty()) {
      out_ += "<p class=\"soft small\">" + escaped(remarks) + "</p>";
    }
  }

  void write_cuts(const Experiment& experiment) {
    if (experiment.cuts.empty()) {
      return;
    }
    out_ +=
        "<div class=\"outcome\"><h3>Groups of visitors</h3><p class=\"soft small\">To find ideas "
        "in, not to decide by: of twenty groups, one will look different by chance. p is "
        "adjusted for the number of rows.</p>";
    for (std::size_t i = 0; i < experiment.outcomes.size(); ++i) {
      std::vector<const Comparison*> comparisons;
      for (const auto& cut : experiment.cuts) {
        for (const auto& result : cut.rows[i].variants) {
          if (result.comparison) {
            comparisons.push_back(&*result.comparison);
          }
        }
      }
      if (comparisons.empty()) {
        continue;
      }
      const auto scale = scale_of(comparisons);
      const auto& outcome = experiment.outcomes[i];
      out_ += std::string(i == 0 ? "<details open>" : "<details>") + "<summary>" +
              escaped(outcome_title(outcome)) +
              "</summary><div class=\"scroll\" tabindex=\"0\"><table class=\"stack "
              "cuts\"><thead><tr><th>Group</th>"
              "<th>Variant</th>"
              "<th>Visitors</th><th>Effect</th><th>" +
              interval_ + " interval</th><td></td><th>p adjusted</th></tr></thead><tbody>";
      for (const auto& cut : experiment.cuts) {
        write_cut(experiment, outcome, cut, cut.rows[i].variants, scale);
      }
      out_ += "</tbody></table></div></details>";
    }
    write_notes(experiment.further_values);
    out_ += "</div>";
  }

  void write_cut(const Experiment& experiment, const Outcome& outcome, const Cut& cut,
                 const std::vector<VariantResult>& results, const Scale& scale) {
    const bool is_broken = cut.ratio && cut.ratio->p < sample_ratio_alarm;
    for (std::size_t v = 1; v < results.size(); ++v) {
      out_ += "<tr>" +
              cell("", "<span class=\"soft\">" + escaped(cut.attribute) + "</span> " +
                           escaped(cut.value) +
                           (is_broken ? " <span class=\"pill bad\">split is wrong</span>" : "")) +
              cell("Variant", variant_name(experiment, v)) +
              cell("Visitors", count_text(cut.visitors[0] + cut.visitors[v]));
      if (const auto& comparison = results[v].comparison) {
        const auto& effect = comparison->effect();
        const bool is_clear = results[v].adjusted_p < 1 - settings_.confidence && !is_broken;
        const bool is_better = (effect.value > 0) != outcome.lower_is_better;
        out_ += cell("Effect", escaped(effect_text(outcome, *comparison, effect.value))) +
                cell(interval_ + " interval",
                     escaped(interval_text(outcome, *comparison, effect.interval))) +
                "<td class=\"plotcell\">" +
                interval_plot(*comparison, scale,
                              !is_clear   ? "calm"
                              : is_better ? "good"
                                          : "bad") +
                "</td>" + cell("p adjusted", escaped(p_text(results[v].adjusted_p)));
      } else {
        out_ += cell("Effect", "<span class=\"soft\">too few</span>");
      }
      out_ += "</tr>";
    }
  }

  void write_touches(const char* title, const std::vector<TouchSummary>& summaries) {
    if (summaries.empty()) {
      return;
    }
    out_ += std::string("<section class=\"card\"><h2>") + title +
            "</h2><div class=\"scroll\" tabindex=\"0\"><table "
            "class=\"stack\"><thead><tr><th>Name</th><th>Impressions</th>"
            "<th>Visitors</th><th>Clicks</th><th>Visitors who clicked</th><td></td><th>" +
            interval_ +
            " interval</th><th>Visitors who claimed</th><th>Dismissed</th></tr></thead><tbody>";
    for (const auto& summary : summaries) {
      out_ += "<tr>" + cell("", escaped(summary.name)) +
              cell("Impressions", count_text(summary.impressions)) +
              cell("Visitors", count_text(summary.viewers)) +
              cell("Clicks", count_text(summary.clicks));
      if (summary.viewers > 0) {
        const double share =
            static_cast<double>(summary.clickers) / static_cast<double>(summary.viewers);
        out_ += cell("Visitors who clicked", escaped(share_text(share))) +
                "<td class=\"plotcell\">" + share_bar(share, summary.click_rate) + "</td>" +
                cell(interval_ + " interval", escaped(share_text(summary.click_rate.low) + " to " +
                                                      share_text(summary.click_rate.high)));
      } else {
        out_ += cell("Visitors who clicked", "–") + "<td></td><td></td>";
      }
      out_ += cell("Visitors who claimed", count_text(summary.claimers)) +
              cell("Dismissed", count_text(summary.dismissals)) + "</tr>";
    }
    out_ += "</tbody></table></div>";
    write_assisted(summaries);
    out_ += "</section>\n";
  }

  void write_assisted(const std::vector<TouchSummary>& summaries) {
    std::string rows;
    const bool tells_items = has_items(summaries);
    for (const auto& summary : summaries) {
      for (const auto& assisted : summary.assisted) {
        const auto money = [&](double value) {
          return escaped(money_text(value, assisted.currency));
        };
        rows += "<tr>" + cell("", escaped(summary.name)) +
                cell("Conversion", escaped(assisted.metric)) +
                cell("After a click", count_text(assisted.after_click)) +
                cell("Value", money(assisted.value_after_click)) +
                cell("After seeing it", count_text(assisted.after_view)) +
                cell("Value", money(assisted.value_after_view)) +
                (tells_items ? cell("With its items", count_text(assisted.with_items)) +
                                   cell("Value", money(assisted.value_of_items))
                             : std::string()) +
                "</tr>";
      }
    }
    if (!rows.empty()) {
      out_ +=
          "<h3 class=\"followed\">Conversions that followed</h3><p class=\"soft small\">Who buys "
          "has often seen and "
          "clicked a lot. What a campaign causes, only a holdout can tell.</p><div "
          "class=\"scroll\" tabindex=\"0\"><table "
          "class=\"stack\"><thead><tr><th>Name</th><th>Conversion</th><th>After "
          "a click</th><th>Value</th><th>After seeing it</th><th>Value</th>" +
          std::string(tells_items ? "<th>With its items</th><th>Value</th>" : "") +
          "</tr></thead><tbody>" + rows + "</tbody></table></div>";
    }
  }

  void write_questions() {
    for (const auto& question : findings_.questions) {
      out_ += "<section class=\"card\"><p class=\"kind\">Question</p><h2>" +
              escaped(question.name) + "</h2><p class=\"soft\">" + count_text(question.visitors) +
              " visitors answered</p><div class=\"scroll\" tabindex=\"0\"><table "
              "class=\"stack\"><thead><tr><th>Answer</th>"
              "<th>Visitors</th><th>Share</th><td></td><th>" +
              interval_ + " interval</th></tr></thead><tbody>";
      for (const auto& answer : question.answers) {
        const double share =
            static_cast<double>(answer.visitors) / static_cast<double>(question.visitors);
        out_ += "<tr>" + cell("", escaped(answer.text)) +
                cell("Visitors", count_text(answer.visitors)) +
                cell("Share", escaped(share_text(share))) + "<td class=\"plotcell\">" +
                share_bar(share, answer.share) + "</td>" +
                cell(interval_ + " interval", escaped(share_text(answer.share.low) + " to " +
                                                      share_text(answer.share.high))) +
                "</tr>";
      }
      if (question.others > 0) {
        out_ += "<tr>" + cell("", "<span class=\"soft\">other answers</span>") +
                cell("Visitors", count_text(question.others)) + "</tr>";
      }
      out_ += "</tbody></table></div></section>\n";
    }
  }

  void write_foot() {
    out_ += "<footer><section class=\"card\"><h2>How to read this</h2><dl>";
    const auto explain = [&](const char* word, const std::string& text) {
      out_ += std::string("<dt>") + word + "</dt><dd>" + escaped(text) + "</dd>";
    };
    explain("Effect",
            "By how much visitors of the variant do more than those of control, in "
            "percent of control. One number from one sample: the truth is near it.");
    explain("Interval", "Where the truth probably is. In " + interval_ +
                            " of all experiments it is inside, if the day to look was planned.");
    explain("Always valid",
            "The same for somebody who looks every day and stops when it looks good. "
            "It is wider; whoever decides by it is not fooled by looking often.");
    explain("Chance to beat control",
            "How probable it is that the variant is better at all, be it by "
            "a hair, if nothing was known before.");
    explain("p",
            "How often chance alone makes a difference this great between two variants that are "
            "the same.");
    explain("p adjusted", std::string("p, made stricter because several numbers were looked at (") +
                              correction_text(settings_.correction) + ").");
    explain("Split",
            "If the variants did not get the visitors that they should have got, something "
            "is broken, and all other numbers with it. That is checked first.");
    explain("Open",
            "Not “the same”: a difference that is too small for this number of visitors may "
            "be there.");
    out_ += "</dl></section></footer>\n";
  }

  const Findings& findings_;
  const Settings& settings_;
  std::string interval_;  // "95 %"
  std::string out_;
};

}  // namespace

std::string html_report(const Findings& findings, const Settings& settings) {
  return HtmlReport(findings, settings).write();
}

}  // namespace personalize::report
