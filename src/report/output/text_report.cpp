#include <algorithm>

#include "base/text/utf8.h"
#include "report/analysis/calendar.h"
#include "report/output/format.h"
#include "report/output/safe_text.h"
#include "report/output/writers.h"

namespace personalize::report {

namespace {

constexpr std::size_t line_width = 100;

// Columns that an ordinary terminal gives the text.
std::size_t width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    take_code_point(text);
    ++columns;
  }
  return columns;
}

// Columns as wide as they need, the first to the left and the others to the right.
class Table {
 public:
  void row(std::vector<std::string> cells) {
    for (auto& cell : cells) {
      cell = printable(cell);
    }
    rows_.push_back(std::move(cells));
  }

  std::string text(std::size_t indent) const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
      widths.resize(std::max(widths.size(), row.size()));
      for (std::size_t i = 0; i < row.size(); ++i) {
        widths[i] = std::max(widths[i], width(row[i]));
      }
    }
    std::string out;
    for (const auto& row : rows_) {
      std::string line(indent, ' ');
      for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string padding(widths[i] - width(row[i]), ' ');
        line += i == 0 ? row[i] + padding : "  " + padding + row[i];
      }
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + "\n";
    }
    return out;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

// Breaks text into lines.
std::string wrapped(const std::string& text, const std::string& first, const std::string& indent) {
  std::string out = first;
  std::size_t column = width(first);
  bool is_first = true;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = std::min(text.find(' ', begin), text.size());
    const auto word = text.substr(begin, end - begin);
    if (!is_first && column + 1 + width(word) > line_width) {
      out += "\n" + indent;
      column = width(indent);
      is_first = true;
    }
    out += (is_first ? "" : " ") + word;
    column += (is_first ? 0 : 1) + width(word);
    is_first = false;
    begin = end + 1;
  }
  return out + "\n";
}

class TextReport {
 public:
  TextReport(const Findings& findings, const Settings& settings)
      : findings_(findings), settings_(settings) {}

  std::string write() {
    write_events();
    for (const auto& experiment : findings_.experiments) {
      write(experiment);
    }
    write_touches("Campaigns", findings_.campaigns);
    write_touches("Recommendations", findings_.lists);
    write_questions();
    return std::move(out_);
  }

 private:
  void heading(const std::string& text) {
    out_ += "\n" + text + "\n";
    for (std::size_t i = 0; i < width(text); ++i) {
      out_ += "=";
    }
    out_ += "\n";
  }

  void warn(const std::vector<std::string>& warnings) {
    for (const auto& warning : warnings) {
      out_ += wrapped(printable(warning), "  ! ", "    ");
    }
  }

  std::string confidence() const { return confidence_text(settings_.confidence); }

  void write_events() {
    const auto& counts = findings_.counts;
    out_ += count_text(counts.events) + " events";
    if (counts.events > 0) {
      out_ += " from " + time_text(counts.first_time) + " to " + time_text(counts.last_time) + " " +
              settings_.timezone;
    }
    out_ += "\n";
    if (findings_.damaged > 0) {
      out_ += "  ! " + count_text(findings_.damaged) + " damaged lines were passed over\n";
    }
    warn(findings_.warnings);
    if (findings_.experiments.empty() && findings_.campaigns.empty() && findings_.lists.empty() &&
        findings_.questions.empty()) {
      out_ += "There is nothing to report: no exposures, impressions, clicks or answers.\n";
    }
  }

