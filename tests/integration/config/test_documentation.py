"""What the code knows by name is documented, links lead somewhere, and examples can be pasted."""

import re

import pytest

from harness.nginx import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
REFERENCE = ROOT / "docs" / "reference"


def page(name):
    return (REFERENCE / f"{name}.md").read_text()


def section(text, heading):
    """The text below a heading, up to the next one of its level."""
    begin = re.search(rf"^(#+) {re.escape(heading)}$", text, re.M)
    assert begin, f"no heading {heading}"
    end = re.search(rf"^#{{1,{len(begin[1])}}} ", text[begin.end():], re.M)
    return text[begin.end():begin.end() + end.start()] if end else text[begin.end():]


def rows(text):
    """The rows of tables that begin with code: (first cell, whole row)."""
    return [(line[2:].split(" | ", 1)[0], line)
            for line in text.splitlines() if line.startswith("| `")]


def code_in(text):
    """What is in backquotes."""
    return set(re.findall(r"`([^`]+)`", text))


def first_cells(text):
    """All code in the first cells of tables."""
    return set().union(*(code_in(cell) for cell, _ in rows(text)))


def source(sign, folder="src"):
    """The text of the one source file in which the regular expression `sign` matches, wherever in
    that folder it is."""
    found = [text for path in sorted((ROOT / folder).rglob("*"))
             if path.suffix in (".cpp", ".h") and re.search(sign, text := path.read_text(), re.M)]
    assert len(found) == 1, f"{len(found)} files in {folder} have {sign}"
    return found[0]


def names(text, pattern):
    found = re.findall(pattern, text, re.M)
    assert found, f"nothing looks like {pattern}"
    return found


# ---- What nginx -t knows. It lists what could have been meant where it refuses a word.

SITE = """
  personalize_redis unix:/run/redis.sock;
  personalize_visitor cookie=vid;
  personalize_session;
  personalize_source profile "key=profile:${visitor.id}";
"""


@pytest.fixture
def told(nginx):
    """told(text): what nginx -t says of text in the http block; with server=True, in a server."""

    def tell(text, server=False):
        nginx.configure(**({"http": SITE, "server": text} if server else {"http": SITE + text}))
        return re.sub(r" in /\S+:\d+$", "", nginx.check()[1], flags=re.M)

    return tell


def listed(output, before, pattern=r"[^\s,]+"):
    """The words of the list that follows `before` in the first line that has it."""
    line = re.search(rf"{before}(.*)", output)
    assert line, f"nothing after {before} in: {output}"
    return set(re.findall(pattern, line[1]))


# ---- Directives

HEADER = re.compile(r"^### (personalize\w*)\n\n```text\nSyntax:   (.*?)\nDefault:  (.*?)\n"
                    r"Context:  (.*?)\n```\n", re.M | re.S)
PLACES = {"http": "%s", "server": "server { %s }", "location": "server { location / { %s } }",
          "if in location": "server { location / { if ($arg_a) { %s } } }"}


def documented_directives():
    found = {}
    for path in sorted(REFERENCE.glob("*.md")):
        for name, syntax, default, context in HEADER.findall(path.read_text()):
            assert name not in found, f"{name} is documented twice"
            found[name] = (syntax, default, context)
    return found


def test_directives():
    """Each that NGINX is told of."""
    text = "".join(path.read_text() for path in (ROOT / "src/nginx/config").rglob("*.cpp"))
    known = set(re.findall(r'ngx_string\("(personalize\w*)"\)', text))
    documented = documented_directives()
    assert known == set(documented)
    for name, (syntax, default, _) in documented.items():
        forms = re.split(r"\n {10}(?=\S)", syntax)
        assert all(form.startswith(name) and form[-1] in ";}" for form in forms), name
        assert default == "—" or default.startswith(name), name


@pytest.mark.parametrize("place", PLACES)
def test_contexts(place, nginx):
    for name, (_, _, context) in documented_directives().items():
        nginx.configure(http=PLACES[place] % f"{name};")
        allowed = "is not allowed here" not in nginx.check()[1]
        assert allowed == (place in context.split(", ")), name


def test_headings_of_directives_are_complete():
    """Each has the three lines, and is listed at the top of its page and in the index."""
    index = (ROOT / "docs" / "README.md").read_text()
    for path in sorted(REFERENCE.glob("*.md")):
        text = path.read_text()
        for name in re.findall(r"^#+ (personalize\w*)$", text, re.M):
            assert re.search(rf"^### {name}\n\n```text\nSyntax:", text, re.M), name
            assert f"[{name}](#{name})" in text, name
            assert f"[{name}](reference/{path.name}#{name})" in index, name


