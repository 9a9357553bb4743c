// What making and using a page plan costs, on one core: medians of many runs.
//
//   rewrite_plan [runs]
//
// A page with three slots that are filled with 1 KB in all. "scan" is what a visitor's page costs
// without a plan. Making one is done once: scanning for it, and compressing. Sending is what is
// left for each visitor: reading the plan, applying its splices, and joining the compressed
// stretches.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <vector>

#include "personalize/rewrite/compressed_page.h"
#include "personalize/rewrite/plan.h"

using namespace personalize;

namespace {

const std::vector<std::string> names = {"bar", "offer", "recommended"};

std::string page(std::size_t size) {
  std::string html =
      "<!doctype html><html><head><title>Shop</title></head><body>\n"
      "<!--pz:bar--><p>Free delivery</p><!--/pz-->\n<main>";
  unsigned i = 0;
  const auto cards = [&](std::size_t until) {
    for (; html.size() < until; ++i) {
      const std::string number = std::to_string(i * 7919 % 100003);
      html += "<article class=\"card\" data-id=\"" + number + "\"><a href=\"/p/" + number +
              "\"><img src=\"/i/" + number + ".webp\" alt=\"Runner " + number +
              "\"></a><h3>Runner " + number + "</h3><p>A light shoe for long distances on paths " +
              "and roads.</p><b>" + number + ".95</b></article>\n";
    }
  };
  cards(size / 2);
  html += "<section data-pz-slot=\"offer\">5% off</section>\n";
  cards(size);
  return html + "</main><div data-pz-slot=\"recommended\">Bestsellers</div></body></html>\n";
}

// Fills each slot with a list: of each item a template has most, and data the rest.
class Filler final : public SlotFiller {
 public:
  explicit Filler(std::size_t items) {
    for (std::size_t i = 0; i < items; ++i) {
      const auto begin = static_cast<std::uint32_t>(content_.size());
      content_ += item_;
      constants_.push_back({begin, static_cast<std::uint32_t>(content_.size()), 1, item_.data()});
      content_ += "<b>Product " + std::to_string(i * 7919) + "</b>";
    }
  }

  Fill fill(const Splice&, SlotHtml& html) noexcept override {
    html.text = content_;
    html.constants = constants_.data();
    html.constant_count = constants_.size();
    return Fill::content;
  }

 private:
  std::string item_ = std::string(320, 'x');
  std::string content_;
  ConstantParts constants_;
};

// Adds up what it would send.
class Count final : public SpliceOutput {
 public:
  void pass(std::uint64_t begin, std::uint64_t end) override { bytes += end - begin; }
  void drop(std::uint64_t, std::uint64_t) override {}
  void insert(const SlotHtml& html) override { bytes += html.text.size(); }
  void begin_aside(std::uint32_t) override {}
  void end_aside() override {}
  void put_aside(std::uint32_t) override {}
  std::uint64_t bytes = 0;
};

class CountGzip final : public SpliceOutput {
 public:
  CountGzip(const CompressedPage& page, std::pmr::memory_resource* memory)
      : joiner_(page, memory), pieces_(memory) {}
  void pass(std::uint64_t begin, std::uint64_t end) override {
    bytes += joiner_.pass(begin, end).size();
  }
  void drop(std::uint64_t, std::uint64_t) override {}
  void insert(const SlotHtml& html) override {
    pieces_.clear();
    joiner_.insert(html, pieces_);
    for (const auto piece : pieces_) {
      bytes += piece.size();
    }
  }
  void begin_aside(std::uint32_t) override {}
  void end_aside() override {}
  void put_aside(std::uint32_t) override {}
  std::uint64_t end() { return bytes + GzipJoiner::head().size() + joiner_.tail().size(); }

 private:
  GzipJoiner joiner_;
  std::pmr::vector<std::string_view> pieces_;
  std::uint64_t bytes = 0;
};

template <class Run>
double median_us(unsigned runs, Run run) {
  std::vector<double> times;
  for (unsigned i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    times.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
            .count());
  }
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return times[times.size() / 2];
}

volatile std::uint64_t sink;

void measure(std::size_t size, unsigned runs) {
  const SlotMatcher matcher(names, {});
  const std::string html = page(size);
  Filler filler(1);
  Filler list(20);

  const double scan = median_us(runs, [&] {
    std::pmr::monotonic_buffer_resource own;
    Scanner scanner(matcher, {}, &own);
    std::pmr::vector<Splice> splices(&own);
    scanner.scan(html, true, splices);
    Splicer splicer(&own);
    for (const Splice& splice : splices) {
      splicer.add(splice);
    }
    Count output;
    splicer.advance(html.size(), filler, output);
    sink = output.bytes;
  });

  std::pmr::string plan_bytes(std::pmr::new_delete_resource());  // aligned
  const double make = median_us(runs, [&] {
    std::pmr::monotonic_buffer_resource own;
    PlanScan plan_scan(matcher, {}, false, &own);
    plan_scan.scan(html, true);
    plan_bytes.clear();
    plan_scan.write(plan_bytes);
  });
  const auto plan = PagePlan::read(plan_bytes);

  std::pmr::string page_bytes(std::pmr::new_delete_resource());
  const double compress = median_us(std::max(3U, runs / 50), [&] {
    PageCompressor compressor(*plan, 6, std::pmr::new_delete_resource());
    compressor.add(html);
    page_bytes.clear();
    compressor.write(page_bytes);
  });

  const auto apply = [&](SpliceOutput& output, Filler& content) {
    std::pmr::monotonic_buffer_resource own;
    const auto read = PagePlan::read(plan_bytes);
    Splicer splicer(&own);
    for (std::size_t i = 0; i < read->splice_count(); ++i) {
      splicer.add(read->splice(i));
    }
    splicer.advance(html.size(), content, output);
  };
  const double send = median_us(runs, [&] {
    Count output;
    apply(output, filler);
    sink = output.bytes;
  });
  std::uint64_t sent = 0;
  const auto gzip_us = [&](Filler& content) {
    return median_us(runs, [&] {
      std::pmr::monotonic_buffer_resource own;
      const auto compressed = CompressedPage::read(page_bytes, *plan, &own);
      CountGzip output(*compressed, &own);
      apply(output, content);
      sent = output.end();
    });
  };
  const double send_gzip = gzip_us(filler);
  const auto sent_few = sent;
  const double send_lists = gzip_us(list);
  std::printf(
      "%5zu KB  scan %8.2f µs   make %8.2f   compress %10.1f   send %6.2f   send gzip %6.2f"
      "   with lists %6.2f   kept %zu + %zu bytes, gzip sent %llu, with lists %llu\n",
      size / 1000, scan, make, compress, send, send_gzip, send_lists, plan_bytes.size(),
      page_bytes.size(), static_cast<unsigned long long>(sent_few),
      static_cast<unsigned long long>(sent));
}

}  // namespace

int main(int count, char** arguments) {
  const unsigned runs = count > 1 ? static_cast<unsigned>(std::atoi(arguments[1])) : 2000;
  for (std::size_t size : {16000, 60000, 500000, 2000000}) {
    measure(size, size > 100000 ? runs / 10 : runs);
  }
}
