"""Keys that are missing, values that are not what they should be, visitors who lie."""

import json

import pytest

from harness import scene

KEY = "profile:ada"


def start(nginx, redis, **options):
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, **options), scene.server())
    return nginx.start()


def test_key_missing(nginx, redis):
    start(nginx, redis)
    assert scene.is_default(nginx.get("/", headers=scene.ADA).text)
    assert "profile=missing" in nginx.last_log(1)["sources"]


def test_no_visitor_no_look_up(nginx, redis):
    start(nginx, redis)
    assert scene.is_default(nginx.get("/").text)
    assert redis.reads() == 0


INVALID = {
    "empty": b"",
    "text": b"Ada",
    "cut": b'{"name": "Ada"',
    "trailing": b'{"name": "Ada"} {"name": "Eve"}',
    "single quotes": b"{'name': 'Ada'}",
    "nan": b"NaN",
    "nul": b'{"name": "Ada"}\0',
    "nested": b"[" * 60000,
    "binary": bytes(range(256)),
    "invalid utf-8": b'{"name": \xff\xfe}',
    "html": b"<html>",
}


@pytest.mark.parametrize("name", INVALID)
def test_value_is_not_json(nginx, redis, name):
    redis.data.set(KEY, INVALID[name])
    start(nginx, redis)
    response = nginx.get("/", headers=scene.ADA)
    assert response.status == 200 and scene.is_default(response.text)
    if INVALID[name]:
        assert "profile=invalid" in nginx.last_log(1)["sources"]


# What is in one field does no harm to the others.
MENDED = {
    "half of a surrogate pair": b'{"name": "Ada", "note": "Ann \\ud83d"}',
    "half of a surrogate pair, shown": (b'{"name": "Ada \\ud83d"}', "<p>Hello Ada \ufffd</p>"),
    "not utf-8": b'{"note": "\xe9t\xe9", "name": "Ada"}',
    "byte order mark": b'\xef\xbb\xbf{"name": "Ada"}',
    "nan": b'{"score": NaN, "name": "Ada"}',
    "nested": b'{"deep": ' + b"[" * 10000 + b"]" * 10000 + b', "name": "Ada"}',
}


@pytest.mark.parametrize("name", MENDED)
def test_what_can_be_used_is(nginx, redis, name):
    value = MENDED[name]
    value, shown = value if isinstance(value, tuple) else (value, scene.HELLO_ADA)
    redis.data.set(KEY, value)
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket),
                    scene.server() + "location = /status { personalize_status; }")
    nginx.start()
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text, shown)
    assert "profile=fetched" in nginx.last_log(1)["sources"]
    status = json.loads(nginx.get("/status?format=json").text)
    assert status["mended_documents"] == 1
    assert "JSON with errors in Redis, repaired" in nginx.error_log() and KEY in nginx.error_log()


def test_a_number_that_no_double_holds_is_not_anothers_key(nginx, redis):
    scene.prepare(nginx, fragment="<p>{{profile.customer_id}} {{orders.last}}</p>")
    nginx.configure(scene.http(redis.socket, extra="""
        personalize_source orders "key=orders:${profile.customer_id}" ttl=0;"""), scene.server())
    redis.data.set(KEY, '{"name": "Ada", "customer_id": 9007199254740993}')
    redis.set_json("orders:9007199254740992", {"last": "another's"})
    redis.set_json("orders:9007199254740993", {"last": "Ada's"})
    nginx.start()
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text,
                           "<p>9007199254740993 Ada&#39;s</p>")


@pytest.mark.parametrize("number", ["1e400", "0.1234567890123456789", "12345678901234567890123",
                                    "-9007199254740995"])
def test_numbers_keep_their_text(nginx, redis, number):
    scene.prepare(nginx, fragment="<p>{{profile.id}}</p>")
    nginx.configure(scene.http(redis.socket, conditions=f"when profile.id = {number};"),
                    scene.server())
    redis.data.set(KEY, '{"id": %s}' % number)
    nginx.start()
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text, f"<p>{number}</p>")


@pytest.mark.parametrize("value", [5, "Ada", ["name", "Ada"], None, True, {}, {"name": None},
                                   {"name": {"name": "Ada"}}, {"Name": "Ada"}], ids=json.dumps)
def test_json_of_another_shape(nginx, redis, value):
    redis.set_json(KEY, value)
    start(nginx, redis, conditions="when profile.name = Ada;")
    response = nginx.get("/", headers=scene.ADA)
    assert response.status == 200 and scene.is_default(response.text)


def test_value_of_ten_megabytes_is_not_fetched(nginx, redis):
    redis.set_json(KEY, {"name": "Ada", "history": "x" * 10_000_000})
    start(nginx, redis)
    before = redis.data.info("stats")["total_net_output_bytes"]
    for _ in range(3):
        response = nginx.get("/", headers=scene.ADA)
        assert response.status == 200 and scene.is_default(response.text)
    assert redis.data.info("stats")["total_net_output_bytes"] - before < 1_000_000
    assert "profile=too_large" in nginx.last_log(3)["sources"]


