#include "nginx/config/directives/events_directive.h"

#include "base/text/ascii.h"
#include "nginx/config/configuration.h"
#include "nginx/config/reading/directive.h"
#include "nginx/config/reading/secret.h"
#include "nginx/delivery/event_file.h"

namespace personalize {

namespace {

using Reader = const Directive&;
using Text = std::string_view;

void read_maxlen(Reader reader, Text value, EventOptions& options) {
  constexpr ngx_int_t most = 1000000000;
  if (reader.whole_number("maxlen", value, most) == 0) {
    reader.refuse(": maxlen=0 would keep nothing");
  }
  options.maxlen = value;
}

void read_file(Reader reader, Text value, EventOptions& options) {
  options.file = value.empty() ? nullptr : EventFile::open(reader.cf(), value);
  if (options.file == nullptr) {
    reader.refuse(": file=" + std::string(value) + " cannot be used: it is the file of a log");
  }
}

void read_salt(Reader reader, Text value, EventOptions& options) {
  options.salt =
      read_secret(reader, value, "salt_file", "find out which visitor an event is of").front();
}

void read_window(Reader reader, Text value, EventOptions& options) {
  constexpr std::int64_t second = 1000;
  constexpr std::int64_t longest_s = std::int64_t{90} * 86400;
  options.window_s = reader.milliseconds("window", value) / second;
  if (options.window_s < 1 || options.window_s > longest_s) {
    reader.refuse(": window=" + std::string(value) + " is not a time from 1s to 90d");
  }
}

void read_attributes(Reader, Text value, EventOptions& options) {
  options.attributes.emplace();
  while (!value.empty()) {
    const Text name = ascii::take_until(value, ',');
    if (!name.empty() && name != "none") {
      options.attributes->emplace_back(name);
    }
  }
}

void read_buffer(Reader reader, Text value, EventOptions& options) {
  ngx_str_t text = ngx_view(value);
  const ssize_t size = ngx_parse_size(&text);
  constexpr ssize_t least = ssize_t{64} * 1024;
  if (size < least) {
    reader.refuse(": buffer=" + std::string(value) + " is not a size of at least 64k");
  }
  options.buffer = static_cast<std::size_t>(size);
}

const Parameter<EventOptions> parameters[] = {
    {"stream", [](Reader, Text value, EventOptions& options) { options.stream = value; }},
    {"maxlen", read_maxlen},
    {"file", read_file},
    {"salt_file", read_salt},
    {"window", read_window},
    {"views", [](Reader reader, Text value,
                 EventOptions& options) { options.views = reader.is_on("views", value); }},
    {"attributes", read_attributes},
    {"buffer", read_buffer},
};

}  // namespace

char* read_events(ngx_conf_t* cf, ngx_command_t*, void* conf) {
  return guarded(cf, [&] {
    EventOptions& options = static_cast<MainConf*>(conf)->events;
    const Directive directive(cf);
    if (options.where) {
      directive.refuse(" is duplicate");
    }
    options.where = directive.where();
    if (directive.arguments() == Arguments{"off"}) {
      return;
    }
    directive.refuse_duplicates();
    for (const auto argument : directive.arguments()) {
      if (!directive.read(parameters, argument, options)) {
        directive.refuse_parameter(argument, list_parameters(parameters));
      }
    }
    if (!options.is_on()) {
      directive.refuse(" lacks a place for them: write stream=KEY, file=PATH, or both");
    }
  });
}

}  // namespace personalize
