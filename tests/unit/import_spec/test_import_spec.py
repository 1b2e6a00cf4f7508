# SPDX-License-Identifier: GPL-2.0-only
"""Tests of scripts/import-spec.py: small documents, one a trap, and the tables as committed.

Run: python3 -m unittest tests/unit/import_spec/test_import_spec.py
"""

import csv
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
IMPORTER = os.path.join(ROOT, "scripts", "import-spec.py")
SPEC = os.path.join(ROOT, "maps", "spec")
FIXTURES = os.path.join(ROOT, "tests", "fixtures", "spec-docs")
HEADER = "row,role,service,app,l4,source_ports,ports,source,destination,narrow_to,note".split(",")

# The fixtures' own documents: table, kind, headings that it stands under.
TABLES = {
    "server": ("server/ports", "ports", "Server ports;示例端口"),
    "edge": ("edge/ports", "ports", "Edge ports"),
    "clients": ("clients/ports", "ports", "Client ports"),
    "ipsec": ("ipsec/exceptions", "annotation", "Exceptions"),
}
RULES = {   # service rules for the tables that name no service, by the roles of the fixture
    "edge": ("access-edge", "av-edge", "xmpp-proxy", "edge-internal", "director"),
    "clients": ("clients", "ip-phones"),
    "ipsec": ("exchange-um", "clients"),
}


def read_csv(text):
    return list(csv.DictReader(io.StringIO(text)))


def fixture(name):
    with open(os.path.join(FIXTURES, name), "rb") as file:
        return file.read()


class ImporterCase(unittest.TestCase):
    """A folder of documents and a spec folder of the test's own, with the real names."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="test-import-spec-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.docs = os.path.join(self.folder, "docs")
        self.spec = os.path.join(self.folder, "spec")
        os.mkdir(self.docs)
        os.mkdir(self.spec)
        for name in ("roles", "services", "columns", "protocols", "words"):
            shutil.copy(os.path.join(SPEC, f"{name}.csv"), self.spec)
        self.write_csv("overrides.csv", "row,field,value,reason", [])

    def write_csv(self, name, header, rows):
        with open(os.path.join(self.spec, name), "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header.split(","))
            writer.writerows(rows)

    def put(self, content, name="a.md"):
        with open(os.path.join(self.docs, name), "wb") as file:
            file.write(content)

    def index(self, kind, roles):
        table, annotation, headings = TABLES[kind]
        self.write_csv("tables.csv", "table,kind,title", [(table, annotation, "Example")])
        self.write_csv("documents.csv", "document,assetid,field,contains",
                       [(kind, f"example-{kind}", "title", "Example")])
        self.write_csv("sections.csv", "table,headings", [(table, headings)])
        self.write_csv("service-rules.csv", "role,app,ports,service",
                       [(role, "*", "*", "A/V Edge service") for role in roles])

    def override(self, *rows):
        self.write_csv("overrides.csv", "row,field,value,reason",
                       [row if len(row) == 4 else (*row, "a reason") for row in rows])

    def run_importer(self, *arguments):
        return subprocess.run(
            [sys.executable, IMPORTER, "--docs", self.docs, "--spec", self.spec, *arguments],
            capture_output=True, text=True, check=False, timeout=60)

    def written(self):
        return sorted(os.path.join(os.path.relpath(path, self.spec), name)
                      for path, _, names in os.walk(self.spec) if path != self.spec
                      for name in names)

    def rows(self, kind, *names, roles=()):
        """Imports fixtures, expects success, returns the rows of the kind's table."""
        for name in names:
            self.put(fixture(name), name)
        return self.imported(kind, roles)

    def imported(self, kind, roles=()):
        self.index(kind, roles)
        done = self.run_importer()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with open(os.path.join(self.spec, f"{TABLES[kind][0]}.csv"), encoding="utf-8",
                  newline="") as file:
            text = file.read()
        self.assertNotIn("\r", text)
        self.assertTrue(text.startswith(",".join(HEADER) + "\n"))
        return read_csv(text)

    def refused(self, kind, *names, roles=(), lines=None):
        """Imports fixtures, expects exit 1, nothing written, and each of `lines` as a message."""
        for name in names:
            self.put(fixture(name), name)
        self.index(kind, roles)
        done = self.run_importer()
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        self.assertEqual(self.written(), [])
        messages = done.stderr.splitlines()
        self.assertEqual(messages[-1],
                         f"import-spec: {len(messages) - 1} problems, nothing written")
        if lines is not None:
            self.assertEqual(len(messages) - 1, len(lines), done.stderr)
            for line, message in zip(lines, messages):
                self.assertRegex(message, line)
        return messages[:-1]

    @staticmethod
    def pick(rows, *fields):
        return [tuple(row[field] for field in fields) for row in rows]