@pytest.mark.parametrize("directive, text", [
    ("personalize_redis", "personalize_redis 127.0.0.1 nonsense=1;"),
    ("personalize_cache", "personalize_cache nonsense=1;"),
    ("personalize_source", 'personalize_source other "key=a" nonsense=1;'),
    ("personalize_visitor", "personalize_visitor cookie=vid nonsense=1;"),
    ("personalize_session", "personalize_session nonsense=1;"),
    ("personalize_preview", "personalize_preview nonsense=1;"),
    ("personalize_limits", "personalize_limits nonsense=1;"),
    ("personalize_plans", "personalize_plans nonsense=1;"),
    ("personalize_state", "personalize_state on nonsense=1;"),
    ("personalize_consent", "personalize_consent nonsense=1 { }"),
    ("personalize_events", "personalize_events stream=a nonsense=1;"),
    ("personalize_learn", "personalize_learn nonsense=1;"),
])
def test_parameters(directive, text, nginx):
    others = [line for line in SITE.splitlines()
              if not re.match(rf"\s*{directive}\b", line) or directive == "personalize_source"]
    nginx.configure(http="\n".join([*others, text]))
    known = listed(nginx.check()[1], "nonsense=1", r"\b(\w+)=")
    syntax = documented_directives()[directive][0]
    assert known == set(re.findall(r"\b(\w+)=", syntax))


STATEMENTS = {"segment": ("conditions", "Conditions"),
              "campaign": ("campaigns", "personalize_campaign"),
              "group": ("campaigns", "personalize_group"),
              "experiment": ("experiments", "personalize_experiment"),
              "recommend": ("recommendations", "personalize_recommend"),
              "widget": ("widgets", "personalize_widget"),
              "holdout": ("experiments", "personalize_holdout")}


@pytest.mark.parametrize("block", STATEMENTS)
def test_statements_in_blocks(block, told):
    text = source(r'ngx_string\("hash_by"\)', "src/nginx/config")
    name, heading = STATEMENTS[block]
    documented = page(name) if block == "campaign" else section(page(name), heading)
    for word in set(names(text, r'ngx_string\("(\w+)"\)')):
        output = told(f"personalize_{block} one {{ {word}; }}")
        if "is not allowed here" in output or "unknown directive" in output:
            continue
        is_condition = word in ("when", "unless", "any", "all", "element", "json")
        assert re.search(rf"`{word}\b", documented) or (
            is_condition and "onditions" in documented), word


# ---- Slots, pages

def test_placements(told):
    known = listed(told("personalize_slot a b nonsense;"), "it takes ", r"\b([a-z]+)\b(?=,| or| and)")
    assert known == first_cells(section(page("pages"), "Placements"))


def test_fields_of_pages(told):
    known = listed(told("location / { personalize_page nonsense=1; }", server=True),
                   "of the fields ")
    assert known == first_cells(section(page("pages"), "personalize_page"))


# ---- Attributes, operators, filters

def test_attributes(told):
    def ask(attribute):
        return told(f"personalize_segment one {{ when {attribute}; }}")

    roots = listed(ask("nonsense.a"), "one of ")
    assert {"visitor", "geo", "session"} <= roots
    documented = first_cells(page("attributes"))
    assert roots <= {name.split(".")[0] for name in documented}
    for root in roots:
        output = ask(f"{root}.nonsense")
        mine = {name.split(".")[1] for name in documented if name.startswith(f"{root}.")}
        if "has the fields" not in output:  # any name, or one that is declared
            assert mine & {"NAME", "KEY"}, root
        elif root == "page":
            assert mine == {"FIELD"}
        else:
            # What follows a field can be a name that the configuration chooses.
            whole = {re.sub(r"\.(NAME|FIELD)$", "", name.split(".", 1)[1])
                     for name in documented if name.startswith(f"{root}.")}
            assert listed(output, "has the fields ") == whole, root


def test_operators(told):
    known = listed(told("personalize_segment one { when cookie.a nonsense 1; }"),
                   "the operators are ", r"\S+")
    documented = first_cells(section(page("conditions"), "Operators"))
    assert known == {form.split()[0] for form in documented}


