// The purpose of a request, by what browsers and libraries send: Fetch Metadata, Accept, and
// headers of their own.
#pragma once

#include "personalize/signals/request_view.h"

namespace personalize {

// Returns whether this is a prefetch: by Sec-Purpose (Fetch Standard), and the headers that others
// have sent instead.
bool is_prefetch(RequestView& request) noexcept;

// Returns whether a person will look at what answers the request, if that is a page: the browser
// goes there, or a script does in its place (Turbo, hx-boost). Not for a prefetch, a frame, a part
// that a script puts into a page that is there already, or what a page consists of.
bool is_navigation(RequestView& request) noexcept;

// Returns whether a library asks for a part that it puts into a page that is there already.
bool asks_for_part(RequestView& request) noexcept;

// Returns whether a person may come to look at a page that is prefetched: then it is a navigation,
// for which nothing is asked any more.
bool is_prefetched_navigation(RequestView& request) noexcept;

// Returns whether the request may be for a page: pages of frames and parts of pages too. It may if
// no header says anything and the path does not end like that of another kind of file.
bool may_be_for_page(RequestView& request) noexcept;

}  // namespace personalize
