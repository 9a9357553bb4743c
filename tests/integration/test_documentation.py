"""What the code knows by name is documented, links lead somewhere, and examples can be pasted."""

import re

import pytest

from harness.nginx import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
REFERENCE = ROOT / "docs" / "reference"


def page(name):
    return (REFERENCE / f"{name}.md").read_text()


def source(sign, folder="src"):
    """The text of the one source file in which the regular expression `sign` matches, wherever in
    that folder it is."""
    found = [text for path in sorted((ROOT / folder).rglob("*"))
             if path.suffix in (".cpp", ".h") and re.search(sign, text := path.read_text(), re.M)]
    assert len(found) == 1, f"{len(found)} files in {folder} have {sign}"
    return found[0]


def table(sign, folder="src"):
    """The part of a source file between a line with `sign` and the end of that statement."""
    text = source(sign, folder)
    begin = re.search(sign, text, re.M).end()
    return text[begin:text.index("\n};", begin)]


def names(text, pattern):
    found = re.findall(pattern, text, re.M)
    assert found, f"nothing looks like {pattern}"
    return found


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


# ---- Directives

CONTEXTS = {"m": "http", "s": "server", "l": "location", "NGX_HTTP_LIF_CONF": "if in location"}
HEADER = re.compile(r"^### (personalize\w*)\n\n```text\nSyntax:   (.*?)\nDefault:  (.*?)\n"
                    r"Context:  (.*?)\n```\n", re.M | re.S)


def documented_directives():
    found = {}
    for path in sorted(REFERENCE.glob("*.md")):
        for name, syntax, default, context in HEADER.findall(path.read_text()):
            assert name not in found, f"{name} is documented twice"
            found[name] = (syntax, default, context)
    return found


def commands():
    """Directive → contexts, as NGINX is told."""
    text = table(r"^ngx_command_t personalize_commands\[\] = \{$", "src/nginx")
    return {name: [CONTEXTS[word] for word in re.split(r"[\s|]+", flags) if word in CONTEXTS]
            for name, flags in names(text, r'ngx_string\("(personalize\w*)"\),\s*([^,]+),')}


def test_directives():
    documented = documented_directives()
    assert set(commands()) == set(documented)
    for name, contexts in commands().items():
        syntax, default, context = documented[name]
        assert context.split(", ") == contexts, name
        forms = re.split(r"\n {10}(?=\S)", syntax)
        assert all(form.startswith(name) and form[-1] in ";}" for form in forms), name
        assert default == "—" or default.startswith(name), name


def test_headings_of_directives_are_complete():
    """Each has the three lines, and is listed at the top of its page and in the index."""
    index = (ROOT / "docs" / "README.md").read_text()
    for path in sorted(REFERENCE.glob("*.md")):
        text = path.read_text()
        for name in re.findall(r"^#+ (personalize\w*)$", text, re.M):
            assert re.search(rf"^### {name}\n\n```text\nSyntax:", text, re.M), name
            assert f"[{name}](#{name})" in text, name
            assert f"[{name}](reference/{path.name}#{name})" in index, name


def test_defaults():
    """Those that the code has as a number or a word in one place."""
    documented = documented_directives()
    merge = source(r"^char\* merge_location_conf\([^;]*\{$")
    for member, name in (("enable", "personalize"),
                         ("before_upstream", "personalize_before_upstream")):
        assert re.search(rf"ngx_conf_merge_value\(\w+\.{member}, \w+\.{member}, 0\)", merge), name
        assert documented[name][1] == f"{name} off;"
    wait = r"default_wait\w*(?: = |\{)(\d+)"
    assert documented["personalize_wait"][1] == (
        f"personalize_wait {re.search(wait, source(wait))[1]}ms;")


def test_statements_in_blocks():
    """Of each kind of block, in the page about it."""
    places = {"in_segment": page("conditions"), "in_campaign": page("campaigns"),
              "in_experiment": section(page("experiments"), "personalize_experiment"),
              "in_holdout": section(page("experiments"), "personalize_holdout")}
    text = table(r"^ngx_command_t personalize_block_commands\[\] = \{$", "src/nginx")
    for word, flags in names(text, r'ngx_string\("(\w+)"\),\s*([^,]+),'):
        for context in places if "with_conditions" in flags else set(places) & set(
                re.split(r"[\s|]+", flags)):
            is_condition = word in ("when", "unless", "any", "all", "json")
            assert re.search(rf"`{word}\b", places[context]) or (
                is_condition and "conditions" in places[context]), (context, word)


def test_parameters():
    """Those by which a message lists what a directive takes."""
    documented = documented_directives()
    text = "".join(path.read_text() for path in (ROOT / "src").rglob("*.cpp"))
    for name in ("timeout", "connect_timeout", "connections", "user", "password", "password_file",
                 "db", "mode", "read", "sentinel_user", "sentinel_password_file", "tls", "ca",
                 "cert", "key", "server_name", "verify"):
        assert f"{name}=" in documented["personalize_redis"][0], name
    for directive, pattern in {
            "personalize_cache": r"\"(zone=NAME:SIZE (?:\w+= ?)+)\"",
            "personalize_limits": r"\"(token= (?:\w+= ?)+)\"",
            "personalize_redis": r"\"(timeout= (?:\w+= ?)+)\"",
            "personalize_visitor": r"known are (cookie=(?:.|\n)*?), or one"}.items():
        for parameter in names(re.search(pattern, text)[1], r"\b(\w+)="):
            assert re.search(rf"\b{parameter}=", documented[directive][0]), (directive, parameter)


