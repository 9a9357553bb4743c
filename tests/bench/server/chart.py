"""Draws what a request costs, as an SVG of bars that needs nothing else and suits a light and a dark
page."""

import statistics
from html import escape

import figures

# key of the variant: (what is drawn beside the bar, whose it is)
GROUPS = {
    "Clients that take gzip": {
        "gzip_stored": ("NGINX, page stored compressed", "shared"),
        "gzip_no_slot": ("this module, no slot in the page", "ours"),
        "gzip_slots": ("this module, 3 slots filled", "best"),
        "gzip_unplanned": ("… without plans", "ours"),
        "gzip_bare": ("NGINX, compressing the page", "shared"),
        "gzip_lua": ("Lua, 3 places filled", "lua"),
    },
    "Clients that take none": {
        "bare": ("NGINX", "shared"),
        "no_slot": ("this module, no slot in the page", "ours"),
        "slots": ("this module, 3 slots filled", "best"),
        "redis": ("… profile from Redis each time", "ours"),
        "unplanned": ("… without plans", "ours"),
        "lua": ("Lua, 3 places filled", "lua"),
        "lua_kept": ("… profiles kept decoded", "lua"),
    },
}
KEY = [("shared", "the same page for everybody"), ("best", "this module"),
       ("lua", "a Lua script, written for this page")]

STYLE = """
  .paper { fill: #fbfaf7 }
  .title { font-size: 19px; font-weight: 600; fill: #20382c }
  .group { font-size: 14px; font-weight: 600; fill: #6b675c }
  .say, .times { font-size: 13px; font-weight: 400; fill: #6b675c }
  .name { font-size: 14px; fill: #33332f }
  .value { font-size: 14px; font-weight: 600; fill: #33332f }
  .strong { font-weight: 700; fill: #a34a21 }
  .axis { stroke: #c9c4b8; stroke-width: 1.5 }
  .shared { fill: #bdb8ac } .ours { fill: #e6bda7 } .best { fill: #b4562a } .lua { fill: #8497ab }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #1a1d1b }
    .title { fill: #dfe9e2 }
    .group, .say, .times { fill: #a9a698 }
    .name, .value { fill: #e4e2da }
    .strong { fill: #f0a078 }
    .axis { stroke: #55544d }
    .shared { fill: #6d6b62 } .ours { fill: #85543b } .best { fill: #e5834f } .lua { fill: #5f7890 }
  }
"""

WIDTH, LEFT, BARS, LONGEST = 960, 32, 300, 490
ROW, BAR = 32, 18


def text(kind, x, y, words, more=""):
    return f'<text class="{kind}" x="{x:g}" y="{y:g}"{more}>{escape(words)}</text>'


def bars(rows, y, scale):
    """The rows [(words, whose, µs, times the first)]."""
    out = [f'<path class="axis" d="M{BARS} {y:g}v{ROW * len(rows)}"/>']
    for words, whose, cpu, times in rows:
        middle = y + ROW / 2
        length = max(cpu * scale, 1)
        strong = " strong" if whose == "best" else ""
        out += [
            text(f"name{strong}", LEFT, middle + 5, words),
            f'<rect class="{whose}" x="{BARS + 1}" y="{middle - BAR / 2:g}" width="{length:.1f}" '
            f'height="{BAR}" rx="2"/>',
            f'<text class="value{strong}" x="{BARS + length + 9:.1f}" y="{middle + 5:g}">'
            f'{cpu:.0f} µs<tspan class="times" dx="10">{times:.1f} ×</tspan></text>']
        y += ROW
    return out


def draw(variants, size, rounds):
    """The picture of the variants {key: with a list cpu}, µs a request by round."""
    groups = {}
    for title, known in GROUPS.items():
        shown = {key: variants[key] for key in known if key in variants}
        first = next(iter(shown.values()))
        groups[title] = [(*known[key], statistics.median(v.cpu), figures.ratio(v, first))
                         for key, v in shown.items()]
    scale = LONGEST / max(cpu for rows in groups.values() for _, _, cpu, _ in rows)

    out = [text("title", LEFT, 42, f"What a request for a page of {size} KB costs NGINX"),
           text("say", LEFT, 64, f"CPU time of the worker, medians of {rounds} rounds in which all "
                "take turns. × is by the first of the group.")]
    x = LEFT
    drawn = {whose for rows in groups.values() for _, whose, _, _ in rows}
    for whose, words in ((whose, words) for whose, words in KEY if whose in drawn):
        out += [f'<rect class="{whose}" x="{x:g}" y="81" width="12" height="12" rx="2"/>',
                text("say", x + 19, 92, words)]
        x += 19 + 7 * len(words) + 24
    y = 112
    for title, rows in groups.items():
        out += [text("group", LEFT, y + 16, title), *bars(rows, y + 26, scale)]
        y += 26 + ROW * len(rows) + 18
    said = ". ".join(f"{title}: " + "; ".join(f"{words}: {cpu:.0f} µs" for words, _, cpu, _ in rows)
                     for title, rows in groups.items())
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 6}" role="img" \
aria-labelledby="t d" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', \
'DejaVu Sans', sans-serif">
<title id="t">CPU time of a request for a page of {size} KB</title>
<desc id="d">{escape(said)}.</desc>
<style>{STYLE}</style>
<rect class="paper" width="{WIDTH}" height="{y + 6}" rx="10"/>
""" + "\n".join(out) + "\n</svg>\n"
