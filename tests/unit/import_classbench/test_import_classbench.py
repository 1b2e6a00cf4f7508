# SPDX-License-Identifier: GPL-2.0-only
"""Tests of scripts/import-classbench.py: what becomes of a rule, and the words of every refusal.

Run: python3 -m unittest tests/unit/import_classbench/test_import_classbench.py
"""

import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
IMPORTER = os.path.join(ROOT, "scripts", "import-classbench.py")
RULE = "@192.0.2.0/24\t198.51.100.1/32\t0 : 65535\t80 : 80\t0x06/0xFF"
ROW = ("- {name: r1, l4: tcp, ports: 80, source: 192.0.2.0/24, destination: 198.51.100.1, "
       "reply: no}")


class ImportTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="import-classbench-")
        self.addCleanup(self.folder.cleanup)

    def run_importer(self, rules, *options):
        """(exit code, stdout, stderr) with the rules in file `f`."""
        if rules is not None:
            data = rules if isinstance(rules, bytes) else rules.encode()
            with open(os.path.join(self.folder.name, "f"), "wb") as file:
                file.write(data)
        done = subprocess.run([sys.executable, "-B", IMPORTER, "f", *options],
                              cwd=self.folder.name, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def expect(self, rules, *options, warnings=""):
        """The rows, or the whole text of a site."""
        code, out, err = self.run_importer(rules, *options)
        self.assertEqual((code, err), (0, warnings))
        return out

    def expect_rows(self, rules, *options, warnings=""):
        head, *rows = self.expect(rules, *options, warnings=warnings).splitlines()
        self.assertEqual(head, "rows:")
        return rows

    def refuse(self, rules, *messages, options=()):
        code, out, err = self.run_importer(rules, *options)
        self.assertEqual((code, out, err.splitlines()), (1, "", list(messages)))


class Rules(ImportTest):
    def test_a_rule(self):
        self.assertEqual(self.expect_rows(RULE + "\n"), [ROW])

    def test_forms_of_a_line(self):
        for text in (RULE, RULE + "\t\n", RULE + "\r\n", RULE + "\t0x0000/0x0000\t\n",
                     RULE.replace("\t", "  ") + "\n", RULE.replace(" : ", ":") + "\n",
                     RULE.replace("0x06/0xFF", "0X06/0xff"), "# a comment\n\n" + RULE + "\n"):
            with self.subTest(text=text):
                self.assertEqual(self.expect_rows(text), [ROW])

    def test_ports(self):
        cases = {
            "0 : 65535\t0 : 65535": "ports: any, source:",
            "0 : 65535\t0 : 0": "ports: 0, source:",
            "0 : 65535\t1024 : 65535": "ports: 1024-65535, source:",
            "53 : 53\t0 : 65535": "ports: any, source_ports: 53, source:",
            "20 : 21\t1 : 65535": "ports: 1-65535, source_ports: 20-21, source:",
        }
        for ports, expected in cases.items():
            with self.subTest(ports=ports):
                rule = RULE.replace("0 : 65535\t80 : 80", ports)
                self.assertIn(expected, self.expect_rows(rule)[0])

    def test_ends(self):
        cases = {
            ("0.0.0.0/0", "0.0.0.0/1"): "source: 0.0.0.0/0, destination: 0.0.0.0/1,",
            ("2001:db8::/32", "::1/128"): 'source: "2001:db8::/32", destination: "::1",',
        }
        for (source, destination), expected in cases.items():
            text = f"@{source} {destination} 0 : 65535 80 : 80 0x06/0xFF"
            self.assertIn(expected, self.expect_rows(text)[0])

    def test_protocols(self):
        for protocol, l4 in (("0x06/0xFF", "tcp"), ("0x11/0xFF", "udp"), ("0x00/0x00", "any")):
            self.assertIn(f"l4: {l4},", self.expect_rows(RULE.replace("0x06/0xFF", protocol))[0])

    def test_duplicates_and_order_are_kept(self):
        rows = self.expect_rows(f"{RULE}\n{RULE.replace('80 : 80', '81 : 81')}\n{RULE}\n")
        self.assertEqual([row.partition(",")[0] for row in rows],
                         ["- {name: r1", "- {name: r2", "- {name: r3"])
        self.assertEqual(rows[2], ROW.replace("r1", "r3"))

    def test_replies(self):
        self.assertEqual(self.expect_rows(RULE, "--replies"), [ROW.replace(", reply: no", "")])

    def test_site(self):
        out = self.expect(RULE, "--site", "s-1", "--interface", "wan0=internet", "--interface",
                          "trunk0.10=lan")
        self.assertEqual(out, "name: s-1\ninterfaces:\n  wan0: internet\n  trunk0.10: lan\nrows:\n"
                         + ROW + "\n")

    def test_to_a_file(self):
        path = os.path.join(self.folder.name, "out")
        with open(path, "w", encoding="utf-8") as file:
            file.write("before")
        self.assertEqual(self.run_importer("x", "-o", "out")[0], 1)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "before")
        self.assertEqual(self.run_importer(RULE, "-o", "out"), (0, "", ""))
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), "rows:\n" + ROW + "\n")
        self.assertEqual(sorted(os.listdir(self.folder.name)), ["f", "out"])


