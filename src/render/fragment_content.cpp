#include "render/fragment_content.h"

#include "base/files.h"
#include "personalize/widgets/widgets.h"
#include "render/widget_assets.h"

namespace personalize {

namespace {

constexpr std::size_t max_file_size = std::size_t{1024} * 1024;

// Returns the file's text without a byte order mark. Throws ConfigError.
std::string read_text(const std::string& path, const Where& where) {
  std::string text = read_file(path, max_file_size, where);
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.compare(0, byte_order_mark.size(), byte_order_mark) == 0) {
    text.erase(0, byte_order_mark.size());
  }
  return text;
}

std::string resolve(const std::string& directory, std::string_view path) {
  if (path.substr(0, 1) == "/" || directory.empty()) {
    return std::string(path);
  }
  return directory + (directory.back() == '/' ? "" : "/") + std::string(path);
}

// Reads `{{> price}}` in fragments/bar.html from fragments/price.html.
Template::PartialReader partials_beside(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto folder = slash == std::string::npos ? std::string() : path.substr(0, slash);
  return [folder](std::string_view name, const Where& where) {
    const auto file = name.substr(name.rfind('/') + 1);
    const bool has_extension = file.find('.') != std::string_view::npos;
    return read_text(resolve(folder, std::string(name) + (has_extension ? "" : ".html")), where);
  };
}

}  // namespace

FragmentContent::FragmentContent(const std::string& file, const std::string& directory,
                                 AttributeTable& attributes, const Where& where)
    : FragmentContent(file, resolve(directory, file), read_text(resolve(directory, file), where),
                      attributes, where) {}

FragmentContent::FragmentContent(const std::string& name, const std::string& path,
                                 const std::string& text, AttributeTable& attributes,
                                 const Where& where)
    : markup_(name, text, Template::Mode::html, attributes, partials_beside(path), where) {
  if (text.find("data-pz-campaign") != std::string::npos) {
    reporting_text_ = text;
  }
}

SourceSet FragmentContent::needs(const AttributeTable& attributes) const {
  return markup_.needs(attributes);
}

std::vector<AttributeId> FragmentContent::decided(const AttributeTable& attributes) const {
  return markup_.decided(attributes);
}

bool FragmentContent::reports(std::string_view campaign) const {
  return reporting_text_.find(campaign) != std::string::npos;
}

bool FragmentContent::render(Facts& facts, const Locale& locale, const WidgetDelivery& delivery,
                             std::string_view /*campaign*/, unsigned& assets, std::pmr::string& out,
                             ConstantParts* constants) const {
  if (!markup_.render(facts, locale, {delivery.nonces, nullptr, {}, constants}, out)) {
    return false;
  }
  if (!reporting_text_.empty() && (assets & script_asset) == 0) {
    append_script(delivery, out);
    assets |= script_asset;
  }
  return true;
}

}  // namespace personalize