  void write(const Experiment& experiment) {
    heading((experiment.is_campaign ? "Campaign with holdout: " : "Experiment: ") +
            printable(experiment.name));
    if (experiment.has_alarm()) {
      out_ += wrapped(printable(alarm_text(experiment)), "  !!! ", "      ");
      out_ += "\n";
    }
    if (experiment.visitors > 0) {
      out_ += "  " + count_text(experiment.visitors) + " visitors, " + time_text(experiment.begin) +
              " to " + time_text(experiment.end) + "\n";
    }
    warn(experiment.warnings);
    out_ += "\n";
    Table table;
    table.row({"", "visitors", "share", "should be"});
    for (std::size_t v = 0; v < experiment.variants.size(); ++v) {
      const auto& variant = experiment.variants[v];
      table.row({name_of(experiment, v), count_text(variant.visitors),
                 experiment.visitors == 0 ? "–"
                                          : share_text(static_cast<double>(variant.visitors) /
                                                       static_cast<double>(experiment.visitors)),
                 experiment.has_split ? share_text(variant.share) : "?"});
    }
    out_ += table.text(2);
    if (experiment.has_split) {
      out_ += "  Split: ";
      out_ += experiment.ratio ? "p " + p_text(experiment.ratio->p) + " (chi-square), "
                               : "too few visitors for chi-square, ";
      out_ += "p " + p_text(experiment.sequential_p) + " (sequential); alarm below 0.001\n";
    }
    for (const auto& outcome : experiment.outcomes) {
      write(experiment, outcome);
    }
    write_cuts(experiment);
  }

  static std::string name_of(const Experiment& experiment, std::size_t v) {
    const auto& name = experiment.variants[v].name;
    return printable(name) + (v == 0 && name != "control" ? " (control)" : "");
  }

  void write(const Experiment& experiment, const Outcome& outcome) {
    out_ += "\n  " + printable(outcome_title(outcome)) +
            (outcome.is_guardrail ? " (guardrail)" : "") +
            (outcome.lower_is_better ? " (lower is better)" : "") + "\n";
    Table table;
    table.row({"", "conversions", "per visitor", "effect", confidence() + " interval", "p",
               settings_.correction == Correction::none || outcome.is_guardrail ? "" : "p adj.",
               "chance", "always valid", "p"});
    for (std::size_t v = 0; v < outcome.variants.size(); ++v) {
      const auto& result = outcome.variants[v];
      std::vector<std::string> cells = {name_of(experiment, v), count_text(result.conversions),
                                        result.mean ? mean_text(outcome, result.mean->value) : "–"};
      if (const auto& comparison = result.comparison) {
        const auto& effect = comparison->effect();
        cells.push_back(effect_text(outcome, *comparison, effect.value));
        cells.push_back(interval_text(outcome, *comparison, effect.interval));
        cells.push_back(p_text(effect.p));
        cells.push_back(settings_.correction == Correction::none || outcome.is_guardrail
                            ? ""
                            : p_text(result.adjusted_p));
        cells.push_back(chance_text(chance_to_beat(outcome, *comparison)));
        cells.push_back(interval_text(outcome, *comparison, effect.always));
        cells.push_back(p_text(effect.always_p));
      }
      table.row(std::move(cells));
    }
    out_ += table.text(4);
    for (std::size_t v = 1; v < outcome.variants.size(); ++v) {
      out_ += wrapped(printable(verdict_text(experiment, outcome, outcome.variants[v],
                                             experiment.variants[v].name, settings_)),
                      "    > ", "      ");
    }
    if (!outcome.covariate.empty()) {
      out_ += "    Adjusted by " + printable(outcome.covariate) + " (CUPED)";
      for (std::size_t v = 1; v < outcome.variants.size(); ++v) {
        const auto& comparison = outcome.variants[v].comparison;
        if (comparison && comparison->variance_saved) {
          out_ += (v == 1 ? ", which saves " : ", ") + share_text(*comparison->variance_saved);
        }
      }
      out_ += " of the variance\n";
    }
    if (outcome.cap) {
      out_ += "    Winsorized: " + count_text(outcome.capped) + " visitors count as " +
              printable(mean_text(outcome, *outcome.cap)) + "\n";
    }
  }

