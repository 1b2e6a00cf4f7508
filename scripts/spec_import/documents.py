# SPDX-License-Identifier: GPL-2.0-only
"""A document's front matter, headings and tables, whether Markdown, HTML or HTML in Markdown.

A bilingual page holds each sentence twice, its translation in a span of class `sxs-lookup`;
every text here is therefore a tuple with one entry for each language of its document.
"""

import os
import re
from html import unescape
from html.parser import HTMLParser

from .text import normalise, show

MAX_BYTES = 8 << 20
TRANSLATION = "sxs-lookup"
BREAKS = ("p", "br", "li", "div")
BLOCK = re.compile(r"<table\b.*?</table\s*>|<h([1-6])\b.*?</h\1\s*>", re.I | re.S)
DELIMITER = re.compile(r"^ {0,3}\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")
FENCE = re.compile(r"^ {0,3}(```|~~~).*?^ {0,3}\1[^\n]*$", re.M | re.S)


class Cell:
    """One cell: its line and its text in each language."""

    def __init__(self, line):
        self.line = line
        self.parts = []         # (language or None for all of them, text)

    def texts(self, languages):
        found = []
        for language in range(languages):
            text = "".join(t for which, t in self.parts if which is None or which == language)
            found.append(normalise(unmark(text)))
        return tuple(found)


class Table:
    def __init__(self, line, caption):
        self.line = line
        self.caption = caption  # a Cell or None: the table's own, else the heading above it
        self.header = []
        self.rows = []          # lists of Cells


class Document:
    """One file: .fields of its front matter, .tables, .languages (1 or 2)."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)
        self.fields = {}
        self.tables = []
        self.languages = 1


def unmark(text):
    """Markdown's own marks inside a cell: emphasis, links, escapes."""
    text = re.sub(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"\2", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"\\([\\`*_{}\[\]()#+\-.!|<>])", r"\1", text)


class CellParser(HTMLParser):
    """Text of cells, with the language each piece stands in. Also parses whole tables."""

    def __init__(self, report, path, line):
        super().__init__(convert_charrefs=True)
        self.report, self.path, self.first = report, path, line
        self.rows, self.heads = [], []
        self.row = self.cell = self.caption = None
        self.spans = []
        self.tables = self.hidden = 0
        self.bilingual = False

    def line(self):
        return self.first + self.getpos()[0] - 1

    def bad(self, reason):
        self.report.add(self.path, self.line(), reason)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "table":
            self.tables += 1
            if self.tables > 1:
                self.bad("a table within a table")
        elif tag == "tr":
            self.row = []
            self.rows.append(self.row)
            self.heads.append(True)
            self.cell, self.spans = None, []
        elif tag in ("td", "th"):
            self.start_cell(tag, attrs)
        elif tag == "caption":
            self.cell = self.caption = Cell(self.line())
        elif tag == "span":
            self.spans.append(attrs)
            if TRANSLATION in (attrs.get("class") or "").split():
                self.bilingual = True
        elif tag in ("script", "style"):
            self.hidden += 1
        elif tag in BREAKS and self.cell:
            self.cell.parts.append((None, "\n"))

    def start_cell(self, tag, attrs):
        if self.row is None:
            self.bad("a cell outside a row")
            self.row = []
        for span in ("rowspan", "colspan"):
            if (attrs.get(span) or "1").strip() != "1":
                self.bad(f"{span}={show(attrs[span] or '')}: a cell over several rows or columns")
        self.cell, self.spans = Cell(self.line()), []
        self.row.append(self.cell)
        if tag == "td":
            self.heads[-1] = False

    def handle_startendtag(self, tag, attrs):
        if tag in BREAKS:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        if tag == "span" and self.spans:
            self.spans.pop()
        elif tag in ("td", "th", "tr", "caption"):
            self.cell, self.spans = None, []
        elif tag in ("script", "style"):
            self.hidden = max(0, self.hidden - 1)
        elif tag in ("p", "div", "li") and self.cell:
            self.cell.parts.append((None, "\n"))

    def handle_data(self, data):
        if self.hidden:
            return
        # In the source a line end is white space; only <p>, <br> and <li> divide lines.
        data = data.replace("\n", " ")
        if self.cell is None:
            if self.tables and data.strip():
                self.bad(f'"{show(data)}": text of the table outside its cells')
            return
        language = None
        if any(TRANSLATION in (s.get("class") or "").split() for s in self.spans):
            language = 1
        elif any("data-ttu-id" in s for s in self.spans):
            language = 0
        self.cell.parts.append((language, data))


def parse_fragment(text, line, report, path):
    """One Markdown cell or heading, which may hold HTML: (Cell, is it bilingual)."""
    parser = CellParser(report, path, line)
    parser.cell = cell = Cell(line)
    parser.feed(text)
    parser.close()
    return cell, parser.bilingual


def split_pipes(line):
    """The cells of one line of a Markdown table."""
    line = line.strip()
    line = line[1:] if line.startswith("|") else line
    line = line[:-1] if re.search(r"(?<!\\)\|$", line) else line
    return re.split(r"(?<!\\)\|", line)


