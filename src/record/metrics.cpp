#include "personalize/record/metrics.h"

#include <charconv>
#include <iterator>

namespace personalize {

namespace {

// Appends a label's value in Prometheus's format or a string in JSON: both escape alike what is let
// through here.
void append_quoted(std::string_view text, std::pmr::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  out += '"';
}

void append_number(std::uint64_t number, std::pmr::string& out) {
  char digits[20];
  out.append(digits, std::to_chars(digits, std::end(digits), number).ptr);
}

void append_value(std::uint64_t value, Metric::Unit unit, std::pmr::string& out) {
  if (unit == Metric::Unit::number) {
    append_number(value, out);
    return;
  }
  append_number(value / 1000, out);
  const auto thousandths = value % 1000;
  out += '.';
  out += static_cast<char>('0' + thousandths / 100);
  out += static_cast<char>('0' + thousandths / 10 % 10);
  out += static_cast<char>('0' + thousandths % 10);
}

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
  out_ += metric.kind == Metric::Kind::counter ? " counter\n" : " gauge\n";
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
  if (metric_->json == Metric::Json::rows) {
    add_to_row(labels, value);
  } else {
    add_to_tree(labels, value);
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
    out_.append(count, '}');
  } else {
    out_ += count == 0 ? "0" : "{}";
  }
}

}  // namespace personalize
