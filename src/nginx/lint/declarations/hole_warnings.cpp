#include "nginx/lint/declarations/hole_warnings.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text/ascii.h"
#include "base/text/text.h"

namespace personalize {

namespace {

constexpr auto npos = std::string_view::npos;

template <class Declared>
const Declared* find_named(const std::vector<Declared>& declared, std::string_view name) {
  const auto found = std::find_if(declared.begin(), declared.end(),
                                  [&](const Declared& one) { return one.name == name; });
  return found == declared.end() ? nullptr : &*found;
}

// The sources on which it depends whether a campaign is shown: those of its conditions and lists,
// and of what these name.
class AskedSources {
 public:
  AskedSources(const MainConf& main, const ServerConf& server, const Declaration& campaign)
      : main_(main), server_(server) {
    add(campaign.statements);
  }

  bool has(std::string_view source) const { return sources_.count(std::string(source)) != 0; }

 private:
  void add(const std::vector<Statement>& statements) {
    for (const Statement& statement : statements) {
      const auto& words = statement.words;
      const bool is_set = words[0] == "set";
      if ((is_set && words.size() == 3) || (words[0] == "element" && words.size() > 1)) {
        add_name(words.back());  // a list; a template is no name of anything
      }
      if (is_set && words.size() == 3 && is_needed(words[1])) {
        add_tag(words[2]);
      }
      for (std::size_t i = 0; i < words.size() && !is_set; ++i) {
        add_references(words[i]);
        if ((words[i] == "when" || words[i] == "unless") && i + 1 < words.size()) {
          add_name(words[i + 1]);
        }
      }
      if (is_set && words.size() == 3 && words[2].substr(0, 2) == "${") {
        add_references(words[2]);
      }
      // "try recommend.other", and what stands before the filters of "boost 2 when …".
      if (words[0] == "try" && words.size() > 1) {
        add_name(words[1]);
      }
      add(statement.block);
    }
  }

  // Returns whether widgets have nothing to show where the field comes out empty.
  static bool is_needed(std::string_view field) {
    constexpr std::string_view fields[] = {"title", "text", "value", "goal", "code", "deadline"};
    return is_one_of(field, fields);
  }

  // The name in a template that is one tag and nothing else.
  void add_tag(std::string_view text) {
    if (text.find("{{") == 0 && text.find("}}") + 2 == text.size()) {
      const auto name = text.substr(2, text.size() - 4);
      add_name(name.substr(std::min(name.find_first_not_of(' '), name.size())));
    }
  }

  // Each ${NAME | filters} of the text.
  void add_references(std::string_view text) {
    for (auto open = text.find("${"); open != npos; open = text.find("${", open + 2)) {
      const auto inside = text.substr(open + 2);
      add_name(inside.substr(0, inside.find_first_of(" |}")));
    }
  }

  void add_name(std::string_view name) {
    const auto dot = name.find('.');
    const auto root = name.substr(0, dot);
    const auto rest = dot == npos ? std::string_view() : name.substr(dot + 1);
    const auto field = rest.substr(0, rest.find('.'));
    const Declaration* named = root == "segment"     ? find_named(server_.segments, field)
                               : root == "value"     ? find_named(server_.values, field)
                               : root == "recommend" ? find_named(server_.chains, field)
                                                     : nullptr;
    if (named != nullptr && declarations_.insert(named).second) {
      add(named->statements);
    }
    const SourceDeclaration* source = find_named(main_.sources, root);
    if (source != nullptr && sources_.insert(source->name).second) {
      for (const std::string& parameter : source->parameters) {
        add_references(parameter);
        for (auto parts = ascii::starts_with(parameter, "merge=") ? parameter.substr(6) : "";
             !parts.empty();) {
          const auto comma = std::min(parts.find(','), parts.size());
          add_name(parts.substr(0, comma));
          parts.erase(0, comma + 1);
        }
      }
    }
  }

  const MainConf& main_;
  const ServerConf& server_;
  std::set<std::string> sources_;
  std::set<const Declaration*> declarations_;
};

bool has_words(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return ascii::is_letter(c) || (static_cast<unsigned char>(c) & 0x80U) != 0;
  });
}

// Returns the names that a template shows among words without a default; none of a template with
// sections, which can look at what is known.
std::vector<std::string_view> bare_names(std::string_view text) {
  std::vector<std::string_view> names;
  bool is_among_words = false;
  while (true) {
    const auto open = text.find("{{");
    is_among_words = is_among_words || has_words(text.substr(0, open));
    const auto close = open == npos ? npos : text.find("}}", open);
    if (close == npos) {
      break;
    }
    auto tag = text.substr(open + 2, close - open - 2);
    text.remove_prefix(close + 2);
    if (tag.find_first_of("#^>=") == 0) {
      return {};
    }
    if (tag.find("default") == npos) {
      tag.remove_prefix(std::min(tag.find_first_not_of(" {&"), tag.size()));
      names.push_back(tag.substr(0, tag.find_first_of(" |:}")));
    }
  }
  return is_among_words ? names : std::vector<std::string_view>();
}

}  // namespace

void warn_of_holes(ngx_conf_t* cf, const MainConf& main, const ServerConf& server) {
  std::set<std::string> warned;  // campaigns that are alike share statements
  for (const Declaration& campaign : server.campaigns) {
    const AskedSources asked(main, server, campaign);
    const bool has_widget =
        std::any_of(campaign.statements.begin(), campaign.statements.end(),
                    [](const Statement& statement) { return statement.words[0] == "widget"; });
    for (const Statement& statement : campaign.statements) {
      const auto& words = statement.words;
      if (!has_widget || words[0] != "set" || words.size() != 3) {
        continue;
      }
      for (const auto name : bare_names(words[2])) {
        const auto root = name.substr(0, name.find('.'));
        if (find_named(main.sources, root) != nullptr && !asked.has(root) &&
            warned.insert(statement.where.text()).second) {
          warn(cf, statement.where,
               "field " + quoted(words[1]) + " shows " + quoted(name) +
                   " among words, and nothing in campaign " + quoted(campaign.name) +
                   " asks for source " + quoted(root) +
                   ": where it is not known the text has a hole; write {{" + std::string(name) +
                   " | default 'TEXT'}}, or \"when " + std::string(name) + " exists;\"");
        }
      }
    }
  }
}

}  // namespace personalize
