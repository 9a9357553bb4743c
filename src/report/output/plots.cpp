#include "report/output/plots.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/analysis/calendar.h"
#include "report/output/format.h"
#include "report/output/safe_text.h"

namespace personalize::report {

namespace {

constexpr double width = 440;
constexpr double height = 210;
constexpr double left = 54;
constexpr double right = 12;
constexpr double top = 12;
constexpr double bottom = 26;

// Steps of 1, 2 or 5 times a power of ten, about `count` of them.
double nice_step(double range, int count) {
  const double raw = range / count;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (raw <= factor * power) {
      return factor * power;
    }
  }
  return 10 * power;
}

// A frame with its axes: values to the left, days below.
class Frame {
 public:
  Frame(std::int64_t begin, std::int64_t end, double low, double high)
      : begin_(begin), end_(std::max(end, begin + 1)), low_(low), high_(high) {}

  double x(std::int64_t time) const {
    return left + (width - left - right) * static_cast<double>(time - begin_) /
                      static_cast<double>(end_ - begin_);
  }
  double y(double value) const {
    const double far = 4 * (high_ - low_);  // what is outside is cut off, and need not be exact
    value = std::clamp(value, low_ - far, high_ + far);
    return top + (height - top - bottom) * (high_ - value) / (high_ - low_);
  }
  std::string point(std::int64_t time, double value) const {
    return coordinate(x(time)) + "," + coordinate(y(value));
  }

  template <class Label>
  std::string axes(Label label) const {
    std::string out;
    const double step = nice_step(high_ - low_, 4);
    const double first = std::ceil(low_ / step);
    const auto count = static_cast<int>(std::floor(high_ / step + 0.001) - first) + 1;
    for (int i = 0; i < count; ++i) {
      const double value = (first + i) * step;
      const auto at = coordinate(y(value));
      out += "<line class=\"";
      out += value == 0 ? "zero" : "grid";
      out += "\" x1=\"" + coordinate(left) + "\" x2=\"" + coordinate(width - right) + "\" y1=\"";
      out += at + "\" y2=\"";
      out += at + "\"/><text class=\"tick\" x=\"" + coordinate(left - 7) + "\" y=\"" +
             coordinate(y(value) + 4) + "\" text-anchor=\"end\">" + escaped(label(value)) +
             "</text>";
    }
    constexpr std::int64_t day = std::int64_t{86400} * 1000;
    const bool is_short = end_ - begin_ < 2 * day;
    const auto date = [&](std::int64_t time, const char* anchor) {
      // A day ends where the next one begins.
      const auto text = is_short ? time_text(time).substr(11) : date_text(time - 1);
      out += "<text class=\"tick\" x=\"" + coordinate(x(time)) + "\" y=\"" +
             coordinate(height - 7) + "\" text-anchor=\"" + anchor + "\">" + text + "</text>";
    };
    date(begin_, "start");
    if (end_ - begin_ > 3600000) {
      date((begin_ + end_) / 2, "middle");
      date(end_, "end");
    }
    return out;
  }

  std::string clip(const std::string& id) const {
    return "<clipPath id=\"" + id + "\"><rect x=\"" + coordinate(left) + "\" y=\"" +
           coordinate(top) + "\" width=\"" + coordinate(width - left - right) + "\" height=\"" +
           coordinate(height - top - bottom) + "\"/></clipPath>";
  }

 private:
  std::int64_t begin_;
  std::int64_t end_;
  double low_;
  double high_;
};

std::string open_svg(const std::string& label) {
  return "<svg class=\"plot\" viewBox=\"0 0 " + coordinate(width) + " " + coordinate(height) +
         "\" role=\"img\" aria-label=\"" + escaped(label) + "\">";
}

// So many characters fit beside the numbers.
std::string shortened(std::string_view name) {
  constexpr std::size_t most = 22;
  std::string out;
  std::size_t count = 0;
  while (!name.empty()) {
    if (++count > most) {
      return out + "…";
    }
    append_utf8(take_code_point(name), out);
  }
  return out;
}

// Ids have to be unique in the page.
std::string next_id() {
  static int number = 0;
  return "clip" + std::to_string(++number);
}

using Point = std::pair<std::int64_t, const Estimate*>;

std::string band(const Frame& frame, const std::vector<Point>& points, Interval Estimate::*interval,
                 const char* style) {
  std::string out = std::string("<polygon class=\"") + style + "\" points=\"";
  for (const auto& [time, estimate] : points) {
    out += frame.point(time, (estimate->*interval).high) + " ";
  }
  for (auto point = points.rbegin(); point != points.rend(); ++point) {
    out += frame.point(point->first, (point->second->*interval).low) + " ";
  }
  out.back() = '"';
  return out + "/>";
}

}  // namespace

