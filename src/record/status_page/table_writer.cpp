#include "base/text/html.h"
#include "personalize/record/status_page.h"
#include "record/metric_text.h"

namespace personalize {

namespace {

void append_escaped(std::string_view text, std::pmr::string& out) {
  for (const char c : text) {
    const auto reference = html_reference(static_cast<unsigned char>(c));
    if (!reference.empty()) {
      out += reference;
    } else {
      out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
}

void append_number_cell(bool is_zero, std::pmr::string& out) {
  out += is_zero ? "<td class=\"n zero\">" : "<td class=n>";
}

}  // namespace

void TableWriter::begin(const Metric& metric) {
  end_metric();
  metric_ = &metric;
  has_samples_ = false;
  out_ += "<section class=metric><h3>";
  append_escaped(metric.name, out_);
  out_ += "</h3><p>";
  append_escaped(metric.help, out_);
  out_ += "</p>";
}

void TableWriter::add(const Metric::Labels& labels, std::uint64_t value) {
  const std::size_t count = metric_->label_count();
  if (!has_samples_) {
    has_samples_ = true;
    out_ += "<table><thead><tr>";
    for (std::size_t i = 0; i < count; ++i) {
      out_ += "<th scope=col>";
      append_escaped(metric_->labels[i], out_);
      out_ += "</th>";
    }
    out_ += "<th scope=col class=n>value</th></tr></thead><tbody>";
  }
  out_ += "<tr>";
  for (std::size_t i = 0; i < count; ++i) {
    out_ += "<td>";
    append_escaped(labels[i], out_);
    out_ += "</td>";
  }
  append_number_cell(value == 0, out_);
  append_value(value, metric_->unit, out_);
  out_ += "</td></tr>";
}

void TableWriter::add_histogram(const HistogramValue& value) {
  has_samples_ = true;
  out_ +=
      "<table><thead><tr><th scope=col>seconds, at most</th><th scope=col class=n>count</th>"
      "</tr></thead><tbody>";
  for_each_bucket(value, [&](std::string_view bound, std::uint64_t count) {
    out_.append("<tr><td>").append(bound == "+Inf" ? "any" : bound).append("</td>");
    append_number_cell(count == 0, out_);
    append_value(count, Metric::Unit::number, out_);
    out_ += "</td></tr>";
  });
}

void TableWriter::end() {
  end_metric();
}

void TableWriter::end_metric() {
  if (metric_ != nullptr) {
    out_ += has_samples_ ? "</tbody></table></section>\n" : "<p>None.</p></section>\n";
  }
}

}  // namespace personalize