def test_filters(told):
    output = told('personalize_campaign one { slot a; widget hello-bar; '
                  'set text "{{cookie.a | nonsense}}"; }')
    known = {form.split()[0] for form in listed(output, "the filters are ", r"[^,\s][^,]*")}
    documented = first_cells(section(page("templates"), "Filters"))
    assert known == {form.split()[0] for form in documented}


# ---- Widgets

# What fields take that do not take any template.
LITERALS = {"deadline": '"daily 14:00"', "goal": "5", "value": "5", "min": "5", "icon": "gift",
            "type": "email", "form": "row"}


def test_widgets_and_their_fields(told):
    widgets = {path.stem for path in (ROOT / "src/widgets/markup").glob("*.html")}
    assert widgets == set(re.findall(r"^### ([a-z-]+)$", section(page("widgets"), "Widgets"), re.M))
    for widget in widgets:
        documented, instead = {}, set()
        for cell, row in rows(section(page("widgets"), widget)):
            documented.update({field: "| required |" in row for field in code_in(cell)})
            instead.update(code_in(cell) if "in place of all other fields" in row else ())
        campaign = f"personalize_campaign one {{ slot a; widget {widget}; %s }}"
        known = listed(told(campaign % "set nonsense a;"), "nonsense.*it has ")
        assert known == set(documented), widget
        for field, required in documented.items():
            others = "".join(f"set {other} {LITERALS.get(other, 'profile.a')};"
                             for other in documented if other != field and other not in instead)
            assert required == (f'needs the field "{field}"' in told(campaign % others)), field


# ---- Variables, metrics

def test_variables():
    documented = section(page("observing"), "Variables")
    for name in names(source(r'ngx_string\("personalize_wait_time"\)'),
                      r'ngx_string\("(personalize_\w+)"\)'):
        assert f"`${name}`" in documented, name


def test_metrics_and_their_labels():
    metrics = section(page("observing"), "Metrics")
    counters = (ROOT / "include/personalize/record/counters.def").read_text()
    family = None
    for kind, name, value in re.findall(r'^(FAMILY|COUNTER)\((\w+), "(\w*)"', counters, re.M):
        family = name if kind == "FAMILY" else family
        assert f"`{family}`" in metrics, family
        if kind == "COUNTER" and value:
            row = re.search(rf"^\| `{family}`.*$", metrics, re.M).group()
            assert f"`{value}`" in row, (family, value)


def test_labelled_metrics():
    metrics = section(page("observing"), "Metrics")
    text = (ROOT / "include/personalize/record/metrics.h").read_text()
    for name, labels in names(text, r'inline constexpr Metric \w+\{\s*"(\w+)",\s*"[^"]*",\s*\{([^}]*)\}'):
        row = re.search(rf"^\| `{name}`.*$", metrics, re.M).group()
        assert set(re.findall(r'"(\w+)"', labels)) <= code_in(row), name


def test_outcomes_of_lookups():
    text = source(r"^std::string_view to_string\(Lookup \w+\)")
    body = text[re.search(r"^std::string_view to_string\(Lookup \w+\)", text, re.M).start():]
    known = set(re.findall(r'return "(\w+)"', body[:body.index("\n}\n")])) - {"idle"}
    assert known == first_cells(section(page("observing"), "Outcomes of a look-up"))


# ---- Links and examples

