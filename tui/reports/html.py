"""Building blocks of a self-contained HTML page: style, tables, figures. Every text is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1c2128; --dim: #57606a; --paper: #ffffff; --rule: #d0d7de; --soft: #f3f5f7;
  --good: #1a7f8f; --defect: #c8332a; --mark: #9a6700; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #d6dde4; --dim: #8b949e; --paper: #0d1117; --rule: #30363d; --soft: #161b22;
    --good: #56b6c2; --defect: #f85149; --mark: #d29922; } }
@page { size: A4; margin: 14mm; }
@media print {
  :root { color-scheme: light; --ink: #000; --dim: #444; --paper: #fff; --rule: #bbb; --soft: #f6f6f6;
    --good: #1a7f8f; --defect: #c8332a; --mark: #9a6700; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  figure, tr, .card { break-inside: avoid; } h2, h3 { break-after: avoid; } }
body { margin: 0 auto; padding: 1.5rem; max-width: 46rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--rule); }
h3 { font-size: 1rem; margin: 1.3rem 0 .3rem; } p { margin: .4rem 0; } .dim { color: var(--dim); }
table { border-collapse: collapse; margin: .5rem 0; } th, td { padding: .15rem .8rem .15rem 0; text-align: left;
  vertical-align: top; overflow-wrap: anywhere; } th { font-weight: 600; color: var(--dim); white-space: nowrap; }
table.counts td { white-space: nowrap; }
table.counts th { white-space: normal; overflow-wrap: normal; text-align: right; }
table.counts th:first-child { text-align: left; }
tr + tr > * { border-top: 1px solid var(--rule); } td.number { text-align: right; font-variant-numeric: tabular-nums; }
pre { background: var(--soft); padding: .7rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere;
  font-size: 12px; }
.warning { border-left: 4px solid var(--defect); padding: .3rem .8rem; background: var(--soft); }
.cards { display: flex; flex-wrap: wrap; gap: 1rem; } figure { margin: .6rem 0; } .card { width: 344px; max-width: 100%;
  margin: 0; } .card img { max-width: 100%; border: 1px solid var(--rule); } figcaption { font-size: 13px;
  overflow-wrap: anywhere; }
svg { max-width: 100%; height: auto; } svg text { fill: var(--dim); font: 12px system-ui, sans-serif; }
svg .axis { stroke: var(--dim); fill: none; } svg .good { fill: var(--good); opacity: .75; }
svg .defect { fill: none; stroke: var(--defect); stroke-width: 1.6; }
svg .threshold { stroke: var(--mark); stroke-width: 2; stroke-dasharray: 6 3; fill: none; }
svg .curve { stroke: var(--good); stroke-width: 2; fill: none; } svg .even { stroke: var(--rule); fill: none; }
svg .point { fill: var(--mark); }
"""


def page(title: str, body: Iterable[str]) -> str:
    """Return the whole file. Its content security policy forbids loading anything from outside."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title><style>{STYLE}</style></head>\n<body>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def text(words: object) -> str:
    """Return the text escaped for HTML. Control characters and bytes of a file name that are not UTF-8 appear as
    Python escapes."""
    shown = "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in str(words))
    return escape(shown)


def heading(level: int, words: str) -> str:
    """Return a heading of level 1 to 6."""
    return f"<h{level}>{text(words)}</h{level}>"


def paragraph(words: str, kind: str = "") -> str:
    """Return a paragraph; `kind` is a class of `STYLE`, such as dim or warning."""
    return f'<p class="{kind}">{text(words)}</p>' if kind else f"<p>{text(words)}</p>"


def facts(rows: Iterable[tuple[str, object]]) -> str:
    """Return a table of names and values."""
    lines = "".join(f'<tr><th scope="row">{text(name)}</th><td>{text(value)}</td></tr>' for name, value in rows)
    return f"<table>{lines}</table>"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; numbers are aligned to the right."""
    top = "".join(f'<th scope="col">{text(name)}</th>' for name in head)
    lines = []
    for row in rows:
        cells = (f'<td class="number">{c}</td>' if isinstance(c, int) else f"<td>{text(c)}</td>" for c in row)
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f'<table class="counts"><tr>{top}</tr>{"".join(lines)}</table>'


def figure(drawing: str, caption: str = "") -> str:
    """Return a figure with a drawing of tui.reports.svg and its caption."""
    below = f"<figcaption>{text(caption)}</figcaption>" if caption else ""
    return f"<figure>{drawing}{below}</figure>"


def cards(pictures: Iterable[tuple[str, str, str]]) -> str:
    """Return pictures (data: address, alternative text, caption) side by side."""
    figures = "".join(
        f'<figure class="card"><img src="{escape(address)}" alt="{text(seen)}">'
        f"<figcaption>{text(below)}</figcaption></figure>"
        for address, seen, below in pictures
    )
    return f'<div class="cards">{figures}</div>'


def preformatted(words: str) -> str:
    """Return a text with its line breaks, in a fixed-width font."""
    return f"<pre>{text(words)}</pre>"
