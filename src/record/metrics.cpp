#include "personalize/record/metrics.h"

#include "base/text/utf8.h"
#include "record/metric_text.h"

namespace personalize {

namespace {

// Appends a label's value in Prometheus's format or a string in JSON: both are UTF-8, and escape
// alike what is let through here.
void append_quoted(std::string_view text, std::pmr::string& out) {
  out += '"';
  while (!text.empty()) {
    const std::uint32_t c = take_code_point(text);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < 0x20) {
      out += '?';
    } else {
      append_utf8(c, out);
    }
  }
  out += '"';
}

constexpr int nanoseconds = 9;  // decimals of a second

}  // namespace

// --- Prometheus ---

void PrometheusWriter::append_name() {
  out_.append("personalize_").append(metric_->name);
  if (metric_->kind == Metric::Kind::counter) {
    out_ += "_total";
  }
}

void PrometheusWriter::begin(const Metric& metric) {
  metric_ = &metric;
  out_ += "# HELP ";
  append_name();
  out_.append(" ").append(metric.help).append("\n# TYPE ");
  append_name();
  switch (metric.kind) {
    case Metric::Kind::counter:
      out_ += " counter\n";
      break;
    case Metric::Kind::gauge:
      out_ += " gauge\n";
      break;
    case Metric::Kind::histogram:
      out_ += " histogram\n";
      break;
  }
}

void PrometheusWriter::add(const Metric::Labels& labels, std::uint64_t value) {
  append_name();
  const std::size_t count = metric_->label_count();
  for (std::size_t i = 0; i < count; ++i) {
    out_ += i == 0 ? '{' : ',';
    out_.append(metric_->labels[i]).append("=");
    append_quoted(labels[i], out_);
  }
  out_ += count == 0 ? " " : "} ";
  append_value(value, metric_->unit, out_);
  out_ += '\n';
}

void PrometheusWriter::add_histogram(const HistogramValue& value) {
  const auto all = for_each_bucket(value, [&](std::string_view bound, std::uint64_t count) {
    append_name();
    out_.append("_bucket{le=\"").append(bound).append("\"} ");
    append_number(count, out_);
    out_ += '\n';
  });
  append_name();
  out_ += "_sum ";
  append_decimal(value.sum_ns, nanoseconds, out_);
  out_ += '\n';
  append_name();
  out_ += "_count ";
  append_number(all, out_);
  out_ += '\n';
}

// --- JSON ---

void JsonWriter::begin(const Metric& metric) {
  end_metric();
  out_ += metric_ == nullptr ? '{' : ',';
  append_quoted(metric.json_name.empty() ? metric.name : metric.json_name, out_);
  out_ += ':';
  metric_ = &metric;
  has_samples_ = false;
  if (metric.json == Metric::Json::rows) {
    out_ += '[';
  }
}

void JsonWriter::add(const Metric::Labels& labels, std::uint64_t value) {
  switch (metric_->json) {
    case Metric::Json::rows:
      add_to_row(labels, value);
      break;
    case Metric::Json::labels:
      add_labels(labels);
      break;
    case Metric::Json::tree:
    case Metric::Json::on_off:
      add_to_tree(labels, value);
      break;
  }
  last_ = labels;
  has_samples_ = true;
}

// Samples (a, x), (a, y) and (b, x) become {"a":{"x":1,"y":2},"b":{"x":3}}: the levels of the first
// labels that two samples share stay open between them.
void JsonWriter::add_to_tree(const Metric::Labels& labels, std::uint64_t value) {
  const std::size_t count = metric_->label_count();
  std::size_t level = 0;
  if (has_samples_) {
    level = shared_labels(labels, count - 1);
    out_.append(count - 1 - level, '}');
  }
  for (std::size_t i = level; i < count; ++i) {
    out_ += has_samples_ && i == level ? ',' : '{';
    append_quoted(labels[i], out_);
    out_ += ':';
  }
  if (metric_->json == Metric::Json::on_off) {
    out_ += value != 0 ? "\"on\"" : "\"off\"";
  } else {
    append_value(value, metric_->unit, out_);
  }
}

void JsonWriter::add_labels(const Metric::Labels& labels) {
  for (std::size_t i = 0; i < metric_->label_count(); ++i) {
    out_ += i == 0 ? '{' : ',';
    append_quoted(metric_->labels[i], out_);
    out_ += ':';
    append_quoted(labels[i], out_);
  }
}

// The same samples become [{"l":"a","column":{"x":1,"y":2}},{"l":"b","column":{"x":3}}].
void JsonWriter::add_to_row(const Metric::Labels& labels, std::uint64_t value) {
  const std::size_t last = metric_->label_count() - 1;
  if (in_column_ && shared_labels(labels, last) == last) {
    out_ += ',';
  } else {
    end_row();
    out_ += has_samples_ ? ",{" : "{";
    for (std::size_t i = 0; i < last; ++i) {
      append_quoted(metric_->labels[i], out_);
      out_ += ':';
      append_quoted(labels[i], out_);
      out_ += ',';
    }
    append_quoted(metric_->json_column, out_);
    out_ += ":{";
    in_column_ = true;
  }
  append_quoted(labels[last], out_);
  out_ += ':';
  append_value(value, metric_->unit, out_);
}

// {"buckets":{"0.001":1,"0.01":3,"+Inf":3},"sum":0.004500000,"count":3}, counts as in Prometheus:
// each is of all durations up to its bound.
void JsonWriter::add_histogram(const HistogramValue& value) {
  out_ += "{\"buckets\":";
  char before = '{';
  const auto all = for_each_bucket(value, [&](std::string_view bound, std::uint64_t count) {
    out_ += before;
    before = ',';
    append_quoted(bound, out_);
    out_ += ':';
    append_number(count, out_);
  });
  out_ += "},\"sum\":";
  append_decimal(value.sum_ns, nanoseconds, out_);
  out_ += ",\"count\":";
  append_number(all, out_);
  out_ += '}';
  has_samples_ = true;
}

void JsonWriter::add_column(std::string_view name, std::uint64_t value) {
  if (in_column_) {
    out_ += '}';
    in_column_ = false;
  }
  out_ += ',';
  append_quoted(name, out_);
  out_ += ':';
  append_number(value, out_);
}

void JsonWriter::end() {
  end_metric();
  out_ += metric_ == nullptr ? "{}" : "}";
}

// Returns how many of the first `most` labels are those of the last sample.
std::size_t JsonWriter::shared_labels(const Metric::Labels& labels,
                                      std::size_t most) const noexcept {
  std::size_t i = 0;
  while (i < most && labels[i] == last_[i]) {
    ++i;
  }
  return i;
}

void JsonWriter::end_row() {
  if (has_samples_) {
    out_ += in_column_ ? "}}" : "}";
    in_column_ = false;
  }
}

void JsonWriter::end_metric() {
  if (metric_ == nullptr) {
    return;
  }
  const std::size_t count = metric_->label_count();
  if (metric_->json == Metric::Json::rows) {
    end_row();
    out_ += ']';
  } else if (has_samples_) {
    out_.append(metric_->json == Metric::Json::labels ? 1 : count, '}');
  } else {
    out_ += count == 0 ? "0" : "{}";
  }
}

}  // namespace personalize
