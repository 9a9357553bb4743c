// The events of one request.
#pragma once

#include <optional>
#include <string_view>

#include "nginx/delivery/event_log.h"
#include "nginx/request/facts.h"
#include "personalize/record/event.h"

namespace personalize {

// Writes events, with what all events of the request have in common. Writes nothing if no events
// are kept, of visitors who are not recognized or do not agree to be, and of bots. The caller knows
// whether it is something that a person could have seen or done.
class RequestEvents {
 public:
  // Whether page views are written.
  static bool are_views_written() noexcept;

  // All must outlive this. Without `facts` attributes are those of the visitor alone.
  RequestEvents(ngx_http_request_t* r, const ServerConf& server, RequestView& request,
                Identity& identity, RequestFacts* facts = nullptr) noexcept;

  // Sets the path of the page, which is otherwise the request's; "" if it is not known.
  void set_path(std::string_view path) noexcept { path_ = path; }

  void write_view() noexcept;
  // Write an exposure once within the window.
  void write_exposure(std::string_view experiment, std::string_view variant) noexcept;
  void write_campaign_exposure(std::string_view campaign, std::string_view variant) noexcept;
  // Writes an event with these fields.
  void write_claim(const Event& event) noexcept;
  // Writes a conversion with these fields, unless its order was written before. What a browser
  // claims of an order does not keep it from being written when NGINX sees it, the other way round
  // it does.
  void write_conversion(Event event) noexcept;

 private:
  bool is_written() noexcept;
  void add_split(Event& event) noexcept;
  void write(Event event, SharedEvents::Mark mark) noexcept;
  bool names_lists(const Event& event) noexcept;
  bool identify() noexcept;
  std::string_view attributes() noexcept;
  bool is_admitted() noexcept;
  SharedEvents::Mark note_order(const Event& event) noexcept;

  ngx_http_request_t* r_;
  const ServerConf& server_;
  RequestView& request_;
  Identity& identity_;
  RequestFacts* facts_;
  EventLog* log_;
  std::optional<std::string_view> path_;

  // What all events have.
  std::optional<bool> is_written_;
  std::optional<bool> is_identified_;
  Pseudonyms::Text visitor_;
  std::array<char, 16> session_;
  bool has_session_ = false;
  std::string_view attributes_;  // "" before it is needed
};

}  // namespace personalize