class Reading(ImporterCase):
    """Traps that must be read rightly."""

    def test_plain_row(self):
        rows = self.rows("server", "plain.md")
        self.assertEqual(rows[0], dict(zip(HEADER, (
            "1", "front-end", "Front-End service", "TLS", "tcp", "any", "5061", "any", "front-end",
            "", ""))))

    def test_transport_implied_by_the_application(self):
        rows = self.rows("server", "implied-transport.html")
        self.assertEqual(self.pick(rows, "l4", "app", "ports"), [
            ("tcp", "HTTP", "80"), ("tcp", "HTTPS", "443"), ("tcp", "HTTPS", "444"),
            ("tcp", "RPC", "135"), ("tcp", "SMB", "445")])

    def test_several_names_of_one_role(self):
        rows = self.rows("server", "several-names.md")
        self.assertEqual([row["role"] for row in rows], ["director"] * 3 + ["mediation"] * 3)

    def test_repeated_rows_are_kept(self):
        rows = self.rows("server", "repeated-rows.md")
        self.assertEqual(self.pick(rows, "row", "ports", "l4"), [
            ("1", "5070", "tcp"), ("2", "1434", "udp"), ("3", "5070", "tcp"), ("4", "1434", "udp")])

    def test_blank_row_keeps_its_number(self):
        self.assertIn("\u00a0", fixture("blank-row.html").decode())
        rows = self.rows("server", "blank-row.html")
        self.assertEqual(self.pick(rows, "row", "ports"), [("1", "80"), ("3", "443")])

    def test_last_row_without_newline(self):
        self.assertFalse(fixture("no-final-newline.md").endswith(b"\n"))
        rows = self.rows("ipsec", "no-final-newline.md", roles=RULES["ipsec"])
        self.assertEqual(self.pick(rows, "role", "source", "destination", "l4", "source_ports",
                                   "ports"), [
            ("exchange-um", "any", "exchange-um", "tcp+udp", "any", "any"),
            ("clients", "any", "any", "udp", "1024-65535", "any")])

    def test_no_break_spaces(self):
        self.assertEqual(fixture("no-break-space.html").decode().count("\u00a0"), 3)
        rows = self.rows("edge", "no-break-space.html", roles=("access-edge",))
        self.assertEqual(self.pick(rows, "role", "source", "destination", "app"), [
            ("access-edge", "any", "access-edge", "SIP/TLS"),
            ("access-edge", "access-edge", "any", "SIP/MTLS")])

    def test_thousands_separators(self):
        rows = self.rows("edge", "thousands.html", roles=("av-edge",))
        self.assertEqual(self.pick(rows, "l4", "ports", "app"), [("udp", "50000-59999", "RTP")])

    def test_slash_inside_a_name(self):
        rows = self.rows("edge", "slash-in-name.html", roles=("av-edge", "xmpp-proxy"))
        self.assertEqual(self.pick(rows, "role", "app", "l4", "ports", "destination"), [
            ("av-edge", "RTP", "tcp", "443", "av-edge"),
            ("xmpp-proxy", "XMPP", "tcp", "5269", "xmpp-proxy")])

    def test_ideographic_comma(self):
        rows = self.rows("edge", "ideographic-comma.html", roles=("av-edge",))
        self.assertEqual(self.pick(rows, "app", "l4", "ports"), [("STUN/MSTURN", "udp", "3478")])

    def test_port_after_space_or_slash(self):
        rows = self.rows("edge", "space-before-port.html", roles=("director", "edge-internal"))
        self.assertEqual(self.pick(rows, "role", "app", "ports", "source", "destination"), [
            ("director", "HTTP", "8080", "reverse-proxy", "director"),
            ("edge-internal", "MTLS", "50001", "any", "edge-internal"),
            ("edge-internal", "SIP/MTLS", "5061", "edge-internal", "any")])

    def test_any_that_may_be_defined_as(self):
        rows = self.rows("edge", "defined-as.html", roles=("edge-internal",))
        self.assertEqual(self.pick(rows, "source", "narrow_to"), [
            ("any", "director;director-hlb;front-end;front-end-hlb"),
            ("any", "front-end;front-end-cms")])

    def test_any_that_names_a_role_twice(self):
        rows = self.rows("edge", "defined-as-twice.html", roles=("edge-internal",))
        self.assertEqual(self.pick(rows, "source", "narrow_to"),
                         [("any", "front-end;front-end-hlb")])

    def test_footnote_star(self):
        rows = self.rows("clients", "footnote-star.md", roles=("clients",))
        self.assertEqual(self.pick(rows, "ports", "l4", "source", "destination"), [
            ("1024-65535", "tcp+udp", "any", "clients"), ("6891-6901", "tcp", "any", "clients")])

    def test_two_ports_of_dhcp(self):
        rows = self.rows("clients", "two-ports.md", roles=("clients",))
        self.assertEqual(self.pick(rows, "app", "l4", "source_ports", "ports", "source",
                                   "destination"), [
            ("DHCP", "udp", "67,68", "67,68", "clients", "any"),
            ("PSOM/TLS", "tcp", "any", "443", "clients", "any")])

    def test_cell_that_lists_one_role(self):
        rows = self.rows("clients", "list-cell.html", roles=("ip-phones",))
        self.assertEqual(self.pick(rows, "role", "source"), [("ip-phones", "ip-phones")])

    def test_remark_after_the_transport(self):
        rows = self.rows("server", "remark.md")
        self.assertEqual(self.pick(rows, "l4", "app"), [("tcp", ""), ("tcp", "")])

    def test_joined_protocols(self):
        rows = self.rows("server", "joined-protocols.md")
        self.assertEqual(self.pick(rows, "l4", "app", "ports"), [
            ("tcp", "TLS/MTLS", "881"), ("tcp", "HTTP", "8080"), ("tcp+udp", "", "5000-5001")])

    def test_blank_cells_by_rule_and_override(self):
        self.override(("server/ports/1", "l4", "tcp"), ("server/ports/1", "app", "HTTPS"))
        rows = self.rows("server", "blank-cells.md", roles=("office-web-apps",))
        self.assertEqual(self.pick(rows, "service", "l4", "app"),
                         [("A/V Edge service", "tcp", "HTTPS")])

    def test_tables_in_comments_and_code_are_none(self):
        rows = self.rows("server", "hidden-tables.md")
        self.assertEqual([row["ports"] for row in rows], ["5061"])

    def test_whole_html_page(self):
        rows = self.rows("server", "whole-page.html")
        self.assertEqual(self.pick(rows, "row", "role", "l4", "ports"),
                         [("1", "front-end", "tcp", "5061")])

    def test_bilingual_cells(self):
        rows = self.rows("server", "bilingual.md")
        self.assertEqual(self.pick(rows, "role", "service", "app", "l4", "ports"), [
            ("front-end", "Front-End service", "HTTPS", "tcp", "444"),
            ("front-end", "Front-End service", "", "tcp+udp", "1024-65535")])

    def test_two_versions_that_agree(self):
        rows = self.rows("server", "version-one.html", "version-two.md")
        self.assertEqual(self.pick(rows, "role", "ports"),
                         [("front-end", "5061"), ("mediation", "5067")])

    def test_byte_order_mark_and_line_ends(self):
        expected = self.rows("server", "plain.md")
        for name in ("plain.md", "implied-transport.html"):
            plain = fixture(name)
            self.assertNotIn(b"\r", plain)
            os.remove(os.path.join(self.docs, os.listdir(self.docs)[0]))
            self.put(plain)
            expected = self.imported("server")
            mark, windows = b"\xef\xbb\xbf", plain.replace(b"\n", b"\r\n")
            for variant in (windows, plain.replace(b"\n", b"\r"), mark + plain, mark + windows):
                self.put(variant)
                self.assertEqual(self.imported("server"), expected)


