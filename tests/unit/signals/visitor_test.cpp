#include "personalize/signals/visitor.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <set>

#include "assert_values.h"
#include "fake_request.h"
#include "suite.h"

using namespace personalize;

namespace {

const Where here = {"nginx.conf", 3};
const std::string key = "0123456789abcdef0123456789abcdef";
const std::string other_key = "fedcba9876543210fedcba9876543210";
// HMAC-SHA256 of "personalize visitor 1\nalice", by Python's hmac module.
const std::string alice = "alice.pGcS9CbqQyzyrTuUWEdKbFDQ82fd_LBbzFX_qWWcFRc";
const std::string alice_by_other_key = "alice.Nuiq2DNaogiHciTZVcfkAYm4OVcqS3P-5XmYlVdUv3c";

VisitorOptions options() {
  VisitorOptions result;
  result.cookie = "vid";
  return result;
}

struct Read {
  VisitorCookieState state = VisitorCookieState::absent;
  std::string id;
  bool is_new = false, verified = false;
};

Read read(const VisitorCookie& cookie, std::vector<std::string> headers) {
  FakeRequest request;
  request.cookies = std::move(headers);
  Visitor visitor;
  Read result;
  std::pmr::monotonic_buffer_resource arena;
  result.state = cookie.read(request, &arena, visitor);
  result.id = visitor.id;
  result.is_new = visitor.is_new;
  result.verified = visitor.verified;
  return result;
}

void assert_nobody(const Read& r, VisitorCookieState state) {
  assert_int_equal(static_cast<int>(r.state), static_cast<int>(state));
  assert_text(r.id, "");
  assert_true(r.is_new);
  assert_false(r.verified);
}

void without_keys_the_value_is_the_id(void**) {
  const VisitorCookie cookie(options(), {}, here);
  const auto r = read(cookie, {"x=1; vid=user-42@shop.example"});
  assert_true(r.state == VisitorCookieState::valid);
  assert_text(r.id, "user-42@shop.example");
  assert_false(r.is_new);
  assert_false(r.verified);
  assert_false(cookie.is_signed());
}

void an_id_has_bounds(void**) {
  const VisitorCookie cookie(options(), {}, here);
  assert_nobody(read(cookie, {}), VisitorCookieState::absent);
  assert_nobody(read(cookie, {"other=1"}), VisitorCookieState::absent);
  for (const std::string& value :
       {std::string(), std::string("a b"), std::string("a:b"), std::string("a{b}"),
        std::string("a\x7f"), std::string("a\xc5\x82"), std::string("a\r\nX: y"),
        std::string("a\0b", 3), std::string("<script>"), std::string(129, 'x')}) {
    assert_nobody(read(cookie, {"vid=" + value}), VisitorCookieState::malformed);
  }
  assert_true(read(cookie, {"vid=" + std::string(128, 'x')}).state == VisitorCookieState::valid);
}

void an_id_that_nobody_signed_is_plain(void**) {
  const VisitorCookie plain(options(), {}, here);
  const VisitorCookie wide(parse_visitor({"cookie=vid", "id_marks=|~"}, here), {}, here);
  for (const char c : std::string("`$'*|&!#%^~")) {
    const auto id = std::string("a") + c + "b";
    assert_nobody(read(plain, {"vid=" + id}), VisitorCookieState::malformed);
    if (c == '|' || c == '~') {
      assert_text(read(wide, {"vid=" + id}).id, id);
    } else {
      assert_nobody(read(wide, {"vid=" + id}), VisitorCookieState::malformed);
    }
  }
  assert_text(read(plain, {"vid=GA1.1.12_3-4@x+y=/"}).id, "GA1.1.12_3-4@x+y=/");
  for (const auto* marks : {"id_marks= ", "id_marks=:", "id_marks={", "id_marks=;"}) {
    assert_config_error(parse_visitor({"cookie=v", marks}, here), "ids can contain");
  }
}

void names_that_browsers_protect(void**) {
  const VisitorCookie cookie(parse_visitor({"cookie=__Host-vid"}, here), {}, here);
  std::pmr::string out;
  assert_true(cookie.set_cookie("alice", false, out));
  assert_text(out, "__Host-vid=alice; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly; Secure");
  assert_config_error(parse_visitor({"cookie=__Host-v", "secure=off"}, here), "without Secure");
  assert_config_error(parse_visitor({"cookie=__Secure-v", "secure=off"}, here), "without Secure");
}

void a_signature_is_checked(void**) {
  const VisitorCookie cookie(options(), {key}, here);
  const auto r = read(cookie, {"vid=" + alice});
  assert_true(r.state == VisitorCookieState::valid);
  assert_text(r.id, "alice");
  assert_true(r.verified);
  assert_false(r.is_new);

  // Reading one twice shows that a key's context starts anew each time.
  assert_true(read(cookie, {"vid=" + alice}).state == VisitorCookieState::valid);
}

void a_forged_id_is_nobody(void**) {
  const VisitorCookie cookie(options(), {key}, here);
  assert_nobody(read(cookie, {"vid=" + alice_by_other_key}), VisitorCookieState::forged);
  assert_nobody(read(cookie, {"vid=bob" + alice.substr(5)}), VisitorCookieState::forged);
  assert_nobody(read(cookie, {"vid=alice."}), VisitorCookieState::forged);
  assert_nobody(read(cookie, {"vid=" + alice + "="}), VisitorCookieState::forged);
  assert_nobody(read(cookie, {"vid=" + alice.substr(0, alice.size() - 1)}),
                VisitorCookieState::forged);
  assert_nobody(read(cookie, {"vid=alice"}), VisitorCookieState::malformed);
  assert_nobody(read(cookie, {"vid=" + alice.substr(5)}), VisitorCookieState::malformed);
  for (std::size_t i = 0; i < alice.size(); i++) {
    auto changed = alice;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    assert_false(read(cookie, {"vid=" + changed}).verified);
  }
}

void keys_rotate(void**) {
  const VisitorCookie cookie(options(), {other_key, key}, here);
  assert_true(read(cookie, {"vid=" + alice}).verified);
  assert_true(read(cookie, {"vid=" + alice_by_other_key}).verified);
  std::pmr::string out;
  assert_true(cookie.set_cookie("alice", true, out));
  assert_true(std::string_view(out).find(alice_by_other_key) != std::string_view::npos);
}

void the_first_valid_of_several_cookies_counts(void**) {
  const VisitorCookie cookie(options(), {key}, here);
  assert_text(read(cookie, {"vid=bob.x; vid=" + alice}).id, "alice");
  assert_nobody(read(cookie, {"vid=bob.x; vid=y"}), VisitorCookieState::forged);
  // Forged ones before it do not lose the visitor's identity.
  std::string forged;
  for (int i = 0; i < 60; ++i) {
    forged += "vid=" + alice_by_other_key + "; vid=a.x; vid=y; ";
  }
  assert_text(read(cookie, {forged + "vid=" + alice}).id, "alice");
  // A request cannot buy any number of signatures.
  assert_nobody(read(cookie, {forged + forged + "vid=" + alice}), VisitorCookieState::forged);
}

void an_issued_id_comes_back(void**) {
  const VisitorCookie cookie(options(), {key}, here);
  std::pmr::monotonic_buffer_resource memory;
  std::set<std::string> ids;
  for (int i = 0; i < 1000; i++) {
    Visitor visitor;
    assert_true(cookie.issue(&memory, visitor));
    assert_int_equal(visitor.id.size(), 22);
    assert_true(visitor.is_new);
    assert_false(visitor.verified);
    ids.emplace(visitor.id);
  }
  assert_int_equal(ids.size(), 1000);

  std::pmr::string out;
  assert_true(cookie.set_cookie(*ids.begin(), false, out));
  const auto pair = std::string(out.substr(0, out.find(';')));
  const auto r = read(cookie, {pair});
  assert_text(r.id, *ids.begin());
  assert_true(r.verified);
}

void without_memory_no_id_is_issued(void**) {
  const VisitorCookie cookie(options(), {}, here);
  Visitor visitor;
  assert_false(cookie.issue(std::pmr::null_memory_resource(), visitor));
  assert_text(visitor.id, "");

  std::pmr::string out(std::pmr::null_memory_resource());
  assert_false(cookie.set_cookie("0123456789", true, out));
  assert_int_equal(out.size(), 0);
}

// As PHP's setcookie() and encodeURIComponent() write them.
void encoded_ids_are_decoded(void**) {
  const VisitorCookie plain(options(), {}, here);
  assert_text(read(plain, {"vid=ann%40shop.example"}).id, "ann@shop.example");
  assert_text(read(plain, {"vid=%61%6C%69ce%3D%3d"}).id, "alice==");
  for (const char* bad : {"vid=ann%20x", "vid=ann%", "vid=ann%4", "vid=ann%zz", "vid=%25",
                          "vid=%00", "vid=%0a", "vid=ann%2540"}) {
    assert_nobody(read(plain, {bad}), VisitorCookieState::malformed);
  }
  assert_nobody(read(plain, {"vid=" + std::string(100000, '%')}), VisitorCookieState::malformed);

  // A signature is for the text as it stands, or else for what it means.
  const VisitorCookie signing(options(), {key}, here);
  assert_text(read(signing, {"vid=%61lice" + alice.substr(5)}).id, "alice");
  std::pmr::string out;
  assert_true(signing.set_cookie("a%40b", false, out));
  const auto literal = read(signing, {std::string(out.substr(0, out.find(';')))});
  assert_text(literal.id, "a%40b");
  assert_true(literal.verified);
}

void a_script_may_read_the_cookie(void**) {
  std::pmr::string out;
  const auto parsed = parse_visitor({"cookie=gbuuid", "issue=on", "httponly=off"}, here);
  assert_true(VisitorCookie(parsed, {}, here).set_cookie("alice", false, out));
  assert_text(out, "gbuuid=alice; Path=/; Max-Age=31536000; SameSite=Lax");
}

void set_cookie_has_its_attributes(void**) {
  std::pmr::string out;
  assert_true(VisitorCookie(options(), {}, here).set_cookie("alice", false, out));
  assert_text(out, "vid=alice; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly");

  const auto parsed = parse_visitor(
      {"cookie=__Secure-v", "domain=shop.example", "max_age=30d", "samesite=none"}, here);
  out.clear();
  assert_true(VisitorCookie(parsed, {key}, here).set_cookie("alice", true, out));
  assert_text(out, "__Secure-v=" + alice +
                       "; Path=/; Domain=shop.example; Max-Age=2592000; SameSite=None; HttpOnly; "
                       "Secure");

  out.clear();
  const auto session = parse_visitor({"cookie=v", "max_age=0", "samesite=strict"}, here);
  assert_true(VisitorCookie(session, {}, here).set_cookie("alice", false, out));
  assert_text(out, "v=alice; Path=/; SameSite=Strict; HttpOnly");
}

void parameters_are_parsed(void**) {
  const auto parsed = parse_visitor(
      {"cookie=vid", "issue=on", "secret_file=/etc/key", "max_age=2w", "samesite=Lax"}, here);
  assert_text(parsed.cookie, "vid");
  assert_true(parsed.issue);
  assert_text(parsed.secret_file, "/etc/key");
  assert_int_equal(parsed.max_age_s, 2 * 7 * 86400);
  assert_text(parsed.same_site, "Lax");
  assert_false(parsed.secure.has_value());
  assert_true(*parse_visitor({"cookie=v", "secure=on"}, here).secure);
  assert_false(*parse_visitor({"cookie=v", "secure=off"}, here).secure);
  assert_int_equal(parse_visitor({"cookie=v", "max_age=90"}, here).max_age_s, 90);
  assert_int_equal(parse_visitor({"cookie=v", "max_age=1y"}, here).max_age_s, 31536000);
}

void mistakes_in_parameters_name_the_remedy(void**) {
  assert_config_error(parse_visitor({"issue=on"}, here), "needs cookie=NAME");
  assert_config_error(parse_visitor({"cookie="}, here), "needs a value");
  assert_config_error(parse_visitor({"cookie"}, here), "needs a value");
  assert_config_error(parse_visitor({"cookie=a;b"}, here), "letters, digits");
  assert_config_error(parse_visitor({"cookie=v", "issue=yes"}, here), "on or off");
  assert_config_error(parse_visitor({"cookie=v", "samesite=maybe"}, here), "lax, strict, none");
  assert_config_error(parse_visitor({"cookie=v", "domain=a b"}, here), "not a host name");
  assert_config_error(parse_visitor({"cookie=v", "colour=red"}, here),
                      "the parameters are cookie=");
  assert_config_error(parse_visitor({"cookie=__Host-v", "domain=a.b"}, here), "leave out");
  for (const char* time : {"max_age=x", "max_age=d", "max_age=1dd", "max_age=-1", "max_age=1.5d",
                           "max_age=99999999999999999999", "max_age=999y", "max_age=1q"}) {
    assert_config_error(parse_visitor({"cookie=v", time}, here), "is not a time");
  }
}

void a_variable_is_an_id_as_it_stands(void**) {
  assert_text(visitor_from_variable("auth0|7:x").id, "auth0|7:x");
  assert_false(visitor_from_variable("auth0|7:x").is_new);
  assert_false(visitor_from_variable("auth0|7:x").verified);
  assert_text(visitor_from_variable("").id, "");
  assert_true(visitor_from_variable("").is_new);
  assert_text(visitor_from_variable(std::string(129, 'x')).id, "");
  // Keys of persons are theirs alone.
  assert_text(visitor_from_variable("{person:0123456789abcdef0123456789abcdef}").id, "");
  assert_text(visitor_from_variable("person:0123456789abcdef0123456789abcdef").id,
              "person:0123456789abcdef0123456789abcdef");
  assert_text(visitor_from_variable("a\nb").id, "");
}

class SecretFiles {
 public:
  SecretFiles() {
    char name[] = "/tmp/personalize-secret-XXXXXX";
    directory_ = mkdtemp(name);
  }
  ~SecretFiles() {
    std::remove(path().c_str());
    rmdir(directory_.c_str());
  }
  SecretFiles(const SecretFiles&) = delete;
  SecretFiles& operator=(const SecretFiles&) = delete;