class BodyParser:
    """Finds headings and tables in order of place."""

    def __init__(self, document, report):
        self.document, self.report = document, report
        self.caption = None

    def heading(self, text, line):
        cell, bilingual = parse_fragment(text, line, self.report, self.document.name)
        self.caption = cell
        if bilingual:
            self.document.languages = 2

    def parse(self, body, line):
        place = 0
        for block in BLOCK.finditer(body):
            self.markdown(body[place:block.start()], line + body.count("\n", 0, place))
            start = line + body.count("\n", 0, block.start())
            if block.group(1):
                self.heading(block.group(0), start)
            else:
                self.html_table(block.group(0), start)
            place = block.end()
        self.markdown(body[place:], line + body.count("\n", 0, place))

    def html_table(self, text, line):
        parser = CellParser(self.report, self.document.name, line)
        parser.feed(text)
        parser.close()
        if parser.bilingual:
            self.document.languages = 2
        table = Table(line, parser.caption or self.caption)
        # The first row heads the table, marked so or not.
        for number, (row, head) in enumerate(zip(parser.rows, parser.heads)):
            if number == 0:
                table.header = row
            else:
                if head and row:
                    self.report.add(self.document.name, row[0].line, "a second row of headings")
                table.rows.append(row)
        self.document.tables.append(table)

    def markdown(self, text, first):
        lines = text.split("\n")
        number = 0
        while number < len(lines):
            line, here = lines[number], first + number
            if re.search(r"</?(table|tr|td|th)\b", line, re.I):
                self.report.add(self.document.name, here, "a table's tag outside a whole table")
            after = lines[number + 1] if number + 1 < len(lines) else ""
            if "|" in line and "|" in after and DELIMITER.match(after):
                number = self.pipe_table(lines, number, first)
                continue
            mark = re.match(r"^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$", line)
            bold = re.fullmatch(r"\s*(?:<[^>]+>\s*)*\*\*([^*]+)\*\*(?:\s*<[^>]+>)*\s*", line)
            if mark:
                self.heading(mark.group(1), here)
            elif bold:
                self.heading(line, here)
            number += 1

    def pipe_table(self, lines, number, first):
        """Reads one table from lines[number]; returns the number of the line after it."""
        table = Table(first + number, self.caption)
        table.header = self.pipe_row(lines[number], first + number)
        number += 2
        while number < len(lines) and lines[number].strip():
            if "|" not in lines[number]:
                self.report.add(self.document.name, first + number,
                                f'"{show(lines[number])}": a line of the table without cells')
            else:
                table.rows.append(self.pipe_row(lines[number], first + number))
            number += 1
        self.document.tables.append(table)
        return number

    def pipe_row(self, line, here):
        cells = []
        for text in split_pipes(line):
            cell, bilingual = parse_fragment(text, here, self.report, self.document.name)
            cells.append(cell)
            if bilingual:
                self.document.languages = 2
        return cells


def front_matter(text, document):
    """Fills document.fields; returns (body, line of its first line)."""
    match = re.match(r"---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)", text, re.S)
    if match:
        for line in match.group(1).split("\n"):
            name, colon, value = line.partition(":")
            # `ms:assetid: value` is the older spelling of `ms.assetid: value`.
            if name == "ms" and colon:
                rest, colon, value = value.partition(":")
                name = f"ms.{rest}"
            if colon and name and not name[0].isspace():
                document.fields[name.strip()] = value.strip().strip("'\"")
        return text[match.end():], text.count("\n", 0, match.end()) + 1
    for tag in re.findall(r"<meta\b[^>]*>", text, re.I):
        name = re.search(r"\bname\s*=\s*[\"']([^\"']*)", tag, re.I)
        content = re.search(r"\bcontent\s*=\s*[\"']([^\"']*)", tag, re.I)
        if name and content:
            document.fields[name.group(1).replace(":", ".")] = unescape(content.group(1))
    title = re.search(r"<title\b[^>]*>(.*?)</title", text, re.I | re.S)
    if title:
        document.fields["title"] = unescape(title.group(1)).strip()
    return text, 1


def read_document(path, report):
    """One file to a Document, or None after reporting why not."""
    name = os.path.basename(path)
    if not os.path.isfile(path):
        report.add(name, 0, "not a regular file")
        return None
    try:
        with open(path, "rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        report.add(name, 0, f"cannot be read: {error.strerror}")
        return None
    if len(raw) > MAX_BYTES:
        report.add(name, 0, f"larger than {MAX_BYTES >> 20} MiB")
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        report.add(name, raw.count(b"\n", 0, error.start) + 1, "not UTF-8")
        return None
    if "\0" in text:
        report.add(name, text.count("\n", 0, text.index("\0")) + 1, "a NUL character")
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    document = Document(path)
    body, line = front_matter(text, document)
    for hidden in (re.compile(r"<!--.*?-->", re.S), FENCE):
        body = hidden.sub(lambda match: "\n" * match.group(0).count("\n"), body)
    BodyParser(document, report).parse(body, line)
    return document