class Refusing(ImporterCase):
    """What can't be read or named is reported with its place, and nothing is written."""

    def test_unknown_role(self):
        self.refused("server", "unknown-role.md", lines=[
            r'^unknown-role\.md:13: server/ports/2: destination: cell Server role '
            r'"Archiving Servers": no role has the name',
            r'^unknown-role\.md:13: server/ports/2: role: cell Server role "Archiving Servers": '])

    def test_unknown_service(self):
        self.refused("server", "unknown-service.md", lines=[
            r'^unknown-service\.md:12: server/ports/1: service: cell Service name "Lync Server '
            r'Archiving service": no service has the name'])

    def test_unknown_protocol(self):
        messages = self.refused("server", "unknown-protocol.md")
        self.assertIn('unknown-protocol.md:12: server/ports/1: l4: cell Protocol "TCP (QUIC)": '
                      'no protocol has the name "QUIC"', messages)

    def test_unknown_heading(self):
        self.refused("server", "unknown-heading.md", lines=[
            r'^unknown-heading\.md:10: server/ports: heading "Priority": no known column$'])

    def test_missing_heading(self):
        self.refused("server", "missing-heading.md", lines=[
            r"^missing-heading\.md:10: server/ports: no kind of table has the columns "
            r"note, ports, server, service$"])

    def test_bad_ports(self):
        messages = self.refused("server", "bad-ports.md")
        self.assertEqual(len(messages), 13)
        for number, message in enumerate(messages, 1):
            self.assertRegex(message, rf"^bad-ports\.md:{11 + number}: server/ports/{number}: "
                                      rf"ports: cell Port ")

    def test_missing_table(self):
        self.refused("server", "missing-table.md", lines=[
            r"/documents\.csv:2: server: the folder has no such document$",
            r"^missing-table\.md: missing-table\.md: has no table server/ports$"])

    def test_unknown_table(self):
        messages = self.refused("server", "unknown-table.md")
        self.assertIn('unknown-table.md:10: "Other ports": no known table has this heading',
                      messages)

    def test_second_table(self):
        self.refused("server", "second-table.md", lines=[
            r"^second-table\.md:16: server/ports: a second such table$"])

    def test_unknown_document(self):
        messages = self.refused("server", "unknown-document.md")
        self.assertIn('unknown-document.md: ms.assetid "example-other", title "Example servers": '
                      'not a known document', messages)

    def test_missing_document(self):
        self.refused("server", lines=[r"server: the folder has no such document$"])

    def test_folder_or_file_that_is_no_text(self):
        plain = fixture("plain.md")
        for content, reason in ((plain + b"\xff\n", "a.md:14: not UTF-8"),
                                (plain.decode().encode("utf-16"), "a.md:1: not UTF-8"),
                                (plain + b"\0", "a.md:14: a NUL character"),
                                (plain + b" " * (8 << 20), "a.md: larger than 8 MiB")):
            self.put(content)
            self.assertIn(reason, self.refused("server"))
        os.remove(os.path.join(self.docs, "a.md"))
        os.mkdir(os.path.join(self.docs, "folder"))
        self.assertIn("folder: not a regular file", self.refused("server"))

    def test_short_row(self):
        self.refused("server", "short-row.md", lines=[
            r"^short-row\.md:13: server/ports/2: 4 cells, 5 headings$"])

    def test_cell_over_rows(self):
        self.refused("server", "cell-over-rows.html", lines=[
            r"^cell-over-rows\.html:\d+: rowspan=2: a cell over several rows or columns$"])

    def test_unclosed_table(self):
        messages = self.refused("server", "unclosed-table.html")
        self.assertIn("unclosed-table.html:10: a table's tag outside a whole table", messages)

    def test_table_within_a_table(self):
        messages = self.refused("server", "nested-table.html")
        self.assertRegex(messages[0], r"^nested-table\.html:\d+: a table within a table$")

    def test_second_row_of_headings(self):
        messages = self.refused("server", "second-head.html")
        self.assertRegex(messages[0], r"^second-head\.html:\d+: a second row of headings$")

    def test_contradicted_transport(self):
        self.refused("server", "contradicted-transport.md", lines=[
            r'server/ports/1: app: cell Protocol "HTTP/UDP": HTTP over udp$',
            r'server/ports/1: l4: cell Protocol "HTTP/UDP": HTTP over udp$'])

    def test_remark_that_names_a_transport(self):
        self.refused("server", "remark-transport.md", lines=["names a transport$"] * 2)

    def test_blank_protocol(self):
        self.refused("server", "blank-cells.md", roles=("office-web-apps",),
                     lines=["server/ports/1: app: .*no protocol$",
                            "server/ports/1: l4: .*no protocol$"])

    def test_cell_of_several_roles(self):
        self.refused("clients", "list-cell-mixed.md", roles=("clients",))
        self.assertIn("names several roles: clients, ip-phones", self.run_importer().stderr)

    def test_narrowing_to_an_unknown_role(self):
        messages = self.refused("edge", "defined-as-unknown.html", roles=("edge-internal",))
        self.assertEqual(len(messages), 1)
        self.assertRegex(messages[0], r'edge/ports/1: narrow_to: .* has the name "分公司伺服器"')

    def test_edge_row_without_a_role(self):
        self.refused("edge", "no-role.html")
        self.assertIn("names no role, and both ends are any", self.run_importer().stderr)

    def test_edge_cell_without_a_transport(self):
        self.refused("edge", "edge-cell.html")
        self.assertIn('"存取/SIP(TLS)/443": not PROTOCOL/TCP/PORT', self.run_importer().stderr)

    def test_service_that_nothing_names(self):
        self.refused("clients", "two-ports.md", lines=[
            "clients/ports/1: service: none is named, and no service rule fits$",
            "clients/ports/2: service: none is named, and no service rule fits$"])

    def test_service_rule_that_fits_nothing(self):
        self.refused("server", "plain.md", roles=("director",), lines=[
            r"service-rules\.csv:2: director,\*,\*: fits no row$"])

    def test_authenticated_exception(self):
        # No override can hide it: a note is the field that every row has one for.
        self.override(("ipsec/exceptions/1", "note", "a note"))
        self.refused("ipsec", "authenticated.md", roles=("exchange-um",), lines=[
            r'ipsec/exceptions/1: authentication: cell 驗證需求 "要求驗證": not an exception$'])

    def test_languages_that_disagree(self):
        self.refused("server", "bilingual-differs.md", lines=[
            r'^bilingual-differs\.md:\d+: server/ports/2: ports: bilingual-differs\.md '
            r'\(language 2\) says "5063", bilingual-differs\.md \(language 1\) "5062"$'])

    def test_translation_that_is_lacking(self):
        messages = self.refused("server", "bilingual-half.md")
        self.assertRegex(messages[0], r"language 2\) says nothing that can be read, .* \"5061\"$")

    def test_versions_that_disagree(self):
        self.refused("server", "version-one.html", "version-differs.md", lines=[
            r'^version-one\.html:\d+: server/ports/2: ports: version-one\.html says "5067", '
            r'version-differs\.md "5068"$'])

    def test_version_that_lacks_a_row(self):
        self.refused("server", "version-one.html", "version-shorter.md", lines=[
            r"server/ports/2: version-shorter\.md has no such row, version-one\.html has$"])


