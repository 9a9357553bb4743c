"""What the measurement is for: the cost of a personal page beside others', with what it was before
pages had plans and what it is to be."""

import statistics
from dataclasses import dataclass


def ratio(over, under):
    """Of their costs, by round, for the machine may change its pace from one to the next."""
    return statistics.median(a / b for a, b in zip(over.cpu, under.cpu))


def difference(more, less):
    return statistics.median(a - b for a, b in zip(more.cpu, less.cpu))


@dataclass
class Figure:
    name: str
    first: str
    second: str
    before: str  # of the page of 60 KB, before pages had plans
    goal: str
    of: object = ratio
    size: int = 0  # the only one that it is about


FIGURES = [
    Figure("to a gzip client, ÷ NGINX with the page stored compressed",
           "gzip_slots", "gzip_stored", "26", "≤ 2"),
    Figure("to a gzip client, ÷ NGINX compressing the page",
           "gzip_slots", "gzip_bare", "2.5", "≤ 0.2"),
    Figure("to a gzip client, Lua ÷ ours", "gzip_lua", "gzip_slots", "0.65", "≥ 10"),
    Figure("plain, ÷ NGINX", "slots", "bare", "3.1–4.8", "≤ 1.6"),
    Figure("plain, no slot in the page, ÷ NGINX", "no_slot", "bare", "2.7–4.6", "≤ 1.15"),
    Figure("plain, Lua ÷ ours", "lua", "slots", "0.7", "≥ 2.5"),
    Figure("plain, Lua with profiles kept decoded ÷ ours", "lua_kept", "slots", "", ""),
    Figure("plain, 500 KB, ÷ NGINX", "slots", "bare", "", "≤ 1.15", size=500),
    Figure("profile from Redis on every request adds, µs", "redis", "slots", "5.5", "≤ 7",
           of=difference),
    Figure("plain, without plans, ÷ NGINX", "unplanned", "bare", "3.1–4.8", "≤ 3"),
]


def table(measured):
    """Of the figures, as Markdown. `measured` is {size of the page in KB: {key: variant}}."""
    lines = [["", *(f"{size} KB" for size in measured), "before", "goal"]]
    for figure in FIGURES:
        values = []
        for size, variants in measured.items():
            known = figure.first in variants and figure.second in variants
            if known and figure.size in (0, size):
                values.append(f"{figure.of(variants[figure.first], variants[figure.second]):.2f}")
            else:
                values.append("")
        if any(values):
            lines.append([figure.name, *values, figure.before, figure.goal])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    lines.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    return "\n".join("| " + " | ".join(
        [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))]
    ) + " |" for line in lines)
