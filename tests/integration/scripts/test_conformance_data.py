"""scripts/conformance-data: the folder of public suites, from made-up checkouts of their repositories."""

import json
import subprocess

import pytest

from harness.nginx import ROOT


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


@pytest.fixture
def checkouts(directory):
    """One of each repository, with what it has besides."""
    html = directory / "html5lib-tests"
    put(html / "tokenizer/test1.test", {"tests": []})
    put(html / "tokenizer/README.md", "the format")
    put(html / "tree-construction/tests1.dat", "#data\n")
    put(html / "tree-construction/mnstshlylh/math.dat", "#data\n")
    put(html / "tree-construction/scripted/ark.dat", "#data\n")
    put(html / "LICENSE", "MIT")
    growthbook = directory / "growthbook"
    put(growthbook / "packages/sdk-js/test/cases.json", {"specVersion": "0.7.1", "hash": []})
    put(growthbook / "LICENSE", "several")
    mustache = directory / "spec"
    for name in ("comments", "delimiters", "interpolation", "inverted", "partials", "sections",
                 "~lambdas"):
        put(mustache / f"specs/{name}.json", {"tests": [{"name": name}]})
    lol_html = directory / "lol-html"
    matching = lol_html / "tests/data/selector_matching"
    put(matching / "a-info.json",
        {"description": "", "src": "a.src.html", "selectors": {"b > i": "a.expected0.html",
                                                               "u": "a.expected1.html"}})
    put(matching / "a.src.html", "é<b><i>one</i><i><!--two--></i></b><i>")
    put(matching / "a.expected0.html",
        "é<b><!--[ELEMENT('b > i')]--><i><!--[TEXT('b > i')]-->one<!--[/TEXT('b > i')]--></i>"
        "<!--[/ELEMENT('b > i')]--><!--[ELEMENT('b > i')]--><i><!--[COMMENT('b > i')]--><!--two-->"
        "<!--[/COMMENT('b > i')]--></i><!--[/ELEMENT('b > i')]--></b><i>")
    put(matching / "a.expected1.html", "é<b><i>one</i><i><!--two--></i></b><i>")
    return {path.name: path for path in (html, growthbook, mustache, lol_html)}


def run(*arguments):
    done = subprocess.run([ROOT / "scripts/conformance-data", *arguments], text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_all_suites(directory, checkouts):
    to = directory / "conformance"
    code, told = run(f"--to={to}", *checkouts.values())
    assert code == 0 and told.endswith(f"{to} is complete\n")
    assert files(to) == [
        "growthbook/LICENSE", "growthbook/cases.json",
        "html/LICENSE", "html/test1.test", "html/tree/math.dat", "html/tree/tests1.dat",
        "mustache/comments.json", "mustache/delimiters.json", "mustache/interpolation.json",
        "mustache/inverted.json", "mustache/partials.json", "mustache/sections.json",
        "selectors/cases.json"]
    page = (checkouts["lol-html"] / "tests/data/selector_matching/a.src.html").read_text()
    assert json.loads((to / "selectors/cases.json").read_text()) == [
        {"id": "a", "selector": "b > i", "html": page, "starts": [5, 15]},
        {"id": "a", "selector": "u", "html": page, "starts": []}]
    assert page.encode()[5:8] == page.encode()[15:18] == b"<i>"


def test_one_suite_says_what_is_missing(directory, checkouts):
    to = directory / "conformance"
    code, told = run(f"--to={to}", checkouts["spec"])
    assert code == 0 and f"{to} is without html, growthbook, selectors" in told


def test_what_cannot_be_laid_out(directory, checkouts):
    (checkouts["html5lib-tests"] / "tree-construction").rename(directory / "gone")
    put(checkouts["lol-html"] / "tests/data/selector_matching/a.expected1.html", "another page")
    put(directory / "other/README.md", "another repository")
    code, told = run(f"--to={directory / 'conformance'}", *checkouts.values(), directory / "other")
    assert code == 1
    assert "later commits do not have it" in told
    assert "a.expected1.html is not a.src.html with comments" in told
    assert "other: not a checkout of a suite" in told
    assert "growthbook: the cases of specification 0.7.1" in told


def test_usage():
    code, told = run()
    assert code == 2 and "CHECKOUT" in told