std::string effect_plot(const Experiment& experiment, const Outcome& outcome, std::size_t variant) {
  std::vector<Point> points;
  bool is_lift = false;
  for (const auto& point : outcome.series) {
    if (point.effects[variant]) {
      points.emplace_back(point.time, &*point.effects[variant]);
      is_lift = point.is_lift[variant];
    }
  }
  if (points.size() < 2) {
    return "";
  }
  // So high that the bands of the later half are whole: the first days say nothing.
  double low = 0;
  double high = 0;
  for (std::size_t i = points.size() / 2; i < points.size(); ++i) {
    low = std::min(low, points[i].second->always.low);
    high = std::max(high, points[i].second->always.high);
  }
  const double margin = (high - low) * 0.1;
  const Frame frame(points.front().first, points.back().first, low - margin, high + margin);
  const auto label = [&](double value) {
    if (is_lift) {
      char text[32];
      std::snprintf(text, sizeof text, value == 0 ? "%g %%" : "%+g %%",
                    std::round(value * 1e6) / 1e4);
      return text[0] == '-' ? "−" + std::string(text + 1) : std::string(text);
    }
    return outcome.kind == OutcomeKind::rate ? share_text(value) : amount_text(value);
  };
  const auto& name = experiment.variants[variant].name;
  std::string out = open_svg((is_lift ? "Lift of " : "Difference of ") + name +
                             " over time: " + outcome_title(outcome));
  const auto id = next_id();
  out += frame.clip(id) + frame.axes(label);
  out += "<g clip-path=\"url(#" + id + ")\" class=\"v" + std::to_string(variant % 7) + "\">";
  out += band(frame, points, &Estimate::always, "always");
  out += band(frame, points, &Estimate::interval, "once");
  out += "<polyline class=\"line\" points=\"";
  for (const auto& [time, estimate] : points) {
    out += frame.point(time, estimate->value) + " ";
  }
  out.back() = '"';
  out += "/>";
  for (const auto& [time, estimate] : points) {
    out += "<circle class=\"dot\" r=\"3\" cx=\"" + coordinate(frame.x(time)) + "\" cy=\"" +
           coordinate(frame.y(estimate->value)) + "\"><title>" + time_text(time - 1) + ": " +
           escaped(label(estimate->value)) + ", always valid " +
           escaped(label(estimate->always.low)) + " to " + escaped(label(estimate->always.high)) +
           "</title></circle>";
  }
  return out + "</g></svg>";
}

std::string visitors_plot(const Experiment& experiment) {
  if (experiment.days.size() < 2) {
    return "";
  }
  std::uint64_t most = 1;
  for (const auto visitors : experiment.days.back().visitors) {
    most = std::max(most, visitors);
  }
  const Frame frame(experiment.days.front().time, experiment.days.back().time, 0,
                    static_cast<double>(most) * 1.08);
  std::string out = open_svg("Visitors of each variant so far");
  out += frame.axes(
      [](double value) { return count_text(static_cast<std::uint64_t>(std::llround(value))); });
  for (std::size_t v = 0; v < experiment.variants.size(); ++v) {
    out += "<polyline class=\"line v" + std::to_string(v % 7) + "\" points=\"";
    for (const auto& day : experiment.days) {
      out += frame.point(day.time, static_cast<double>(day.visitors[v])) + " ";
    }
    out.back() = '"';
    out += "><title>" + escaped(experiment.variants[v].name) + ": " +
           count_text(experiment.variants[v].visitors) + "</title></polyline>";
  }
  return out + "</svg>";
}

