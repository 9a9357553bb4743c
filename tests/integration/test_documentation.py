"""What the code knows by name is in the README."""

import re

from harness.nginx import ROOT

README = (ROOT / "README.md").read_text()


def names(path, pattern):
    found = set(re.findall(pattern, (ROOT / path).read_text(), re.M))
    assert found, f"nothing in {path} looks like {pattern}"
    return found


def test_directives():
    directives = names("src/nginx/config/directives.cpp", r'ngx_string\("(personalize\w*)"\)')
    documented = set(re.findall(r"^### (personalize\w*)$", README, re.M))
    assert directives == documented


def test_statements_in_blocks():
    for word in names("src/nginx/config/blocks.cpp", r'ngx_string\("(\w+)"\)'):
        assert re.search(rf"\b{word}\b", README), word


def test_variables():
    for name in names("src/nginx/request/variables.cpp", r'ngx_string\("(personalize_\w+)"\)'):
        assert f"`${name}`" in README, name


def test_metrics_and_their_labels():
    metrics = README[README.index("## Metrics"):README.index("## Which responses")]
    for family in names("src/record/record.cpp", r'^    \{"(\w+)", "\w*", "'):
        assert f"`{family}`" in metrics, family
    for family, value in names("src/record/record.cpp", r'\{Counter::\w+, "(\w+)", "(\w+)"\}'):
        row = re.search(rf"^\| `{family}`.*$", metrics, re.M).group()
        assert f"`{value}`" in row, (family, value)


def test_widgets_and_their_fields():
    documented = README[README.index("## Widgets"):README.index("## Variables")]
    text = (ROOT / "src/widgets/widget.cpp").read_text()
    found = re.findall(r'\{"([a-z-]+)",\s*embedded\([^)]*\),\s*\{(.*?)\},\s*style_asset', text, re.S)
    assert len(found) == len(list((ROOT / "src/widgets").glob("*.html")))
    for widget, fields in found:
        row = re.search(rf"^\| `{widget}` \|.*$", documented, re.M).group()
        for field, options in re.findall(r'\{"(\w+)"([^}]*)\}', fields):
            assert f"`{field}{'*' if options.startswith(', true') else ''}`" in row, (widget, field)