  std::string path() const { return directory_ + "/key"; }
  const std::string& directory() const { return directory_; }
  SecretFile read(const std::string& text, mode_t mode = 0600) const {
    FILE* file = std::fopen(path().c_str(), "w");
    assert_non_null(file);
    assert_int_equal(std::fwrite(text.data(), 1, text.size(), file), text.size());
    std::fclose(file);
    assert_int_equal(chmod(path().c_str(), mode), 0);
    return read_secret_file(path(), here);
  }

 private:
  std::string directory_;
};

void a_secret_file_holds_one_key_a_line(void**) {
  const SecretFiles files;
  const auto secret = files.read("# made in May\n\n  " + key + "\t\r\n" + other_key);
  assert_int_equal(secret.keys.size(), 2);
  assert_text(secret.keys[0], key);
  assert_text(secret.keys[1], other_key);
  assert_false(secret.readable_by_others);
  assert_true(files.read(key, 0644).readable_by_others);
}

void a_secret_file_that_is_none_names_the_remedy(void**) {
  const SecretFiles files;
  assert_config_error(read_secret_file(files.path(), here), "openssl rand -hex 32");
  assert_config_error(read_secret_file(files.directory(), here), "cannot read");
  assert_config_error(files.read(""), "holds no key");
  assert_config_error(files.read("# only a comment\n \n"), "holds no key");
  assert_config_error(files.read(key + "\n" + key.substr(1)), "line 2");
  assert_config_error(files.read(std::string(70000, 'x')), "larger than");
}

void another_server_asks_with_a_signature(void**) {
  constexpr std::int64_t now_s = 1700000000;
  // HMAC-SHA256 of "personalize slots 1\nshop.example\n1700000060\nada\n/p/42?a=b", by Python's
  // hmac module.
  const std::string signature = "b1aac4ad9dbab176e48ef7b545fadacbd2f2384ec473d36f473993d98e01f8cc";
  const ServerAsking asking = {"shop.example", "ada", "/p/42?a=b", "1700000060", signature};
  const VisitorCookie cookie(options(), {other_key, key}, here);
  assert_true(cookie.is_asked_by_server(asking, now_s));
  assert_true(cookie.is_asked_by_server(asking, now_s + 59));
  assert_false(cookie.is_asked_by_server(asking, now_s + 60));
  assert_false(cookie.is_asked_by_server(asking, now_s - ServerAsking::longest_s));
  assert_false(VisitorCookie(options(), {other_key}, here).is_asked_by_server(asking, now_s));
  assert_false(VisitorCookie(options(), {}, here).is_asked_by_server(asking, now_s));

  const auto refuses = [&](auto change) {
    ServerAsking other = asking;
    change(other);
    assert_false(cookie.is_asked_by_server(other, now_s));
  };
  refuses([](ServerAsking& a) { a.host = "other.example"; });
  refuses([](ServerAsking& a) { a.visitor = "eve"; });
  refuses([](ServerAsking& a) { a.visitor = ""; });
  refuses([](ServerAsking& a) { a.visitor = "ada\n/p/42"; });
  refuses([](ServerAsking& a) { a.path = "/p/43"; });
  refuses([](ServerAsking& a) { a.expires = "1700000061"; });
  refuses([](ServerAsking& a) { a.expires = "soon"; });
  refuses([](ServerAsking& a) { a.expires = "99999999999999999999"; });
  refuses([](ServerAsking& a) { a.signature.remove_suffix(1); });
  refuses([](ServerAsking& a) { a.signature = ""; });
}

const CMUnitTest tests[] = {
    cmocka_unit_test(without_keys_the_value_is_the_id),
    cmocka_unit_test(an_id_has_bounds),
    cmocka_unit_test(an_id_that_nobody_signed_is_plain),
    cmocka_unit_test(names_that_browsers_protect),
    cmocka_unit_test(a_signature_is_checked),
    cmocka_unit_test(a_forged_id_is_nobody),
    cmocka_unit_test(keys_rotate),
    cmocka_unit_test(the_first_valid_of_several_cookies_counts),
    cmocka_unit_test(an_issued_id_comes_back),
    cmocka_unit_test(without_memory_no_id_is_issued),
    cmocka_unit_test(encoded_ids_are_decoded),
    cmocka_unit_test(a_script_may_read_the_cookie),
    cmocka_unit_test(set_cookie_has_its_attributes),
    cmocka_unit_test(parameters_are_parsed),
    cmocka_unit_test(mistakes_in_parameters_name_the_remedy),
    cmocka_unit_test(another_server_asks_with_a_signature),
    cmocka_unit_test(a_variable_is_an_id_as_it_stands),
    cmocka_unit_test(a_secret_file_holds_one_key_a_line),
    cmocka_unit_test(a_secret_file_that_is_none_names_the_remedy),
};
const Suite suite(__FILE__, tests);

}  // namespace
