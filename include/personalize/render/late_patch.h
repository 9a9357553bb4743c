// Content that follows later in the page than its place: <template for>, which HTML has for that
// (https://html.spec.whatwg.org/, "the template element").
//
//   <div data-pz-slot="recs"><?start name="pz-late-5f3c…-3"?>Default<?end?></div> …
//   <template for="pz-late-5f3c…-3" data-pz-late="recs">…</template></body>
//
// A browser that knows it puts the content into the place while it parses the page. For others the
// marks are comments, and the template has no effect: a script finds the marks. All of it is
// well-formed as XML. Places are numbered as a page has them, behind a key that nobody knows
// before: HTML that other users have written into the page can neither be such a place nor fill
// one.
//
// A tag has no place for such a mark: an attribute says that another one comes, which a script
// sets.
//
//   <img data-pz-late-5f3c…-4="" src="/a.jpg"/>
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

namespace personalize {

struct LatePlace {
  std::string_view key;  // the response's, in small letters and digits
  std::uint32_t number;
};

// Appends what marks a place: the beginning of its default content, which late_mark_end ends; or,
// if it is no range, the whole place.
void append_late_mark(const LatePlace& place, bool is_range, std::pmr::string& out);
constexpr std::string_view late_mark_end = "<?end?>";

// Appends what marks the place of an attribute, with a blank at both ends.
void append_late_attribute_mark(const LatePlace& place, std::pmr::string& out);

// Appends the content for the place that is marked so. The slot's name tells scripts whose template
// has had no effect. Content that would end the template, or leaves one open, is left to them.
void append_late_patch(const LatePlace& place, std::string_view name, std::string_view html,
                       std::pmr::string& out);

}  // namespace personalize