def anchors(text):
    """The anchors that a Markdown page has, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text, flags=re.S), re.M)
    found = set()
    for heading in headings:
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links(path):
    text = path.read_text()
    prose = re.sub(r"`[^`\n]*`", "", re.sub(r"```.*?```", "", text, flags=re.S))
    links = re.findall(r"\]\(([^)\s]+)\)", prose) + re.findall(
        r"\[`[^`]*`\]\(([^)\s]+)\)", text)
    for link in links:
        if re.match(r"https?://", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), link
        assert ROOT in target.parents, link
        if anchor:
            assert anchor in anchors(target.read_text()), link


def test_files_that_are_named_exist():
    for path in PAGES:
        for name in re.findall(r"`((?:src|include|tests|scripts|docs)/[^`\s]*)`", path.read_text()):
            if "NAME" not in name and "FOLDER" not in name:
                assert list(ROOT.glob(name.rstrip("/"))), (path.name, name)


def test_every_page_and_example_can_be_found():
    linked = set()
    for path in PAGES:
        for link in re.findall(r"\]\(([^)\s#]+)", path.read_text()):
            linked.add((path.parent / link).resolve())
    for path in [*PAGES, *(ROOT / "conf-examples").glob("*.conf")]:
        assert path in linked or path == ROOT / "README.md", path


def snippets():
    """Every piece of configuration in the documentation: (page and line, text)."""
    found = []
    for path in PAGES:
        text = path.read_text()
        for match in re.finditer(r"```nginx\n(.*?)```", text, re.S):
            line = text.count("\n", 0, match.start()) + 2
            found.append(pytest.param(match[1], id=f"{path.relative_to(ROOT)}:{line}"))
    return found


# What pieces of configuration take for granted, used where they do not say it themselves.
SURROUNDINGS = {
    "personalize_redis": "personalize_redis unix:/run/redis.sock;",
    "personalize_visitor": "personalize_visitor cookie=vid issue=on;",
    "personalize_geoip": "personalize_geoip %(geo)s;",
    "personalize_session": "personalize_session;",
    "personalize_source profile": 'personalize_source profile "key=profile:${visitor.id}";',
    "personalize_source cart": 'personalize_source cart "key=cart:${visitor.id}";',
    "personalize_segment vip": "personalize_segment vip { when profile.tier = gold; }",
    "personalize_segment staff": "personalize_segment staff { when cookie.staff = yes; }",
    "personalize_segment returning": "personalize_segment returning { unless visitor.new; }",
    "personalize_experiment new_shop": "personalize_experiment new_shop { variants old new; }",
    "personalize_features": "personalize_features features.json plan=cookie.plan;",
    "proxy_cache_path": "proxy_cache_path pages keys_zone=pages:1m;",
    "personalize_campaign": """
        personalize_campaign one { slot recommended; widget hello-bar; set text One; }
        personalize_campaign two { slot notice; widget hello-bar; set text Two; }""",
}
IN_SERVER = ("location", "proxy_", "personalize_page", "personalize_slot", "if")
CONDITIONS = ("when", "unless", "any", "all", "element")


def surrounded(text, geo_database):
    """Where the piece of configuration can be pasted, with what it needs around it."""
    said = re.sub(r"#.*", "", text)
    first = re.search(r"^\s*([a-z_]+)", said, re.M)[1]
    if first in CONDITIONS:
        text = f"personalize_segment surroundings {{ {text} }}"
    around = "\n".join(line for name, line in SURROUNDINGS.items() if name not in said)
    around = around.replace("%(geo)s", str(geo_database))
    if first.startswith(IN_SERVER):
        return {"http": around, "server": text}
    return {"http": f"{around}\n{text}"}


def test_braces_in_arguments_are_quoted():
    """Tools that check configurations stop reading at a bare one."""
    examples = [path.read_text() for path in (ROOT / "conf-examples").rglob("*.conf")]
    for text in [*examples, *(snippet.values[0] for snippet in snippets())]:
        bare = re.search(r"^[^#\"'\n]*\$\{.*", text, re.M)
        assert not bare, bare[0]


@pytest.mark.parametrize("text", snippets())
def test_configuration_can_be_pasted(text, nginx, geo_database):
    for name in re.findall(r"fragments/[\w-]+\.(?:css|js)", text):
        nginx.file(name, "")
    for name in re.findall(r"fragments/[\w-]+\.html", text):
        nginx.file(name, '<p data-pz-campaign="newsletter">Here</p>\n')
    nginx.file("events.salt", "0123456789abcdef0123456789abcdef\n")
    nginx.file("features.json",
               (ROOT / "conf-examples" / "growthbook" / "features.json").read_text())
    text = re.sub(r"load_module [^;]*;", "", text)
    text = re.sub(r" tls=on ca=[^\s;]+", "", text)  # test_tls.py has certificates
    text = re.sub(r"\b(redis\.internal|new-shop|shop)\b(?=[:;])", "127.0.0.1", text)
    whole = re.search(r"^http \{\n(.*)^\}", text, re.M | re.S)
    if whole:
        nginx.configure(http=whole[1])
        nginx.config_file.write_text(re.sub(r"listen 8080;", "listen 127.0.0.1:1;",
                                            nginx.config_file.read_text()))
    elif text.strip():
        nginx.configure(**surrounded(text, geo_database))
    else:
        nginx.configure()
    code, output = nginx.check()
    assert code == 0, output
