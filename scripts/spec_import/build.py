# SPDX-License-Identifier: GPL-2.0-only
"""From a folder of documents to the text of every table's CSV."""

import csv
import io
import os
import re

from .documents import read_document
from .index import Index
from .reader import FIELDS, Reader
from .text import Unreadable, port_range, show

MAX_NOTE = 90
TRANSPORTS = ("tcp", "udp", "tcp+udp", "any")


class Report:
    """Everything that is wrong, to be shown in order of place."""

    def __init__(self):
        self.problems = set()

    def add(self, path, line, reason):
        """Line 0: the whole file."""
        self.problems.add((path, line, reason))

    def lines(self):
        return [f"{path}:{line}: {reason}" if line else f"{path}: {reason}"
                for path, line, reason in sorted(self.problems)]


class Builder:
    """Builds {table: CSV text} from a folder; valid only if the report stayed empty."""

    def __init__(self, spec):
        self.report = Report()
        self.index = Index(spec, self.report)
        self.overrides_path = self.index.path("overrides.csv")
        self.versions = {}      # table: [(version's name, file, {number: Row})]

    def build(self, folder):
        """{table: CSV text}; of no use unless the report is empty."""
        if self.report.problems:
            return {}
        for name in sorted(os.listdir(folder)):
            if not name.startswith("."):
                self.read_file(os.path.join(folder, name))
        rows = {}
        for table in self.index.tables:
            rows[table["table"]] = self.agree(table["table"])
        self.check_complete()
        notes = self.apply_overrides(rows)
        self.derive_services(rows, notes)
        self.check_read(rows)
        return {table: self.csv(numbers) for table, numbers in rows.items()}

    # --- documents ---

    def read_file(self, path):
        document = read_document(path, self.report)
        if document is None:
            return
        kind = self.recognise(document)
        if kind is None:
            return
        for language in range(document.languages):
            reader = Reader(self.index, self.report, document, language)
            version = document.name
            if document.languages > 1:
                version += f" (language {language + 1})"
            seen = set()
            for table in document.tables:
                name = reader.table_name(table, self.index.sections[kind])
                if name in seen:
                    self.report.add(document.name, table.line, f"{name}: a second such table")
                elif name:
                    seen.add(name)
                    self.versions.setdefault(name, []).append(
                        (version, document.name, table.line, reader.read(table, name)))
            for table in self.index.tables:
                if table["table"].split("/")[0] == kind and table["table"] not in seen:
                    self.report.add(document.name, 0, f"{version}: has no table {table['table']}")

    def recognise(self, document):
        """Which document a file is, by its asset id and a word of its front matter."""
        asset = document.fields.get("ms.assetid", "")
        found = [row["document"] for row in self.index.documents
                 if row["assetid"] == asset
                 and row["contains"] in document.fields.get(row["field"], "")]
        if len(found) != 1:
            self.report.add(document.name, 0, f'ms.assetid "{show(asset)}", title '
                            f'"{show(document.fields.get("title", ""))}": '
                            + (f"may be {' or '.join(found)}" if found else "not a known document"))
            return None
        return found[0]

    def check_complete(self):
        """A table without any version is missing; name the document once, if none of it came."""
        came = {table.split("/")[0] for table in self.versions}
        for document in self.index.documents:
            if document["document"] not in came:
                self.report.add(self.index.path("documents.csv"), document["line"],
                                f"{document['document']}: the folder has no such document")

    def agree(self, table):
        """The rows of the first version, after every other one was found to say the same."""
        versions = self.versions.get(table, [])
        if not versions:
            return {}
        first_name, _, _, first = versions[0]
        for name, file, line, rows in versions[1:]:
            for number in sorted(set(first) | set(rows)):
                if number not in rows or number not in first:
                    lacks = name if number not in rows else first_name
                    self.report.add(file, line, f"{table}/{number}: {lacks} has no such row, "
                                    f"{first_name if lacks is name else name} has")
                    continue
                self.compare(f"{table}/{number}", (first_name, first[number]),
                             (name, rows[number]), file)
        for number, row in first.items():
            row.file = versions[0][1]
        return first

    def compare(self, row_id, one, other, file):
        for field in FIELDS[1:]:
            said = [None if field in row.bad else row.fields[field] for _, row in (one, other)]
            if said[0] != said[1]:
                self.report.add(file, other[1].line, f"{row_id}: {field}: {other[0]} says "
                                f"{self.quote(said[1])}, {one[0]} {self.quote(said[0])}")

    @staticmethod
    def quote(value):
        return "nothing that can be read" if value is None else f'"{show(value)}"'

    # --- overrides and services ---

    def apply_overrides(self, rows):
        """Applies all but service (see derive_services), which it returns: {row id: override}."""
        services, seen = {}, set()
        for override in self.index.overrides:
            row_id, field = override["row"], override["field"]
            table, _, number = row_id.rpartition("/")
            number = int(number) if re.fullmatch("[1-9][0-9]*", number) else None
            row = rows.get(table, {}).get(number)
            problem = self.override_problem(override, row, (row_id, field) in seen)
            seen.add((row_id, field))
            if problem:
                self.report.add(self.overrides_path, override["line"],
                                f"{row_id}: {field}: {problem}")
            elif field == "service":
                services[row_id] = override
            else:
                self.change(row, override)
        return services

    def override_problem(self, override, row, again):
        field, value = override["field"], override["value"]
        if row is None:
            return "no such row"
        if field not in FIELDS[1:]:
            return "no such field"
        if again:
            return "overridden twice"
        if not override["reason"].strip():
            return "no reason"
        return self.value_problem(field, value)

    def change(self, row, override):
        field = override["field"]
        if field not in row.bad and row.fields[field] == override["value"]:
            self.report.add(self.overrides_path, override["line"],
                            f"{override['row']}: {field}: changes nothing")
        row.bad.pop(field, None)
        row.fields[field] = override["value"]

    def value_problem(self, field, value):
        """Why a field may not have the value, or None."""
        roles = self.index.roles
        if field == "role" and value not in roles:
            return f"{show(value)}: not a role"
        if field in ("source", "destination") and value != "any" and value not in roles:
            return f"{show(value)}: not a role"
        if field == "narrow_to" and not all(name in roles for name in value.split(";")):
            return f"{show(value)}: not a list of roles"
        if field == "service" and value not in self.index.services:
            return f"{show(value)}: not in services.csv"
        if field == "l4" and value not in TRANSPORTS:
            return f"{show(value)}: not {', '.join(TRANSPORTS)}"
        if field == "app" and not all(name in self.index.protocols for name in value.split("/")):
            return f"{show(value)}: not a list of protocols"
        if field in ("ports", "source_ports") and value != "any":
            try:
                for part in value.split(","):
                    port_range(part)
            except Unreadable as error:
                return str(error)
        if field == "note" and (len(value) > MAX_NOTE or not re.fullmatch(r"[ -~]+", value)):
            return f"not 1 to {MAX_NOTE} ASCII characters"
        return None

    def derive_services(self, rows, overrides):
        """A service that no cell names comes from the first of service-rules.csv that fits."""
        used = set()
        for table, numbers in rows.items():
            for number, row in numbers.items():
                if not row.fields["service"] and "service" not in row.bad:
                    rule = next((r for r in self.index.service_rules if self.fits(r, row)), None)
                    if rule:
                        used.add(rule["line"])
                        row.fields["service"] = rule["service"]
                    else:
                        row.bad["service"] = ("", "", "none is named, and no service rule fits")
                if f"{table}/{number}" in overrides:
                    self.change(row, overrides[f"{table}/{number}"])
        for rule in self.index.service_rules:
            if rule["line"] not in used:
                self.report.add(self.index.path("service-rules.csv"), rule["line"],
                                f"{rule['role']},{rule['app']},{rule['ports']}: fits no row")

    @staticmethod
    def fits(rule, row):
        return rule["role"] == row.fields["role"] and all(
            rule[field] in ("*", row.fields[field]) for field in ("app", "ports"))

    def check_read(self, rows):
        """Whatever still can't be read after the overrides; and that each row is whole."""
        for table, numbers in rows.items():
            for number, row in numbers.items():
                for field, (heading, text, reason) in row.bad.items():
                    cell = f'cell {heading} "{show(text)}": ' if heading else ""
                    self.report.add(row.file, row.line,
                                    f"{table}/{number}: {field}: {cell}{reason}")

    @staticmethod
    def csv(rows):
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(FIELDS)
        for number in sorted(rows):
            writer.writerow([number] + [rows[number].fields[field] for field in FIELDS[1:]])
        return out.getvalue()