class Overriding(ImporterCase):
    """Overrides must name what exists, change something, and say why."""

    def refuse(self, row, reason):
        self.override(row)
        messages = self.refused("server", "plain.md")
        self.assertEqual(len(messages), 1, messages)
        self.assertRegex(messages[0], rf"overrides\.csv:2: {row[0]}: {row[1]}: {reason}$")

    def test_refusals(self):
        for row, reason in (
                (("server/ports/3", "note", "x"), "no such row"),
                (("server/ports/01", "note", "x"), "no such row"),
                (("server/other/1", "note", "x"), "no such row"),
                (("server/ports/1", "port", "443"), "no such field"),
                (("server/ports/1", "row", "2"), "no such field"),
                (("server/ports/1", "source", "any"), "changes nothing"),
                (("server/ports/1", "service", "Front-End service"), "changes nothing"),
                (("server/ports/1", "note", "x", " "), "no reason"),
                (("server/ports/1", "source", "archiving"), "archiving: not a role"),
                (("server/ports/1", "role", "any"), "any: not a role"),
                (("server/ports/1", "narrow_to", "front-end;x"), "front-end;x: not a list .*"),
                (("server/ports/1", "ports", "0"), "0: not a port"),
                (("server/ports/1", "source_ports", "9-3"), "9-3: not an ascending range"),
                (("server/ports/1", "l4", "sctp"), "sctp: not .*"),
                (("server/ports/1", "app", "QUIC"), "QUIC: not a list of protocols"),
                (("server/ports/1", "service", "Archiving"), "Archiving: not in services.csv"),
                (("server/ports/1", "note", "n" * 91), "not 1 to 90 ASCII characters"),
                (("server/ports/1", "note", "a\x1bb"), "not 1 to 90 ASCII characters")):
            with self.subTest(row=row):
                self.refuse(row, reason)

    def test_twice(self):
        self.override(("server/ports/1", "note", "x"), ("server/ports/1", "note", "y"))
        self.refused("server", "plain.md", lines=[r"overrides\.csv:3: .* overridden twice$"])

    def test_applied(self):
        self.override(("server/ports/1", "source", "pstn-gateway"),
                      ("server/ports/1", "ports", "67,68"), ("server/ports/2", "note", "a, b"),
                      ("server/ports/2", "service", "Mediation service"))
        rows = self.rows("server", "plain.md")
        self.assertEqual(self.pick(rows, "source", "ports", "note", "service"), [
            ("pstn-gateway", "67,68", "", "Front-End service"),
            ("any", "5067", "a, b", "Mediation service")])


