#include "render/fields/progress.h"

#include <algorithm>

#include "base/numbers/number.h"
#include "base/text/json_string.h"
#include "render/formats/formats.h"

namespace personalize {

namespace {

// Differences of amounts, without the noise of doubles.
double difference(double a, double b) {
  constexpr double unit = 1e6;
  return static_cast<double>(static_cast<std::int64_t>((a - b) * unit + (a < b ? -0.5 : 0.5))) /
         unit;
}

class ProgressWriter {
 public:
  ProgressWriter(const Progress& progress, const Labels& labels, const Locale& locale,
                 DocumentBuilder& builder)
      : progress_(progress), labels_(labels), formats_(locale.formats()), builder_(builder) {}

  void write() {
    constexpr double most = 1e12;
    const double amount = std::clamp(progress_.value.as_number(), 0.0, most);
    std::string goals;
    std::string says_all;
    std::string message;
    double before = 0;
    builder_.begin_object();
    builder_.key("steps");
    builder_.begin_array();
    for (std::size_t i = 0; i < progress_.goals.size(); ++i) {
      const double goal = progress_.goals[i].as_number();
      if (!(goal > before) || goal > most) {
        continue;
      }
      NumberBuffer digits;
      goals += goals.empty() ? "[" : ",";
      goals += number_text(goal, digits);
      const auto says = text_of(i);
      says_all += says_all.empty() ? "[" : ",";
      append_json_string(says, says_all);
      if (goal > amount && message.empty()) {
        message = filled(says, difference(goal, amount));
      }
      write_step(goal, before, amount);
      before = goal;
    }
    builder_.end();
    if (before == 0) {
      builder_.end();
      return;
    }
    const auto done_says =
        progress_.done_text.empty() ? find_label(labels_, "reached") : progress_.done_text;
    put("amount", amount);
    put("last", before);
    put("goals", goals + "]");
    put("says", says_all + "]");
    put("tag", formats_.tag());
    put("money", is_currency(progress_.currency) ? progress_.currency
                                                 : std::string_view(formats_.currency()));
    put("done_says", done_says);
    put("message", message.empty() ? done_says : std::string_view(message));
    put("done", message.empty());
    builder_.end();
  }

 private:
  void write_step(double goal, double before, double amount) {
    std::pmr::string money;
    append_money(goal, money);
    builder_.begin_object();
    put("from", before);
    put("target_text", money);
    put("span", difference(goal, before));
    put("filled", difference(std::clamp(amount, before, goal), before));
    put("full", amount >= goal);
    builder_.end();
  }

  void append_money(double amount, std::pmr::string& out) const {
    const Value value = Value::number(amount);
    if (!is_currency(progress_.currency) || !formats_.money(value, progress_.currency, out)) {
      formats_.money(value, out);
    }
  }

  std::string_view text_of(std::size_t goal) const {
    const auto& texts = progress_.texts;
    return texts.empty() ? find_label(labels_, "remaining")
                         : texts[std::min(goal, texts.size() - 1)];
  }

  std::string filled(std::string_view text, double amount) const {
    const auto place = text.find(remaining_place);
    if (place == std::string_view::npos) {
      return std::string(text);
    }
    std::pmr::string money;
    append_money(amount, money);
    return std::string(text.substr(0, place))
        .append(money)
        .append(text.substr(place + remaining_place.size()));
  }

  void put(std::string_view member, std::string_view text) {
    builder_.key(member);
    builder_.string(text);
  }
  void put(std::string_view member, double number) {
    builder_.key(member);
    builder_.number(number);
  }
  void put(std::string_view member, bool flag) {
    if (flag) {
      builder_.key(member);
      builder_.boolean(true);
    }
  }

  const Progress& progress_;
  const Labels& labels_;
  const Locale::Formats& formats_;
  DocumentBuilder& builder_;
};

}  // namespace

void add_progress(const Progress& progress, const Labels& labels, const Locale& locale,
                  DocumentBuilder& builder) {
  ProgressWriter(progress, labels, locale, builder).write();
}

}  // namespace personalize