# ---- Slots, pages

def test_placements():
    known = names(source(r"PlacementName placements\[\]"), r'\{"(\w+)", Placement::\w+\}')
    assert set(known) == first_cells(section(page("pages"), "Placements"))


def test_fields_of_pages():
    text = source(r"page_fields = \{$", "include")
    known = set(names(re.search(r"page_fields = \{(.*?)\};", text, re.S)[1], r'"(\w+)"'))
    assert known == first_cells(section(page("pages"), "personalize_page"))


# ---- Attributes, operators, filters

def test_attributes():
    text = source(r"root_names\[\] = \{$")
    roots = dict(names(text[text.index("root_names[] = {"):], r'\{Root::(\w+), "(\w+)"\}'))
    known = {f"{roots[root]}.{name}" for root, name in
             names(text, r'\{Root::(\w+), Field::\w+, "(\w+)"')}
    assert len(known) > 40
    documented = first_cells(page("attributes"))
    plain = {name.replace(".NAME", "") for name in documented}
    assert known <= plain, known - plain
    # Nothing is documented that is not there, and no root is left out.
    with_fields = {name.split(".")[0] for name in known}
    extra = {name for name in plain - known if name.split(".")[0] in with_fields}
    assert not extra, extra
    assert set(roots.values()) <= {name.split(".")[0] for name in documented}


def test_operators():
    known = names(table(r"Operator operators\[\] = \{$"), r'\{"([^"]+)", Operation::')
    documented = first_cells(section(page("conditions"), "Operators"))
    assert set(known) == {form.split()[0] for form in documented}


def test_filters():
    text = source(r"known_filters =$|known_filters\[\]|filter_table|Filter\w* filters\[\] = \{$",
                  "src/render")
    known = set(re.findall(r'name == "(\w+)"', text)) or set(names(text, r'^ +\{"(\w+)"'))
    documented = first_cells(section(page("templates"), "Filters"))
    assert known == {form.split()[0] for form in documented}


# ---- Widgets

def test_widgets_and_their_fields():
    text = source(r"std::vector<Widget> all = \{$")
    found = names(text, r'\{"([a-z-]+)",\s*embedded\([^)]*\),\s*\{((?:.|\n)*?)\},\s*style_asset')
    assert len(found) == len(list((ROOT / "src/widgets").glob("*.html")))
    for widget, fields in found:
        documented = {}
        for cell, row in rows(section(page("widgets"), widget)):
            documented.update({field: "| required |" in row for field in code_in(cell)})
        known = {field: options.startswith(", true")
                 for field, options in re.findall(r'\{"(\w+)"([^}]*)\}', fields)}
        assert known == documented, widget


# ---- Variables, metrics

def test_variables():
    documented = section(page("observing"), "Variables")
    for name in names(source(r'ngx_string\("personalize_visitor"\), write'),
                      r'ngx_string\("(personalize_\w+)"\)'):
        assert f"`${name}`" in documented, name


def test_metrics_and_their_labels():
    metrics = section(page("observing"), "Metrics")
    text = source(r"Family families\[\] = \{$", "src/record")
    for family in names(text, r'^    \{"(\w+)", "\w*",'):
        assert f"`{family}`" in metrics, family
    for family, value in names(text, r'\{Counter::\w+, "(\w+)", "(\w+)"\}'):
        row = re.search(rf"^\| `{family}`.*$", metrics, re.M).group()
        assert f"`{value}`" in row, (family, value)


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
    "personalize_segment vip": "personalize_segment vip { when profile.tier = gold; }",
    "personalize_segment staff": "personalize_segment staff { when cookie.staff = yes; }",
    "personalize_segment returning": "personalize_segment returning { unless visitor.new; }",
    "personalize_experiment new_shop": "personalize_experiment new_shop { variants old new; }",
    "personalize_features": "personalize_features features.json plan=cookie.plan;",
    "personalize_campaign": """
        personalize_campaign one { slot recommended; widget hello-bar; set text One; }
        personalize_campaign two { slot notice; widget hello-bar; set text Two; }""",
}
IN_SERVER = ("location", "proxy_", "personalize_page", "personalize_slot", "if")
CONDITIONS = ("when", "unless", "any", "all")


def surrounded(text, geo_database):
    """Where the piece of configuration can be pasted, with what it needs around it."""
    first = re.search(r"^\s*([a-z_]+)", re.sub(r"#.*", "", text), re.M)[1]
    if first in CONDITIONS:
        text = f"personalize_segment surroundings {{ {text} }}"
    around = "\n".join(line for name, line in SURROUNDINGS.items() if name not in text)
    around = around.replace("%(geo)s", str(geo_database))
    if first.startswith(IN_SERVER):
        return {"http": around, "server": text}
    return {"http": f"{around}\n{text}"}


@pytest.mark.parametrize("text", snippets())
def test_configuration_can_be_pasted(text, nginx, geo_database):
    assert not re.search(r"(?m)^[^#\"']*\$\{", text), "an argument with ${…} is quoted"
    for name in re.findall(r"fragments/[\w-]+\.html", text):
        nginx.file(name, '<p data-pz-campaign="newsletter">Here</p>\n')
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