std::string share_plot(const Experiment& experiment) {
  constexpr double row = 34;
  constexpr double bar_left = 4;
  const double all = static_cast<double>(experiment.variants.size()) * row + 4;
  double most = 0;
  std::vector<double> shares;
  for (const auto& variant : experiment.variants) {
    shares.push_back(experiment.visitors == 0 ? 0
                                              : static_cast<double>(variant.visitors) /
                                                    static_cast<double>(experiment.visitors));
    most = std::max({most, shares.back(), variant.share});
  }
  const double scale = (width - 2 * bar_left) / std::max(most, 1e-9) * 0.97;
  std::string out = "<svg class=\"plot\" viewBox=\"0 0 " + coordinate(width) + " " +
                    coordinate(all) + "\" role=\"img\" aria-label=\"Share of each variant\">";
  for (std::size_t v = 0; v < shares.size(); ++v) {
    const auto& variant = experiment.variants[v];
    const double y = static_cast<double>(v) * row;
    const double mark = bar_left + variant.share * scale;
    out += "<text class=\"name\" x=\"" + coordinate(bar_left) + "\" y=\"" + coordinate(y + 13) +
           "\"><title>" + escaped(variant.name) + "</title>" + escaped(shortened(variant.name)) +
           "</text><text class=\"tick\" x=\"" + coordinate(width - bar_left) + "\" y=\"" +
           coordinate(y + 13) + "\" text-anchor=\"end\">" + count_text(variant.visitors) + " · " +
           share_text(shares[v]) +
           (experiment.has_split ? ", should be " + share_text(variant.share) : "") + "</text>" +
           "<rect class=\"track\" x=\"" + coordinate(bar_left) + "\" y=\"" + coordinate(y + 18) +
           "\" width=\"" + coordinate(width - 2 * bar_left) + "\" height=\"10\" rx=\"2\"/>" +
           "<rect class=\"bar v" + std::to_string(v % 7) + "\" x=\"" + coordinate(bar_left) +
           "\" y=\"" + coordinate(y + 18) + "\" width=\"" + coordinate(shares[v] * scale) +
           "\" height=\"10\" rx=\"2\"/>";
    if (experiment.has_split) {
      out += "<line class=\"mark\" x1=\"" + coordinate(mark) + "\" x2=\"" + coordinate(mark) +
             "\" y1=\"" + coordinate(y + 16) + "\" y2=\"" + coordinate(y + 30) + "\"/>";
    }
  }
  return out + "</svg>";
}

Scale scale_of(const std::vector<const Comparison*>& comparisons) {
  Scale scale{0, 0};
  for (const auto* comparison : comparisons) {
    const auto& effect = comparison->effect();
    scale.low = std::min(scale.low, effect.always.low);
    scale.high = std::max(scale.high, effect.always.high);
  }
  const double margin = std::max((scale.high - scale.low) * 0.05, 1e-12);
  return {scale.low - margin, scale.high + margin};
}

std::string interval_plot(const Comparison& comparison, const Scale& scale,
                          const std::string& mood) {
  constexpr double whole = 200;
  const auto x = [&](double value) {
    return coordinate(std::clamp((value - scale.low) / (scale.high - scale.low), 0.0, 1.0) * whole);
  };
  const auto line = [&](const char* style, double low, double high) {
    return std::string("<line class=\"") + style + "\" x1=\"" + x(low) + "\" x2=\"" + x(high) +
           "\" y1=\"12\" y2=\"12\"/>";
  };
  const auto& effect = comparison.effect();
  return "<svg class=\"interval " + mood + "\" viewBox=\"0 0 200 24\" aria-hidden=\"true\">" +
         "<line class=\"zero\" x1=\"" + x(0) + "\" x2=\"" + x(0) + "\" y1=\"0\" y2=\"24\"/>" +
         line("wide", effect.always.low, effect.always.high) +
         line("narrow", effect.interval.low, effect.interval.high) + "<circle r=\"4.5\" cx=\"" +
         x(effect.value) + "\" cy=\"12\"/></svg>";
}

std::string share_bar(double share, const Interval& interval) {
  const auto x = [](double part) { return coordinate(part * 200); };
  return "<svg class=\"interval share\" viewBox=\"0 0 200 24\" aria-hidden=\"true\">"
         "<rect class=\"track\" x=\"0\" y=\"7\" width=\"200\" height=\"10\" rx=\"2\"/>"
         "<rect class=\"bar v1\" x=\"0\" y=\"7\" width=\"" +
         x(share) + "\" height=\"10\" rx=\"2\"/><line class=\"wide\" x1=\"" + x(interval.low) +
         "\" x2=\"" + x(interval.high) + "\" y1=\"12\" y2=\"12\"/></svg>";
}

}  // namespace personalize::report
