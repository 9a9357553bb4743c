"""Every widget in a page of a real NGINX: well-formed, whatever documents say."""

import re
from xml.etree import ElementTree

import pytest

from harness.claims import KEY, signed
from harness.nginx import ROOT

NAMES = sorted(path.stem for path in (ROOT / "src/widgets/markup").glob("*.html"))
PAGE = ("<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"en\"><head><title>Shop</title></head><body>"
        + "".join(f"<div id=\"{name}\" data-pz-slot=\"{name}\"></div>" for name in NAMES)
        + "</body></html>")
# Values of fields that do not take any text.
OTHER = {"deadline": "'daily 14:00'", "goal": "{{profile.number}}", "value": "{{profile.number}}",
         "min": "1", "icon": "chat", "type": "tel", "form": "row", "items": "profile.items",
         "prizes": "'[{\"text\": \"Ten\"}]'", "questions": "profile.questions"}
HOSTILE = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onload='alert(1)", "</dialog></div>",
           "javascript:alert(1)", "<!--#include virtual='/x'-->", "{{profile.secret}}", "]]>", "a & b", "-->", "\x01"]


def fields(name):
    """Those that the reference documents."""
    text = (ROOT / "docs/reference/widgets.md").read_text()
    table = re.search(rf"^### {name}$(.*?)^##", text, re.M | re.S).group(1)
    return [field for line in table.splitlines() if line.startswith("| `")
            for field in re.findall(r"`(\w+)`", line.split("|")[1])]


def campaign(name):
    sets = "".join(f" set {field} {OTHER.get(field, '{{profile.evil}}')};" for field in fields(name)
                   if (name, field) != ("editorial", "items"))
    sets = re.sub(r"set (\w+) (\{\{[^;]*\}\});", r"set \1 '\2';", sets)
    return f"personalize_campaign {name} {{ slot {name}; widget {name}; {sets} }}"


@pytest.fixture
def shop(nginx, redis):
    nginx.page("index.xhtml", PAGE)
    secret = nginx.file("secret", KEY + "\n")
    secret.chmod(0o600)
    nginx.configure(
        f"""personalize_redis unix:{redis.socket} timeout=2s connect_timeout=5s;
        personalize_visitor cookie=vid secret_file={secret};
        personalize_source profile key=profile:${{visitor.id}} ttl=0;
        """ + "\n".join(campaign(name) for name in NAMES),
        "personalize_wait 2s; personalize_types application/xhtml+xml; "
        "location / { personalize on; index index.xhtml; } location /_pz/ { personalize_endpoint; }")
    nginx.start()

    def ask(evil):
        item = {name: evil for name in ("name", "url", "image", "brand", "badge", "currency", "id", "add_to_cart",
                                        "description", "availability")}
        redis.set_json("profile:ada", {
            "evil": evil, "number": 7, "secret": "SECRET", "items": [{**item, "price": 5, "old_price": 6}],
            "questions": [{"id": "a", "text": evil, "answers": [evil, "b…"]},
                          {"id": "b", "text": evil, "kind": "scale", "low": evil},
                          {"id": "c", "text": evil}]})
        response = nginx.get("/", headers={"Cookie": f"vid={signed('ada')}"})
        assert response.status == 200
        return response.text

    return ask


def test_every_widget_is_well_formed(shop):
    """As an XML parser sees it; and beside the outermost elements, whose names no page has, there is no text:
    React would stumble over it."""
    shapes = set()
    for evil in ["good", *HOSTILE]:
        text = shop(evil)
        if evil != "\x01":  # which no XML can contain
            page = ElementTree.fromstring(text)
            slots = {place.get("id"): place for place in page.iter() if place.get("id") in NAMES}
            for name, place in slots.items():
                assert len(place) >= 1, name
                assert not (place.text or "").strip(), name
                assert not any((child.tail or "") for child in place), name
                tags = [child.tag.rsplit("}")[-1] for child in place]
                assert all("-" in tag or tag in ("link", "script") for tag in tags), (name, tags)
            shapes.add(tuple(element.tag for element in page.iter()
                             if element.tag.rsplit("}")[-1] not in ("a", "img")))
        assert "SECRET" not in text and "<!--#" not in text
        assert not re.search(r"(href|src|action)=\"\s*javascript:", text, re.I)
    # A link or picture may be missing where the address is no address.
    assert len(shapes) <= 3
