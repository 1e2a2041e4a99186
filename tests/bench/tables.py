# SPDX-License-Identifier: GPL-3.0-or-later
"""Markdown from the numbers: one table for each group of rows and metric."""
from harness import PEERS, TOOLS, median
from rows import GROUPS, METRICS, ROWS


def number(value):
    """Three digits that count, without exponents."""
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.1 or value <= 0 else f"{value:.3f}"


def cell(values, exact):
    if not values:
        return "-"
    text = number(median(values))
    if len(values) > 1 and not exact:
        text += f" ({number(min(values))} to {number(max(values))})"
    return text


def best_peer(tools, metric):
    """The best median of the peers, or None."""
    medians = [median(tools[t][metric]) for t in PEERS if tools.get(t, {}).get(metric)]
    if not medians:
        return None
    return max(medians) if METRICS[metric][2] else min(medians)


def ratios(tools, metric):
    """pollcat against the best peer and against the limit: above 1 is better than it. None where there is none."""
    ours, limit = (tools.get(t, {}).get(metric) for t in ("pollcat", "limit"))
    found = []
    for other in (best_peer(tools, metric), median(limit) if limit else None):
        if not ours or not other or other < 0 or median(ours) <= 0:
            found.append(None)
        elif METRICS[metric][2]:
            found.append(median(ours) / other)
        else:
            found.append(other / median(ours))
    return found


def cases_of(results, group, metric):
    """The (title, tools) of what was measured, in the order of the rows."""
    for row in ROWS:
        if row.group == group and metric in row.metrics and row.name in results:
            for case in row.cases:
                if str(case) in results[row.name]:
                    yield row.title.format(format(case, ",")), results[row.name][str(case)]


def table(results, group, metric):
    title, unit, more = METRICS[metric]
    found = list(cases_of(results, group, metric))
    if not found:
        return ""
    lines = [f"**{GROUPS[group]}: {title}, {unit}** ({'more' if more else 'less'} is better)", ""]
    columns = [t for t in TOOLS if any(t in tools for _, tools in found)]
    lines.append("| | " + " | ".join(columns) + " | to the best peer | to the limit |")
    lines.append("| --- |" + " --: |" * (len(columns) + 2))
    for name, tools in found:
        cells = [cell(tools.get(t, {}).get(metric), unit == "million") for t in columns]
        cells += [f"{r:.2f}" if r else "-" for r in ratios(tools, metric)]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def tables(results, group=None):
    parts = [table(results, g, metric) for g in ([group] if group else GROUPS) for metric in METRICS]
    return "\n".join(part for part in parts if part)


def behind(results):
    """What the goals are not met by: behind a peer, or below 0.9 of the limit."""
    for group in GROUPS:
        for metric in METRICS:
            for name, tools in cases_of(results, group, metric):
                name += ", a CPU for each end" if group == "spread" else ""
                peer, limit = ratios(tools, metric)
                if peer is not None and peer < 1:
                    yield f"{name}, {METRICS[metric][0]}: {peer:.2f} of the best peer"
                if limit is not None and limit < 0.9 and group != "startup":
                    yield f"{name}, {METRICS[metric][0]}: {limit:.2f} of the limit"