def test_max_is_the_limit(nginx, redis):
    redis.data.set(KEY, '{"name":"Ada"}')
    redis.data.set("profile:eve", '{"name":"Eve"} ')
    start(nginx, redis, source="ttl=0 max=14")
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
    assert scene.is_default(nginx.get("/", headers={"Cookie": "vid=eve"}).text)
    assert "profile=too_large" in nginx.last_log(2)["sources"]


@pytest.mark.parametrize("kind", ["list", "hash", "set", "stream"])
def test_wrong_type_for_json(nginx, redis, kind):
    {"list": lambda: redis.data.rpush(KEY, "name", "Ada"),
     "hash": lambda: redis.data.hset(KEY, "name", "Ada"),
     "set": lambda: redis.data.sadd(KEY, "Ada"),
     "stream": lambda: redis.data.xadd(KEY, {"name": "Ada"})}[kind]()
    start(nginx, redis)
    response = nginx.get("/", headers=scene.ADA)
    assert response.status == 200 and scene.is_default(response.text)
    assert "profile=wrong_type" in nginx.last_log(1)["sources"]


def test_wrong_type_for_hash(nginx, redis):
    redis.set_json(KEY, {"name": "Ada"})
    start(nginx, redis, source="type=hash ttl=0")
    response = nginx.get("/", headers=scene.ADA)
    assert response.status == 200 and scene.is_default(response.text)
    assert "profile=wrong_type" in nginx.last_log(1)["sources"]


def test_one_bad_document_does_not_spoil_another(nginx, redis):
    redis.set_json(KEY, scene.PROFILE)
    redis.data.set("cart:ada", "not JSON")
    scene.prepare(nginx)
    extra = """
  personalize_source cart key=cart:${visitor.id} ttl=0;
  personalize_campaign cart { slot hello-bar; priority 9; when cart.items > 0; fragment hello.html; }
"""
    nginx.configure(scene.http(redis.socket, extra=extra), scene.server())
    nginx.start()
    assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
    sources = nginx.last_log(1)["sources"]
    assert "cart=invalid" in sources and "profile=fetched" in sources


def test_a_costly_pattern_does_not_keep_a_worker(nginx, redis):
    """A list of the default size, each of whose strings costs the pattern as much as it may."""
    texts = ["a" * 40 + "!"] * 1400
    redis.set_json(KEY, {"name": "Ada", "tags": texts})
    scene.prepare(nginx)
    nginx.configure(scene.http(redis.socket, conditions="""
        unless profile.tags ~ '^(a+)+$'; unless profile.tags ~ '^(a|aa)+$'; when profile.name;"""),
                    scene.server() + "location = /status { personalize_status; }")
    nginx.start()
    before = nginx.processor_time()
    for _ in range(5):
        assert scene.is_filled(nginx.get("/", headers=scene.ADA).text)
    # Without a budget a second for each page.
    assert nginx.processor_time() - before < 1
    status = json.loads(nginx.get("/status?format=json").text)
    assert status["regex_exceeded"] == 5
    assert "regular expressions of conditions were given up" in nginx.error_log()
    nginx.get("/")
    assert json.loads(nginx.get("/status?format=json").text)["regex_exceeded"] == 5


SECRET = "0123456789abcdef0123456789abcdef-first"


def start_signed(nginx, redis):
    scene.prepare(nginx)
    nginx.file("visitor.key", SECRET + "\n").chmod(0o600)
    visitor = f"cookie=vid issue=on secret_file={nginx.directory}/visitor.key"
    nginx.configure(scene.http(redis.socket, visitor=visitor), scene.server())
    nginx.start()


def test_forged_cookie_is_a_new_visitor(nginx, redis):
    redis.set_json(KEY, scene.PROFILE)
    start_signed(nginx, redis)
    signed = nginx.get("/").cookie("vid")
    signature = signed[signed.index("."):]
    for forged in ("ada", "ada.", "ada" + signature, f"ada.{'A' * 43}", f"ada.{'x' * 5000}",
                   signed[:-1] + ("A" if signed[-1] != "A" else "B"), "." + signature, "ada.ada"):
        response = nginx.get("/", headers={"Cookie": "vid=" + forged})
        assert response.status == 200 and scene.is_default(response.text), forged
        assert response.cookie("vid") not in (None, forged), forged
    assert all(entry["visitor"] != "ada" for entry in nginx.log(9))


ODD_COOKIES = {
    "long": "vid=" + "a" * 4000,
    "empty": "vid=",
    "quoted": 'vid="ada',
    "slashes": "vid=../../etc/passwd",
    "redis": "vid=ada\tFLUSHALL",
    "binary": "vid=" + "".join(chr(c) for c in range(128, 256)),
    "glob": "vid=*",
    "many": "; ".join(f"vid=x{i}" for i in range(200)),
    "no name": "=ada; ;;;==",
    "template": "vid={{profile.name}}${visitor.id}",
}


@pytest.mark.parametrize("name", ODD_COOKIES)
def test_odd_cookie(nginx, redis, name):
    redis.set_json(KEY, scene.PROFILE)
    start(nginx, redis)
    response = nginx.get("/", headers={"Cookie": ODD_COOKIES[name]})
    assert response.status == 200 and scene.is_default(response.text)
    assert redis.data.exists(KEY)
