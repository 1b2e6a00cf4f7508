# SPDX-License-Identifier: GPL-2.0-only
"""Tests of tests/bench/rules.py: the sets it makes are what its header says, and can be imported.

Run: python3 -m unittest tests/unit/import_classbench/test_rules.py
"""

import ipaddress
import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
RULES = os.path.join(ROOT, "tests", "bench", "rules.py")
IMPORTER = os.path.join(ROOT, "scripts", "import-classbench.py")


def make(*arguments):
    return subprocess.run([sys.executable, "-B", RULES, *map(str, arguments)], check=True,
                          capture_output=True, text=True).stdout


def statistics(kind, n):
    lines = make(kind, n, "--statistics").splitlines()
    return {name: float(value.rstrip("%")) for name, value in
            (re.fullmatch(r"(.*?) +(\S+)", line).groups() for line in lines)}


def port(text):
    low, high = text.split(" : ")
    return int(low), int(high)


class RuleSets(unittest.TestCase):
    def test_same_arguments_same_bytes(self):
        self.assertEqual(make("fw", 300, "--seed", 7), make("fw", 300, "--seed", 7))
        self.assertNotEqual(make("fw", 300, "--seed", 7), make("fw", 300, "--seed", 8))

    def test_rules_are_distinct_and_imported(self):
        for kind in ("acl", "fw", "ipc"):
            for n in (10, 100, 1000, 3000):
                with self.subTest(kind=kind, n=n), tempfile.TemporaryDirectory() as folder:
                    text = make(kind, n)
                    self.assertEqual(len(set(text.splitlines())), n)
                    path = os.path.join(folder, "rules")
                    with open(path, "w", encoding="ascii") as file:
                        file.write(text)
                    done = subprocess.run([sys.executable, "-B", IMPORTER, path], check=True,
                                          capture_output=True, text=True)
                    self.assertEqual((done.stdout.count("\n"), done.stderr), (n + 1, ""))

    def test_classes_as_counted_elsewhere(self):
        for kind, sources, destinations in (("acl", 4273, 874), ("fw", 3395, 6657),
                                            ("ipc", 1445, 2629)):
            found = statistics(kind, 10000)
            self.assertAlmostEqual(found["source classes"] / sources, 1, delta=0.05)
            self.assertAlmostEqual(found["destination classes"] / destinations, 1, delta=0.05)
            self.assertTrue(101 <= found["port classes"] <= 1.1 * 3174)
        found = statistics("fw", 10000)
        self.assertEqual((found["source wildcard"], found["destination wildcard"]), (38.5, 17.0))

    def test_acl_of_a_thousand(self):
        found = statistics("acl", 1000)
        for name, expected, delta in (("distinct source prefixes", 79, 8),
                                      ("distinct destination prefixes", 331, 15),
                                      ("source port fields", 1, 0),
                                      ("destination port fields", 101, 8),
                                      ("destination port wildcard", 29.1, 4),
                                      ("source wildcard", 1.3, 0.5),
                                      ("destination wildcard", 0.8, 0.5)):
            self.assertAlmostEqual(found[name], expected, delta=delta, msg=name)

    def test_trace_hits_its_rules(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "trace")
            rules = []
            for line in make("ipc", 100, "--trace", path, "--packets", 500).splitlines():
                source, destination, sports, dports, protocol, _ = line[1:].split("\t")
                rules.append((ipaddress.ip_network(source), ipaddress.ip_network(destination),
                              port(sports), port(dports),
                              {"0x06/0xFF": ("tcp",), "0x11/0xFF": ("udp",),
                               "0x00/0x00": ("tcp", "udp")}[protocol]))
            with open(path, encoding="ascii") as file:
                packets = [line.split() for line in file]
        self.assertEqual(len(packets), 500)
        for protocol, source, destination, sport, dport in packets:
            self.assertTrue(any(
                protocol in r[4] and ipaddress.ip_address(source) in r[0]
                and ipaddress.ip_address(destination) in r[1]
                and r[2][0] <= int(sport) <= r[2][1] and r[3][0] <= int(dport) <= r[3][1]
                for r in rules))


if __name__ == "__main__":
    unittest.main()
