// User-Agents as real clients send them.
#include "assert_values.h"
#include "personalize/signals/signals.h"
#include "suite.h"

using namespace personalize;

namespace {

struct Case {
  Device device;
  const char* user_agent;
};

constexpr Case cases[] = {
    // desktop
    {Device::desktop,
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/124.0.0.0 Safari/537.36"},
    {Device::desktop,
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/124.0.0.0 Safari/537.36 Edg/124.0.0.0"},
    {Device::desktop,
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:125.0) Gecko/20100101 "
     "Firefox/125.0"},
    {Device::desktop,
     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/17.4 Safari/605.1.15"},
    {Device::desktop, "Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0"},
    {Device::desktop,
     "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/124.0.0.0 Safari/537.36"},
    {Device::desktop,
     "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; Tablet PC 2.0; rv:11.0) "
     "like Gecko"},
    {Device::desktop,
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/122.0.0.0 Safari/537.36 OPR/108.0.0.0"},
    {Device::desktop,
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/122.0.0.0 YaBrowser/24.4.0 Safari/537.36"},
    {Device::desktop, "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)"},
    // televisions and consoles: nobody holds them
    {Device::desktop,
     "Mozilla/5.0 (Linux; Android 9; BRAVIA 4K UR2 Build/PTT1.190515.001.S52) AppleWebKit/537.36 "
     "(KHTML, like Gecko) Chrome/88.0.4324.93 Safari/537.36"},
    {Device::desktop,
     "Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Version/5.0 TV Safari/537.36"},
    {Device::desktop,
     "Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, "
     "like Gecko) Version/13.0 Safari/605.1.15"},
    // tools and libraries that people and tests use
    {Device::desktop, "curl/7.88.1"},
    {Device::desktop, "Wget/1.21.3"},
    {Device::desktop, "python-requests/2.31.0"},
    {Device::desktop, "Go-http-client/1.1"},
    {Device::desktop, "x"},
    // mobile
    {Device::mobile,
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Version/17.4 Mobile/15E148 Safari/604.1"},
    {Device::mobile,
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) CriOS/124.0.6367.68 Mobile/15E148 Safari/604.1"},
    {Device::mobile,
     "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
     "Mobile Safari/537.36"},
    {Device::mobile,
     "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) "
     "SamsungBrowser/24.0 Chrome/117.0.0.0 Mobile Safari/537.36"},
    {Device::mobile, "Mozilla/5.0 (Android 14; Mobile; rv:125.0) Gecko/125.0 Firefox/125.0"},
    {Device::mobile,
     "Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/100.0.4896.127 Mobile Safari/537.36"},
    {Device::mobile,
     "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) AppleWebKit/537.36 "
     "(KHTML, like Gecko) Chrome/52.0.2743.116 Mobile Safari/537.36 Edge/15.15063"},
    {Device::mobile,
     "Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423 "
     "Version/12.16"},
    {Device::mobile,
     "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3709; U; en) Presto/2.8.119 "
     "Version/11.10"},
    {Device::mobile,
     "BlackBerry9700/5.0.0.862 Profile/MIDP-2.1 Configuration/CLDC-1.1 "
     "VendorID/331"},
    {Device::mobile,
     "Mozilla/5.0 (BB10; Touch) AppleWebKit/537.10+ (KHTML, like Gecko) "
     "Version/10.0.9.2372 Mobile Safari/537.10+"},
    {Device::mobile,
     "Mozilla/5.0 (Mobile; Nokia_2720_Flip; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5"},
    {Device::mobile,
     "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Mobile/15E148 Instagram 320.0.0 (iPhone14,2; iOS 16_6; en_US; scale=3.00)"},
    {Device::mobile,
     "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Mobile/20G75 [FBAN/FBIOS;FBAV/450.0.0;FBDV/iPhone14,2;FBMD/iPhone;FBSN/iOS]"},
    {Device::mobile,
     "Mozilla/5.0 (Linux; Android 12; M2101K6G; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Version/4.0 Chrome/123.0 Mobile Safari/537.36 [Pinterest/Android]"},
    // tablet
    {Device::tablet,
     "Mozilla/5.0 (iPad; CPU OS 12_5_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/12.1.2 Mobile/15E148 Safari/604.1"},
    {Device::tablet,
     "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/124.0.0.0 Safari/537.36"},
    {Device::tablet, "Mozilla/5.0 (Android 13; Tablet; rv:125.0) Gecko/125.0 Firefox/125.0"},
    {Device::tablet,
     "Mozilla/5.0 (Linux; Android 5.1.1; KFAUWI) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Silk/108.4 like Chrome/108.0 Safari/537.36"},
    {Device::tablet,
     "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Silk/108.4 like "
     "Chrome/108.0 Safari/537.36"},
    {Device::tablet,
     "Mozilla/5.0 (PlayBook; U; RIM Tablet OS 2.1.0; en-US) AppleWebKit/536.2+ "
     "(KHTML, like Gecko) Version/7.2.1.0 Safari/536.2+"},
    // bot
    {Device::bot, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
    {Device::bot,
     "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like "
     "Gecko) Chrome/124.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; "
     "+http://www.google.com/bot.html)"},
    {Device::bot, "Googlebot-Image/1.0"},
    {Device::bot, "AdsBot-Google (+http://www.google.com/adsbot.html)"},
    {Device::bot, "Mediapartners-Google"},
    {Device::bot, "APIs-Google (+https://developers.google.com/webmasters/APIs-Google.html)"},
    {Device::bot,
     "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko; compatible; "
     "Google-InspectionTool/1.0)"},
    {Device::bot,
     "Mozilla/5.0 (Linux; Android 11; moto g power) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/119.0 Mobile Safari/537.36 Chrome-Lighthouse"},
    {Device::bot, "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"},
    {Device::bot,
     "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)"},
    {Device::bot, "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)"},
    {Device::bot,
     "Mozilla/5.0 (compatible; Baiduspider/2.0; "
     "+http://www.baidu.com/search/spider.html)"},
    {Device::bot, "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"},
    {Device::bot, "Mozilla/5.0 (compatible; YandexMetrika/2.0; +http://yandex.com/bots)"},
    {Device::bot, "Sogou web spider/4.0(+http://www.sogou.com/docs/help/webmasters.htm#07)"},
    {Device::bot,
     "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile "
     "Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)"},
    {Device::bot,
     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)"},
    {Device::bot,
     "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; "
     "+https://openai.com/gptbot)"},
    {Device::bot,
     "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; "
     "ChatGPT-User/1.0; +https://openai.com/bot"},
    {Device::bot,
     "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; "
     "+claudebot@anthropic.com)"},
    {Device::bot, "CCBot/2.0 (https://commoncrawl.org/faq/)"},
    {Device::bot,
     "meta-externalagent/1.1 "
     "(+https://developers.facebook.com/docs/sharing/webmasters/crawler)"},
    {Device::bot, "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"},
    {Device::bot, "Twitterbot/1.0"},
    {Device::bot,
     "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient "
     "+http://www.linkedin.com)"},
    {Device::bot, "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
    {Device::bot, "TelegramBot (like TwitterBot)"},
    {Device::bot, "WhatsApp/2.23.20.0 A"},
    {Device::bot, "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"},
    {Device::bot, "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"},
    {Device::bot, "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)"},
    {Device::bot, "Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)"},
    {Device::bot,
     "Mozilla/5.0 (Linux; Android 7.0;) AppleWebKit/537.36 (KHTML, like Gecko) Mobile "
     "Safari/537.36 (compatible; PetalBot;+https://webmaster.petalsearch.com)"},
    {Device::bot, "ia_archiver (+http://www.alexa.com/site/help/webmasters; crawler@alexa.com)"},
    {Device::bot, "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"},
    {Device::bot, "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)"},
    {Device::bot, "ELB-HealthChecker/2.0"},
    {Device::bot, "kube-probe/1.27"},
    {Device::bot,
     "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "HeadlessChrome/124.0.0.0 Safari/537.36"},
    {Device::bot, "Amazon-Route53-Health-Check-Service (ref 1; report http://amzn.to/1vsZADi)"},
    {Device::bot, "check_http/v2.3.3 (nagios-plugins 2.3.3)"},
    {Device::bot, "Zabbix 6.0.4"},
    {Device::bot, "Consul Health Check"},
    {Device::bot, "Mozilla/5.0 (compatible; PRTG Network Monitor (www.paessler.com); Windows)"},
    {Device::bot, "Datadog/Synthetics"},
    {Device::bot, "Mozilla/5.0 (compatible; Something)"},
    {Device::bot, "shop-watcher (ops@shop.example)"},
    {Device::desktop, "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)"},
    {Device::desktop, "Mozilla/5.0 (compatible; Konqueror/4.5; Linux) KHTML/4.5.4 (like Gecko)"},
    {Device::mobile,
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 "
     "NAVER(inapp; search; 2000; 12.0.0; 15PROMAX)"},
    {Device::mobile,
     "Mozilla/5.0 (Linux; Android 10; K) Chrome/150.0.0.0 Mobile Safari/537.36 (Ecosia "
     "android@150.0.0.0)"},
    {Device::desktop, "Amazon CloudFront"},
    {Device::desktop, "okhttp/4.9.0"},
    {Device::desktop, "python-requests/2.31.0"},
    {Device::bot, "Screaming Frog SEO Spider/19.0"},
    {Device::bot, "Scrapy/2.11.0 (+https://scrapy.org)"},
    {Device::bot, "crawler4j (https://github.com/yasserg/crawler4j/)"},
    {Device::bot, "HTTRACK"},
};

void user_agents_are_classified(void**) {
  int wrong = 0;
  for (const Case& c : cases) {
    const auto device = classify_device(c.user_agent, "");
    if (device != c.device) {
      print_error("%d, not %d: %s\n", static_cast<int>(device), static_cast<int>(c.device),
                  c.user_agent);
      wrong++;
    }
  }
  assert_int_equal(wrong, 0);
}

void the_client_hint_is_heeded(void**) {
  const char* desktop = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/124.0 Safari";
  const char* tablet = "Mozilla/5.0 (Linux; Android 10; K) Chrome/124.0.0.0 Safari/537.36";
  assert_true(classify_device(desktop, "?1") == Device::mobile);
  assert_true(classify_device(desktop, "?0") == Device::desktop);
  assert_true(classify_device(tablet, "?0") == Device::tablet);
  assert_true(classify_device("", "?1") == Device::mobile);
  assert_true(classify_device("", "?0") == Device::desktop);
  assert_true(classify_device("Googlebot/2.1", "?1") == Device::bot);
  assert_true(classify_device(desktop, "1") == Device::desktop);
}

void an_operator_knows_more_bots_and_fewer(void**) {
  const char* headless = "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/124.0.0.0 Safari/537.36";
  const char* tester = "Mozilla/5.0 (X11; Linux x86_64) Chrome/124.0.0.0 Safari/537.36 (Acme QA 2)";
  const auto rules = parse_bots({"except=HeadlessChrome", "acme qa"}, {});
  assert_true(classify_device(headless, "") == Device::bot);
  assert_true(classify_device(headless, "", rules) == Device::desktop);
  assert_true(classify_device(tester, "") == Device::desktop);
  assert_true(classify_device(tester, "", rules) == Device::bot);
  assert_true(classify_device("Googlebot/2.1", "", rules) == Device::bot);
  assert_true(classify_device(std::string(headless) + " Googlebot", "", rules) == Device::bot);
  for (const auto* wrong : {"", "ab", "except=", "except=a b", "except=Headless/Chrome"}) {
    assert_config_error(parse_bots({wrong}, {}), "personalize_bots");
  }
}

void hostile_user_agents_are_borne(void**) {
  assert_true(classify_device("", "") == Device::unknown);
  assert_true(classify_device(std::string(100000, 'a'), "") == Device::desktop);
  assert_true(classify_device(std::string(100000, '('), "") == Device::desktop);
  assert_true(classify_device(std::string_view("\0bot\0", 5), "") == Device::bot);
  std::string all;
  for (int c = 0; c < 256; c++) {
    all += static_cast<char>(c);
  }
  assert_true(classify_device(all, all) == Device::desktop);
}

// Those that differ in a header, in the rules, or only in their end, and those too long to be kept.
void the_cache_tells_clients_apart(void**) {
  DeviceCache cache;
  const BotRules none;
  const BotRules own{{"acme qa"}, {}};
  std::vector<std::string> agents = {"", "Mozilla/5.0 (X11) Acme QA", "Googlebot/2.1",
                                     std::string(256, 'x') + " Googlebot", std::string(255, 'x')};
  for (const auto& c : cases) {
    agents.emplace_back(c.user_agent);
    agents.push_back(agents.back() + "?1");
  }
  for (int round = 0; round < 3; ++round) {
    for (const auto& agent : agents) {
      for (const char* mobile : {"", "?0", "?1"}) {
        for (const BotRules* rules : {&none, &own}) {
          for (int again = 0; again < 2; ++again) {
            assert_true(cache.classify(agent, mobile, *rules) ==
                        classify_device(agent, mobile, *rules));
          }
        }
      }
    }
  }
}

const CMUnitTest tests[] = {
    cmocka_unit_test(the_cache_tells_clients_apart),
    cmocka_unit_test(user_agents_are_classified),
    cmocka_unit_test(the_client_hint_is_heeded),
    cmocka_unit_test(an_operator_knows_more_bots_and_fewer),
    cmocka_unit_test(hostile_user_agents_are_borne),
};
const Suite suite(__FILE__, tests);

}  // namespace