class Command(ImporterCase):
    """Exit codes, what is written, --check."""

    def test_same_bytes_each_run(self):
        self.put(fixture("plain.md"))
        self.index("server", ())
        texts = []
        for out in ("one", "two", "one"):
            path = os.path.join(self.folder, out)
            self.assertEqual(self.run_importer("--out", path).returncode, 0)
            with open(os.path.join(path, "server", "ports.csv"), "rb") as file:
                texts.append(file.read())
        self.assertEqual(len(set(texts)), 1)

    def test_failure_leaves_the_old_tables(self):
        self.rows("server", "plain.md")
        path = os.path.join(self.spec, "server", "ports.csv")
        with open(path, "rb") as file:
            before = file.read()
        os.remove(os.path.join(self.docs, "plain.md"))
        self.put(fixture("unknown-role.md"))
        self.assertEqual(self.run_importer().returncode, 1)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), before)

    def test_check(self):
        self.rows("server", "plain.md")
        done = self.run_importer("--check")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        path = os.path.join(self.spec, "server", "ports.csv")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("5067", "5068"))
        done = self.run_importer("--check")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"(?m)^-2,mediation.*,5068,")
        self.assertRegex(done.stdout, r"(?m)^\+2,mediation.*,5067,")
        with open(path, encoding="utf-8") as file:
            self.assertIn("5068", file.read())      # a check writes nothing

    def test_check_sees_a_table_too_many_and_one_too_few(self):
        self.rows("server", "plain.md")
        path = os.path.join(self.spec, "server", "ports.csv")
        os.rename(path, os.path.join(self.spec, "server", "old.csv"))
        done = self.run_importer("--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("+++ rebuilt/server/ports.csv", done.stdout)
        self.assertIn("server/old.csv\n+++ /dev/null", done.stdout)

    def test_usage(self):
        for arguments in ([], ["--docs"], ["--docs", "x", "--unknown"]):
            done = subprocess.run([sys.executable, IMPORTER, *arguments], capture_output=True,
                                  check=False, timeout=60)
            self.assertEqual(done.returncode, 2)

    def test_no_folder(self):
        self.index("server", ())
        shutil.rmtree(self.docs)
        done = self.run_importer()
        self.assertEqual(done.returncode, 1)
        self.assertIn("No such file or directory", done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_bad_index(self):
        self.put(fixture("plain.md"))
        self.index("server", ())
        path = os.path.join(self.spec, "roles.csv")
        with open(path, encoding="utf-8") as file:
            good = file.read()
        for old, new, reason in (
                ("mediation,Mediation Server,lan", "mediation,Mediation Server,wan",
                 "wan: not a side"),
                ("控制器;", "控制器;前端伺服器;", "names front-end already|names director already"),
                ("director,Director,lan,yes,all-internal", "director,Director,lan,yes,all-other",
                 "all-other-servers: member_of is not a role"),
                ("all-servers,All servers,lan,yes,,", "all-servers,All servers,lan,yes,front-end,",
                 "member of itself"),
                ("name,title", "name,titel", "the columns are not"),
                ("lan,no,,,PSTN", "lan,maybe,,,PSTN", "maybe: not yes or no")):
            with self.subTest(new=new):
                self.assertIn(old, good)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(good.replace(old, new))
                done = self.run_importer()
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, reason)
                self.assertRegex(done.stderr, r"roles\.csv:[0-9]+: ")
                self.assertNotIn("Traceback", done.stderr)


# Rows of each table, and the last row number where blank rows kept theirs.
COUNTS = {
    "lync2013-internal/required-server-ports": (52, 52), "lync2013-internal/hlb-hardware": (20, 20),
    "lync2013-internal/hlb-dns": (6, 7), "lync2013-internal/client-ports": (12, 12),
    "lync2013-director/firewall": (9, 9),
    "sfb-internal/required-server-ports": (53, 53), "sfb-internal/hlb-hardware": (20, 20),
    "sfb-internal/hlb-dns": (6, 6), "sfb-internal/client-ports": (12, 12),
    "sfb-internal/ipsec-exceptions": (15, 15),
    "lync2013-edge-nat/external": (16, 16), "lync2013-edge-nat/internal": (11, 11),
    "lync2013-edge-nat/federation": (1, 1), "lync2013-edge-nat/public-im": (6, 6),
    "lync2013-edge-nat/xmpp": (3, 3),
}


def committed(name):
    with open(os.path.join(SPEC, f"{name}.csv"), encoding="utf-8", newline="") as file:
        return file.read()


class Committed(unittest.TestCase):
    """The tables as they stand in the project, without the documents."""

    @classmethod
    def setUpClass(cls):
        cls.roles = {row["name"]: row for row in read_csv(committed("roles"))}
        cls.tables = {row["table"]: row["kind"] for row in read_csv(committed("tables"))}
        cls.rows = {table: read_csv(committed(table)) for table in cls.tables}
        cls.all_rows = [(f"{table}/{row['row']}", row) for table, rows in cls.rows.items()
                        for row in rows]

    def test_tables_and_counts(self):
        self.assertEqual(list(self.tables), list(COUNTS))
        for table, (count, last) in COUNTS.items():
            numbers = [int(row["row"]) for row in self.rows[table]]
            self.assertEqual((len(numbers), numbers[0], numbers[-1]), (count, 1, last), table)
            self.assertEqual(numbers, sorted(set(numbers)), table)
        self.assertNotIn("6", [row["row"] for row in self.rows["lync2013-internal/hlb-dns"]])
        self.assertEqual([t for t, kind in self.tables.items() if kind == "annotation"],
                         ["sfb-internal/ipsec-exceptions"])

    def test_no_other_tables(self):
        files = {f"{document}/{name[:-4]}" for document in os.listdir(SPEC)
                 if os.path.isdir(os.path.join(SPEC, document))
                 for name in os.listdir(os.path.join(SPEC, document))}
        self.assertEqual(files, set(COUNTS))

    def test_files_are_plain(self):
        for table in self.tables:
            text = committed(table)
            self.assertTrue(text.startswith(",".join(HEADER) + "\n"), table)
            self.assertTrue(text.endswith("\n") and "\r" not in text and text.isascii(), table)

    def test_roles(self):
        needed = """access-edge web-conf-edge av-edge xmpp-proxy edge-internal reverse-proxy
            front-end front-end-mediation front-end-cms mediation director persistent-chat
            office-web-apps file-share all-servers all-internal-servers front-end-hlb mediation-hlb
            front-end-mediation-hlb director-hlb clients internal-clients ip-phones pstn-gateway
            e911-gateway web-farm im-partners messenger-clients exchange-um app-sharing
            conferencing-attendant""".split()
        self.assertEqual(set(self.roles), set(needed))
        self.assertEqual({n: r["stand_in"] for n, r in self.roles.items() if r["stand_in"]},
                         {"xmpp-proxy": "access-edge", "internal-clients": "clients"})
        self.assertEqual({n for n, r in self.roles.items() if r["protected"] == "no"}, set(
            "clients internal-clients ip-phones pstn-gateway e911-gateway im-partners "
            "messenger-clients".split()))
        sides = {"dmz-external": "access-edge web-conf-edge av-edge xmpp-proxy",
                 "dmz-internal": "edge-internal reverse-proxy",
                 "internet": "clients im-partners messenger-clients"}
        for side, names in sides.items():
            self.assertEqual({n for n, r in self.roles.items() if r["side"] == side},
                             set(names.split()))
        tree = {"all-servers": "edge-internal all-internal-servers",
                "all-internal-servers": "front-end mediation director persistent-chat "
                                        "office-web-apps file-share exchange-um web-farm",
                "front-end": "front-end-mediation front-end-cms app-sharing conferencing-attendant",
                "front-end-hlb": "front-end-mediation-hlb"}
        for parent, names in tree.items():
            self.assertEqual({n for n, r in self.roles.items() if r["member_of"] == parent},
                             set(names.split()))

    def test_every_field(self):
        services = {row["name"] for row in read_csv(committed("services"))}
        for row_id, row in self.all_rows:
            with self.subTest(row=row_id):
                self.assertIn(row["role"], self.roles)
                for end in ("source", "destination"):
                    self.assertTrue(row[end] == "any" or row[end] in self.roles)
                for name in filter(None, row["narrow_to"].split(";")):
                    self.assertIn(name, self.roles)
                self.assertIn(row["service"], services)
                self.assertIn(row["l4"], ("tcp", "udp", "tcp+udp", "any"))
                self.assertRegex(row["app"], r"^([A-Z]+(/[A-Z]+)*)?$")
                self.assertRegex(row["note"], r"^[ -~]{0,90}$")
                for field in ("ports", "source_ports"):
                    self.check_ports(row[field])

    def check_ports(self, text):
        if text == "any":
            return
        for part in text.split(","):
            match = re.fullmatch(r"([1-9][0-9]*)(?:-([1-9][0-9]*))?", part)
            self.assertTrue(match, text)
            low, high = int(match.group(1)), int(match.group(2) or 65535)
            self.assertTrue(low < high or match.group(2) is None and low == 65535, text)
            self.assertLessEqual(high, 65535)

    def test_narrowing_needs_an_any(self):
        for row_id, row in self.all_rows:
            if row["narrow_to"]:
                self.assertEqual([row["source"], row["destination"]].count("any"), 1, row_id)

    def test_only_the_clients_ipsec_row_has_no_named_end(self):
        self.assertEqual([row_id for row_id, row in self.all_rows
                          if row["source"] == row["destination"] == "any"],
                         ["sfb-internal/ipsec-exceptions/15"])

    def test_source_ports(self):
        self.assertEqual({row_id: row["source_ports"] for row_id, row in self.all_rows
                          if row["source_ports"] != "any"}, {
            "lync2013-internal/client-ports/1": "67,68",
            "lync2013-internal/client-ports/12": "67,68",
            "sfb-internal/client-ports/1": "67,68", "sfb-internal/client-ports/12": "67,68",
            "sfb-internal/ipsec-exceptions/15": "1024-65535"})

    def test_overrides_stand_in_the_tables(self):
        rows, seen = dict(self.all_rows), set()
        for override in read_csv(committed("overrides")):
            place = override["row"], override["field"]
            self.assertIn(place[0], rows)
            self.assertEqual(rows[place[0]][place[1]], override["value"], place)
            self.assertTrue(override["reason"].strip(), place)
            self.assertNotIn(place, seen)
            seen.add(place)

    def test_outbound_rows(self):
        rows = dict(self.all_rows)
        for row_id, source, destination in (
                ("lync2013-internal/required-server-ports/11", "front-end", "web-farm"),
                ("lync2013-internal/required-server-ports/25", "front-end-mediation",
                 "pstn-gateway"),
                ("lync2013-internal/required-server-ports/32", "front-end", "e911-gateway"),
                ("lync2013-internal/required-server-ports/43", "director", "web-farm"),
                ("sfb-internal/required-server-ports/36", "front-end", "file-share"),
                ("sfb-internal/required-server-ports/48", "pstn-gateway", "mediation"),
                ("sfb-internal/hlb-hardware/20", "reverse-proxy", "director-hlb"),
                ("lync2013-edge-nat/external/9", "av-edge", "any"),
                ("lync2013-edge-nat/public-im/1", "im-partners", "access-edge"),
                ("lync2013-edge-nat/internal/3", "edge-internal", "any")):
            self.assertEqual((rows[row_id]["source"], rows[row_id]["destination"]),
                             (source, destination), row_id)

    def test_rows_that_the_documents_repeat(self):
        rows = self.rows["lync2013-internal/required-server-ports"]
        for port, count in (("1434", 2), ("5070", 3)):
            self.assertEqual(sum(row["ports"] == port for row in rows), count)

    def test_both_servers_have_the_same_client_ports(self):
        self.assertEqual(self.rows["lync2013-internal/client-ports"],
                         self.rows["sfb-internal/client-ports"])

    def test_no_sentence_is_copied(self):
        for name in ("roles", "services", "columns", "protocols", "sections", "words"):
            for row in read_csv(committed(name)):
                for value in row.values():
                    self.assertNotRegex(value, "[。!?！？]|\\. ")
                    for alias in value.split(";"):
                        self.assertLessEqual(len(alias), 80)


if __name__ == "__main__":
    unittest.main()
