// Writes events in the formats that other programs read.
#pragma once

#include <string>
#include <string_view>

#include "personalize/report/event.h"

namespace personalize::report {

enum class ExportFormat : unsigned char { json, csv };

// Appends the names of all columns as a line of CSV (RFC 4180).
void append_csv_header(std::string& out);

// Appends one line. JSON: absent fields are left out, numbers are numbers, `attributes` is an
// object. CSV: all fields in their order, absent ones empty, `attributes` as JSON. What databases
// refuse in text is replaced: bytes that are not UTF-8, and U+0000.
void append_event(const Event& event, ExportFormat format, std::string& out);

}  // namespace personalize::report
