#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes maps/spec/DOCUMENT/TABLE.csv from a folder of the source documents.

What can't be read or named is reported as FILE:LINE: TABLE/ROW: CELL: REASON, and nothing is
written. With --check nothing is written either: the tables are rebuilt elsewhere and the
differences from the present ones are shown.
"""

import argparse
import difflib
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

from spec_import.build import Builder  # noqa: E402  (found through the path set above)

SPEC = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "maps", "spec")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--docs", metavar="FOLDER", required=True, help="the source documents")
    parser.add_argument("--spec", metavar="DIR", default=os.path.relpath(SPEC),
                        help="roles.csv and the other hand-kept files (default: maps/spec)")
    parser.add_argument("--out", metavar="DIR", help="where the tables go (default: as --spec)")
    parser.add_argument("--check", action="store_true",
                        help="show how a rebuild would differ from --out; exit 1 if it does")
    arguments = parser.parse_args()
    arguments.out = arguments.out or arguments.spec
    return arguments


def write_all(tables, out):
    """Writes all tables beside the old ones first: a full disk leaves the old ones whole."""
    written = []
    try:
        for table, text in tables.items():
            path = os.path.join(out, f"{table}.csv")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            written.append((path + ".new", path))
            with open(path + ".new", "w", encoding="utf-8", newline="") as file:
                file.write(text)
        for new, path in written:
            os.replace(new, path)
    finally:
        for new, _ in written:
            if os.path.exists(new):
                os.remove(new)


def present_tables(folder):
    """{DOCUMENT/TABLE: text} of the tables that a folder holds."""
    found = {}
    for document in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        path = os.path.join(folder, document)
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else []:
            if name.endswith(".csv"):
                with open(os.path.join(path, name), encoding="utf-8", newline="") as file:
                    found[f"{document}/{name[:-len('.csv')]}"] = file.read()
    return found


def show_differences(tables, out):
    """Writes the tables elsewhere and compares files; returns how many differ."""
    with tempfile.TemporaryDirectory(prefix="import-spec-") as folder:
        write_all(tables, folder)
        new = present_tables(folder)
    old = present_tables(out)
    differ = 0
    for table in sorted(set(old) | set(new)):
        was, now = old.get(table), new.get(table)
        if was == now:
            continue
        differ += 1
        sys.stdout.writelines(difflib.unified_diff(
            (was or "").splitlines(keepends=True), (now or "").splitlines(keepends=True),
            "/dev/null" if was is None else os.path.join(out, f"{table}.csv"),
            "/dev/null" if now is None else f"rebuilt/{table}.csv"))
    return differ


def main():
    arguments = parse_arguments()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")
    builder = Builder(arguments.spec)
    try:
        tables = builder.build(arguments.docs)
        if builder.report.problems:
            for line in builder.report.lines():
                print(line, file=sys.stderr)
            print(f"import-spec: {len(builder.report.problems)} problems, nothing written",
                  file=sys.stderr)
            return 1
        if arguments.check:
            return 1 if show_differences(tables, arguments.out) else 0
        write_all(tables, arguments.out)
    except OSError as error:
        print(f"import-spec: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    print(f"import-spec: {len(tables)} tables, "
          f"{sum(text.count(chr(10)) - 1 for text in tables.values())} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