class Unsupported(ImportTest):
    RULES = "\n".join((RULE.replace("0x06", "0x01"), RULE, RULE.replace("0x06", "0x2f"),
                       RULE.replace("0x06", "0x2f"), RULE.replace("0x06/0xFF", "0x00/0xFE"),
                       RULE + "\t0x0000/0x0200"))

    def test_refused(self):
        protocol = "a row says tcp, udp or any, no other protocol"
        self.refuse(self.RULES, f"f:1: 0x01/0xFF: {protocol}", f"f:3: 0x2f/0xFF: {protocol}",
                    f"f:4: 0x2f/0xFF: {protocol}",
                    "f:5: 0x00/0xFE: a row names one protocol or all, not some by a mask",
                    "f:6: 0x0000/0x0200: a row cannot ask for TCP flags; --ignore-flags imports "
                    "the rule without")

    def test_skipped(self):
        rows = self.expect_rows(self.RULES, "--skip-unsupported",
                                warnings="f: 1 rule imported, 5 skipped: 1 of TCP flags, 1 of "
                                "protocol 1, 2 of protocol 47, 1 of protocols by a mask\n")
        self.assertEqual(rows, [ROW.replace("r1", "r2")])

    def test_flags_ignored(self):
        rows = self.expect_rows(RULE + "\t0x1000/0x1000\n" + RULE, "--ignore-flags",
                                warnings="f: 1 rule imported without the TCP flags asked for\n")
        self.assertEqual(rows, [ROW, ROW.replace("r1", "r2")])

    def test_nothing_left(self):
        self.refuse(RULE.replace("0x06", "0x01"), "f: no rule that a row can say in it",
                    options=("--skip-unsupported",))


class Faults(ImportTest):
    def test_tokens(self):
        cases = {
            ("192.0.2.0/24", "192.0.2.1/24"): "192.0.2.1/24: address bits set behind the prefix "
                                              "length; the network is 192.0.2.0/24",
            ("192.0.2.0/24", "192.0.2.0/33"): "192.0.2.0/33: prefix length is not 0..32",
            ("192.0.2.0/24", "192.0.2.0"): "192.0.2.0: not ADDRESS/LENGTH",
            ("192.0.2.0/24", "192.0.2.0/024"): "192.0.2.0/024: not ADDRESS/LENGTH",
            ("192.0.2.0/24", "192.0.2.0/255.255.255.0"):
                "192.0.2.0/255.255.255.0: not ADDRESS/LENGTH",
            ("192.0.2.0/24", "192.0.2/24"): "192.0.2/24: not an address",
            ("192.0.2.0/24", "::/0"): "198.51.100.1/32: the two ends are of different families",
            ("80 : 80", "80 : 79"): "80 : 79: range is reversed",
            ("80 : 80", "80 : 65536"): "65536: port is not 0..65535",
            ("80 : 80", "-1 : 80"): "-1: port is not 0..65535",
            ("80 : 80", "080 : 80"): "080: port is not 0..65535",
            ("80 : 80", "0x50 : 80"): "0x50: port is not 0..65535",
            ("80 : 80", "80"): "@192.0.2.0/24: not @SOURCE DESTINATION LO : HI LO : HI "
                               "PROTOCOL/MASK",
            ("0x06/0xFF", "6"): "6: not PROTOCOL/MASK, as 0x06/0xFF",
            ("0x06/0xFF", "0x106/0x1FF"): "0x106/0x1FF: a protocol has 8 bits",
            ("0x06/0xFF", "0x06/0x00"): "0x06/0x00: bits outside its mask",
            ("0x06/0xFF", "0x06/0xFF tcp"): "tcp: not FLAGS/MASK, as 0x06/0xFF",
            ("0x06/0xFF", "0x06/0xFF 0x0000/0x0000 7"): "7: a field too many",
            ("@", ""): "192.0.2.0/24: a rule starts with @",
            ("80 : 80", "8\x1b[1m : 80"): "8\\x1b[1m: port is not 0..65535",
        }
        for (old, new), message in cases.items():
            with self.subTest(new=new):
                self.refuse("\n" + RULE.replace(old, new), f"f:2: {message}")

    def test_bytes_that_are_no_text(self):
        self.refuse(b"\xff\xfe@\x00", "f:1: ÿþ@\\x00: a rule starts with @")
        self.refuse(RULE.encode() + b"\n\x00\n", "f:2: \\x00: a rule starts with @")

    def test_one_run_names_all_up_to_twenty(self):
        messages = [f"f:{n}: x: a rule starts with @" for n in range(1, 21)]
        self.refuse("x\n" * 20, *messages)
        self.refuse("x\n" * 3000, *messages, "f: more errors follow, not shown")

    def test_empty(self):
        self.refuse("", "f: no rule in it")
        self.refuse("# nothing\n", "f: no rule in it")

    def test_files(self):
        self.assertEqual(self.run_importer(None),
                         (1, "", "import-classbench: f: No such file or directory\n"))
        os.mkdir(os.path.join(self.folder.name, "f"))
        self.assertEqual(self.run_importer(None), (1, "", "import-classbench: f: Is a directory\n"))

    def test_usage(self):
        for options, words in ((("--site", "s"), "go together"),
                               (("--interface", "a=lan"), "go together"),
                               (("--site", "S", "--interface", "a=lan"), "not a site name"),
                               (("--site", "s", "--interface", "a"), "not INTERFACE=SIDE"),
                               (("--site", "s", "--interface", "a=wan"), "no side 'wan'")):
            code, out, err = self.run_importer(RULE, *options)
            self.assertEqual((code, out), (2, ""))
            self.assertIn(words, err)

    def test_help_says_what_decides(self):
        code, out, _ = self.run_importer(RULE, "--help")
        self.assertEqual(code, 0)
        self.assertIn("Which rule decides", out)


if __name__ == "__main__":
    unittest.main()