  void write_cuts(const Experiment& experiment) {
    std::string attribute;
    for (const auto& cut : experiment.cuts) {
      if (cut.attribute != attribute) {
        attribute = cut.attribute;
        out_ += "\n  By " + printable(attribute) +
                " (to find ideas in, not to decide by; p is adjusted for the number of rows)\n";
      }
      out_ +=
          "    " + printable(cut.value) +
          (cut.ratio && cut.ratio->p < sample_ratio_alarm ? "  !!! the split is wrong here" : "") +
          "\n";
      Table table;
      for (const auto& row : cut.rows) {
        const auto& outcome = experiment.outcomes[row.outcome];
        for (std::size_t v = 1; v < row.variants.size(); ++v) {
          const auto& result = row.variants[v];
          std::vector<std::string> cells = {
              printable(outcome_title(outcome)) + ", " + printable(experiment.variants[v].name),
              count_text(cut.visitors[0]) + " / " + count_text(cut.visitors[v])};
          if (const auto& comparison = result.comparison) {
            const auto& effect = comparison->effect();
            cells.push_back(effect_text(outcome, *comparison, effect.value));
            cells.push_back(interval_text(outcome, *comparison, effect.interval));
            cells.push_back("p " + p_text(result.adjusted_p));
          } else {
            cells.emplace_back("too few");
          }
          table.row(std::move(cells));
        }
      }
      out_ += table.text(6);
    }
    for (const auto& further : experiment.further_values) {
      out_ += "    " + printable(further) + "\n";
    }
  }

  void write_touches(const char* title, const std::vector<TouchSummary>& summaries) {
    if (summaries.empty()) {
      return;
    }
    heading(title);
    Table table;
    table.row({"", "impressions", "visitors", "clicks", "clicked", confidence() + " interval",
               "claimed", "dismissed"});
    for (const auto& summary : summaries) {
      table.row({printable(summary.name), count_text(summary.impressions),
                 count_text(summary.viewers), count_text(summary.clicks),
                 summary.viewers == 0 ? "–"
                                      : share_text(static_cast<double>(summary.clickers) /
                                                   static_cast<double>(summary.viewers)),
                 summary.viewers == 0 ? "–"
                                      : share_text(summary.click_rate.low) + " to " +
                                            share_text(summary.click_rate.high),
                 count_text(summary.claimers), count_text(summary.dismissals)});
    }
    out_ += table.text(2);
    write_assisted(summaries);
  }

  void write_assisted(const std::vector<TouchSummary>& summaries) {
    Table table;
    const bool tells_items = has_items(summaries);
    std::vector<std::string> row = {"", "", "after a click", "value", "after seeing it", "value"};
    if (tells_items) {
      row.insert(row.end(), {"with its items", "value"});
    }
    table.row(row);
    bool is_any = false;
    for (const auto& summary : summaries) {
      for (const auto& assisted : summary.assisted) {
        const auto money = [&](double value) { return money_text(value, assisted.currency); };
        row = {printable(summary.name),          printable(assisted.metric),
               count_text(assisted.after_click), money(assisted.value_after_click),
               count_text(assisted.after_view),  money(assisted.value_after_view)};
        if (tells_items) {
          row.insert(row.end(), {count_text(assisted.with_items), money(assisted.value_of_items)});
        }
        table.row(row);
        is_any = true;
      }
    }
    if (is_any) {
      out_ +=
          "\n  Conversions that followed – not what was caused by it: only a holdout tells that\n" +
          table.text(2);
    }
  }

  void write_questions() {
    for (const auto& question : findings_.questions) {
      heading("Question: " + printable(question.name));
      Table table;
      table.row({"", "visitors", "share", confidence() + " interval"});
      for (const auto& answer : question.answers) {
        table.row({printable(answer.text), count_text(answer.visitors),
                   share_text(static_cast<double>(answer.visitors) /
                              static_cast<double>(question.visitors)),
                   share_text(answer.share.low) + " to " + share_text(answer.share.high)});
      }
      if (question.others > 0) {
        table.row({"(other answers)", count_text(question.others)});
      }
      out_ += table.text(2);
    }
  }

  const Findings& findings_;
  const Settings& settings_;
  std::string out_;
};

}  // namespace

std::string text_report(const Findings& findings, const Settings& settings) {
  return TextReport(findings, settings).write();
}

}  // namespace personalize::report
