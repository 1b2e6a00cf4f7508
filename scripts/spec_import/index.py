# SPDX-License-Identifier: GPL-2.0-only
"""The hand-kept CSVs of maps/spec that say what the documents' names mean."""

import csv
import io
import os

from .text import key

SIDES = ("internet", "dmz-external", "dmz-internal", "lan")
KINDS = ("ports", "annotation")
WORDS = ("any", "defined-as", "and", "or", "no-authentication")


class Names:
    """A dictionary from a name, in any of its spellings, to what it means."""

    def __init__(self):
        self.meaning = {}

    def add(self, alias, meaning):
        """Returns the other meaning that the alias has already, or None."""
        other = self.meaning.setdefault(key(alias), meaning)
        return None if other == meaning else other

    def get(self, text):
        return self.meaning.get(key(text))


class Index:
    """Every hand-kept file but the tables themselves; errors go to the report."""

    def __init__(self, folder, report):
        self.folder = folder
        self.report = report
        self.roles, self.role_names = self.load_names(
            "roles.csv", ("name", "title", "side", "protected", "member_of", "stand_in", "aliases"),
            self.check_role)
        self.services, self.service_names = self.load_names("services.csv", ("name", "aliases"))
        self.columns, self.column_names = self.load_names("columns.csv", ("column", "headings"))
        self.protocols, self.protocol_names = self.load_names(
            "protocols.csv", ("name", "kind", "implies", "aliases"), self.check_protocol)
        self.words, self.word_names = self.load_names(
            "words.csv", ("word", "aliases"), self.check_word)
        self.tables = self.load("tables.csv", ("table", "kind", "title"))
        self.documents = self.load("documents.csv", ("document", "assetid", "field", "contains"))
        self.sections = self.load_sections()
        self.service_rules = self.load("service-rules.csv", ("role", "app", "ports", "service"))
        self.overrides = self.load("overrides.csv", ("row", "field", "value", "reason"))
        self.check_tables()
        self.check_service_rules()
        self.check_role_tree()

    def path(self, name):
        return os.path.join(self.folder, name)

    def load(self, name, columns):
        """Rows of one file as dicts, each with its line under `line`."""
        path = self.path(name)
        try:
            with open(path, encoding="utf-8", newline="") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError) as error:
            self.report.add(path, 0, f"cannot be read: {error}")
            return []
        reader = csv.reader(io.StringIO(text), strict=True)
        rows = []
        try:
            header = next(reader, [])
            if tuple(header) != tuple(columns):
                self.report.add(path, 1, f"the columns are not {','.join(columns)}")
                return []
            line = reader.line_num + 1
            for cells in reader:
                if len(cells) != len(header):
                    self.report.add(path, line, f"{len(cells)} cells, {len(header)} columns")
                else:
                    rows.append(dict(zip(header, cells), line=line))
                line = reader.line_num + 1
        except csv.Error as error:
            self.report.add(path, reader.line_num, str(error))
        return rows

    def load_names(self, name, columns, check=None):
        """A file of names: ({name: row}, Names over the names, titles and aliases).

        The name stands in the first column, its aliases in the last.
        """
        rows, names = {}, Names()
        first, aliases = columns[0], columns[-1]
        for row in self.load(name, columns):
            where = self.path(name), row["line"]
            if not row[first]:
                self.report.add(*where, f"no {first}")
                continue
            if row[first] in rows:
                self.report.add(*where, f"{row[first]}: stands twice")
            rows[row[first]] = row
            spellings = [row[first], row.get("title", "")] + row[aliases].split(";")
            for alias in (spelling for spelling in spellings if spelling.strip()):
                other = names.add(alias, row[first])
                if other:
                    self.report.add(*where, f"{alias}: names {other} already")
            if check:
                check(row, where)
        return rows, names

    def check_role(self, row, where):
        if row["side"] not in SIDES:
            self.report.add(*where, f"{row['side']}: not a side")
        if row["protected"] not in ("yes", "no"):
            self.report.add(*where, f"{row['protected']}: not yes or no")

    def check_role_tree(self):
        path = self.path("roles.csv")
        for name, row in self.roles.items():
            for field in ("member_of", "stand_in"):
                if row[field] and row[field] not in self.roles:
                    self.report.add(path, row["line"], f"{row[field]}: {field} is not a role")
            seen, up = {name}, row["member_of"]
            while up in self.roles:
                if up in seen:
                    self.report.add(path, row["line"], f"{name}: member of itself")
                    break
                seen.add(up)
                up = self.roles[up]["member_of"]

    def check_protocol(self, row, where):
        if row["kind"] not in ("transport", "security", "application"):
            self.report.add(*where, f"{row['kind']}: not a kind of protocol")
        if row["implies"] not in ("", "tcp", "udp"):
            self.report.add(*where, f"{row['implies']}: not a transport")

    def check_word(self, row, where):
        if row["word"] not in WORDS:
            self.report.add(*where, f"{row['word']}: not a word of the importer")

    def check_tables(self):
        path, seen = self.path("tables.csv"), set()
        known = {document["document"] for document in self.documents}
        for row in self.tables:
            if row["table"] in seen:
                self.report.add(path, row["line"], f"{row['table']}: stands twice")
            seen.add(row["table"])
            if row["kind"] not in KINDS:
                self.report.add(path, row["line"], f"{row['kind']}: not a kind of table")
            if row["table"].split("/")[0] not in known:
                self.report.add(path, row["line"], f"{row['table']}: not in documents.csv")
            if row["table"] not in self.sections_seen:
                self.report.add(path, row["line"], f"{row['table']}: not in sections.csv")
        for table in self.sections_seen - seen:
            self.report.add(self.path("sections.csv"), 0, f"{table}: not in tables.csv")

    def load_sections(self):
        """{document: Names from a heading to the table below it}"""
        sections, self.sections_seen = {}, set()
        for row in self.load("sections.csv", ("table", "headings")):
            self.sections_seen.add(row["table"])
            names = sections.setdefault(row["table"].split("/")[0], Names())
            for heading in row["headings"].split(";"):
                other = names.add(heading, row["table"])
                if other:
                    self.report.add(self.path("sections.csv"), row["line"],
                                    f"{heading}: heads {other} already")
        return sections

    def check_service_rules(self):
        path = self.path("service-rules.csv")
        for row in self.service_rules:
            if row["role"] not in self.roles:
                self.report.add(path, row["line"], f"{row['role']}: not a role")
            if row["service"] not in self.services:
                self.report.add(path, row["line"], f"{row['service']}: not in services.csv")

    def spellings(self, word):
        """Every spelling of one of the importer's own words, longest first."""
        row = self.words.get(word)
        if row is None:
            return []
        found = [word] + row["aliases"].split(";")
        return sorted((w.strip() for w in found if w.strip()), key=len, reverse=True)

    def is_word(self, text, word):
        return self.word_names.get(text) == word
