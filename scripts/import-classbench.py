#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Turns a rule set in ClassBench's format into rows of a site.

A rule is one line, its fields parted by blanks or tabs (Taylor and Turner, "ClassBench: A Packet
Classification Benchmark", IEEE/ACM Transactions on Networking 15(3), 2007):

    @SOURCE/LEN  DESTINATION/LEN  LO : HI  LO : HI  PROTOCOL/MASK  [FLAGS/MASK]

Rule N of the file becomes the row rN, with both ends as literal prefixes (0.0.0.0/0 too: it is
every IPv4 address and no other), the two port ranges, and `reply: no`: a rule stands for its own
direction. Rules that stand twice stay two rows. 0x06/0xFF is tcp, 0x11/0xFF udp, 0x00/0x00 any; a
rule of any protocol that limits ports is met by TCP and UDP only, for nothing else has ports. What
a row cannot say is refused with its line: other protocols, and TCP flags. What cannot be read is
reported as FILE:LINE: TOKEN: reason, and nothing is written.

Which rule decides: in ClassBench the first line that matches. xdp-edge has an order of its own,
the same for all rows (loader/policy/MEANING.md). Of imported rows, whose ends weigh all the same,
the one decides that allows fewer ports, source times destination, and only among equals the earlier
line. So a rule for one port decides before one for a range that stands above it, and `decided` may
differ from the counts of a tool that takes the first line. `matched` asks every row and depends on
no order. Speeds may be compared, for both tools tell the same rules apart; a policy that relies on
a wide rule above a narrow one must be rewritten. Beside tables, imported rows decide before theirs:
literal prefixes weigh more than roles.
"""

import argparse
import collections
import ipaddress
import os
import re
import sys

ERRORS_SHOWN = 20
SIDES = ("internet", "dmz-external", "dmz-internal", "lan", "mirror")
PROTOCOLS = {0x06: "tcp", 0x11: "udp"}
PORTS = re.compile(r"(\S+?)\s*:\s*(\S+)\s+(\S+?)\s*:\s*(\S+)(?:\s+(.*))?", re.ASCII)
PREFIX = re.compile(r"([0-9a-fA-F.:]+)/(0|[1-9][0-9]{0,2})", re.ASCII)
NUMBER = re.compile(r"0|[1-9][0-9]{0,4}", re.ASCII)
HEX_PAIR = re.compile(r"0[xX]([0-9a-fA-F]{1,4})/0[xX]([0-9a-fA-F]{1,4})", re.ASCII)


class Problem(Exception):
    """A token that cannot be read, and why."""

    def __init__(self, token, reason):
        super().__init__(reason)
        self.token, self.reason = token, reason


class Unsupported(Problem):
    """A rule that can be read, but no row can say it; `kind` is what they are counted by."""

    def __init__(self, token, reason, kind):
        super().__init__(token, reason)
        self.kind = kind


def read_prefix(token):
    match = PREFIX.fullmatch(token)
    if not match:
        raise Problem(token, "not ADDRESS/LENGTH")
    try:
        address = ipaddress.ip_address(match[1])
    except ValueError:
        raise Problem(token, "not an address") from None
    if address.version == 6 and address.ipv4_mapped:
        raise Problem(token, "IPv4-mapped IPv6 address; write the IPv4 address")
    if int(match[2]) > address.max_prefixlen:
        raise Problem(token, f"prefix length is not 0..{address.max_prefixlen}")
    network = ipaddress.ip_network(token, strict=False)
    if network.network_address != address:
        raise Problem(token, f"address bits set behind the prefix length; the network is {network}")
    return network


def read_ports(low, high):
    for token in (low, high):
        if not NUMBER.fullmatch(token) or int(token) > 65535:
            raise Problem(token, "port is not 0..65535")
    if int(high) < int(low):
        raise Problem(f"{low} : {high}", "range is reversed")
    return int(low), int(high)


def read_hex_pair(token, what):
    match = HEX_PAIR.fullmatch(token)
    if not match:
        raise Problem(token, f"not {what}, as 0x06/0xFF")
    value, mask = int(match[1], 16), int(match[2], 16)
    if value & ~mask:
        raise Problem(token, "bits outside its mask")
    return value, mask


def read_protocol(token):
    value, mask = read_hex_pair(token, "PROTOCOL/MASK")
    if value > 0xff or mask > 0xff:
        raise Problem(token, "a protocol has 8 bits")
    if mask == 0:
        return "any"
    if mask != 0xff:
        raise Unsupported(token, "a row names one protocol or all, not some by a mask",
                          "protocols by a mask")
    if value not in PROTOCOLS:
        raise Unsupported(token, "a row says tcp, udp or any, no other protocol",
                          f"protocol {value}")
    return PROTOCOLS[value]


Rule = collections.namedtuple("Rule", "number source destination sports dports l4 flags")


def read_rule(number, line):
    if not line.startswith("@"):
        raise Problem(line.split()[0], "a rule starts with @")
    parts = line[1:].split(None, 2)
    ports = PORTS.fullmatch(parts[2]) if len(parts) == 3 else None
    if not ports or not ports[5]:
        raise Problem(line.split()[0], "not @SOURCE DESTINATION LO : HI LO : HI PROTOCOL/MASK")
    source, destination = read_prefix(parts[0]), read_prefix(parts[1])
    if source.version != destination.version:
        raise Problem(parts[1], "the two ends are of different families")
    sports, dports = read_ports(ports[1], ports[2]), read_ports(ports[3], ports[4])
    rest = ports[5].split()
    if len(rest) > 2:
        raise Problem(rest[2], "a field too many")
    flags = read_hex_pair(rest[1], "FLAGS/MASK")[1] != 0 if len(rest) > 1 else False
    return Rule(number, source, destination, sports, dports, read_protocol(rest[0]), flags)


def shown(token):
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in token[:65])
    return text if len(token) <= 64 else text[:64] + "…"


def count(rules):
    return f"{rules} rule{'' if rules == 1 else 's'}"


class Importer:
    """Reads rules; notes what is wrong, and counts what is left out."""

    def __init__(self, path, skip_unsupported, ignore_flags):
        self.path = path
        self.skip_unsupported, self.ignore_flags = skip_unsupported, ignore_flags
        self.errors = 0
        self.skipped = collections.Counter()
        self.without_flags = 0

    def error(self, line, problem):
        self.errors += 1
        if self.errors <= ERRORS_SHOWN:
            print(f"{self.path}:{line}: {shown(problem.token)}: {problem.reason}", file=sys.stderr)
        elif self.errors == ERRORS_SHOWN + 1:
            print(f"{self.path}: more errors follow, not shown", file=sys.stderr)

    def take(self, number, line):
        """The rule of a line; Problem or Unsupported if there is none for a row."""
        rule = read_rule(number, line)
        if rule.flags and not self.ignore_flags:
            raise Unsupported(line.split()[-1], "a row cannot ask for TCP flags; --ignore-flags "
                              "imports the rule without", "TCP flags")
        self.without_flags += rule.flags
        return rule

    def read(self, lines):
        rules, number = [], 0
        for at, raw in enumerate(lines, 1):
            line = raw.strip(" \t\r\n")
            if not line or line.startswith("#"):
                continue
            number += 1
            try:
                rules.append(self.take(number, line))
            except Unsupported as problem:
                if self.skip_unsupported:
                    self.skipped[problem.kind] += 1
                else:
                    self.error(at, problem)
            except Problem as problem:
                self.error(at, problem)
            if self.errors > ERRORS_SHOWN:
                break
        if not self.errors and not rules:
            self.errors += 1
            print(f"{self.path}: no rule{' that a row can say' if number else ''} in it",
                  file=sys.stderr)
        return rules

    def report(self, n_rules):
        """What a reader of the rows would not see."""
        if self.skipped:
            kinds = ", ".join(f"{n} of {kind}" for kind, n in sorted(self.skipped.items()))
            print(f"{self.path}: {count(n_rules)} imported, {sum(self.skipped.values())} skipped: "
                  f"{kinds}", file=sys.stderr)
        if self.without_flags:
            print(f"{self.path}: {count(self.without_flags)} imported without the TCP flags asked "
                  "for", file=sys.stderr)


def prefix_text(network):
    text = str(network)
    if network.prefixlen == network.max_prefixlen:
        text = text.partition("/")[0]
    return f'"{text}"' if network.version == 6 else text


def ports_text(ports):
    low, high = ports
    if ports == (0, 65535):
        return "any"
    return str(low) if low == high else f"{low}-{high}"


def row_text(rule, replies):
    sports = "" if rule.sports == (0, 65535) else f"source_ports: {ports_text(rule.sports)}, "
    return (f"- {{name: r{rule.number}, l4: {rule.l4}, ports: {ports_text(rule.dports)}, {sports}"
            f"source: {prefix_text(rule.source)}, destination: {prefix_text(rule.destination)}"
            f"{'' if replies else ', reply: no'}}}\n")


def site_text(rules, arguments):
    text = []
    if arguments.site:
        text.append(f"name: {arguments.site}\ninterfaces:\n")
        text += [f"  {name}: {side}\n" for name, side in arguments.interface]
    text.append("rows:\n")
    text += [row_text(rule, arguments.replies) for rule in rules]
    return "".join(text)


def interface(text):
    name, equals, side = text.partition("=")
    if not equals or not re.fullmatch(r"[^\s/:,\[\]{}#&*!|>'\"%@`]{1,20}", name):
        raise argparse.ArgumentTypeError(f"'{text}' is not INTERFACE=SIDE")
    if side not in SIDES:
        raise argparse.ArgumentTypeError(f"no side '{side}': it is one of {', '.join(SIDES)}")
    return name, side


def site_name(text):
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"'{text}' is not a site name: a-z, 0-9 and -, 1..32 "
                                         "bytes, no - in front")
    return text


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rules", metavar="FILE", help="the rule set")
    parser.add_argument("-o", "--out", metavar="FILE", help="where it goes (default: stdout)")
    parser.add_argument("--site", metavar="NAME", type=site_name,
                        help="write a whole site of this name, not only its `rows:`")
    parser.add_argument("--interface", metavar="IF=SIDE", type=interface, action="append",
                        default=[], help=f"an interface of the site; SIDE is {', '.join(SIDES)}")
    parser.add_argument("--replies", action="store_true",
                        help="rows that count the answers to their packets too")
    parser.add_argument("--skip-unsupported", action="store_true",
                        help="leave out what no row can say; stderr tells how many")
    parser.add_argument("--ignore-flags", action="store_true",
                        help="import rules that ask for TCP flags without them, as tools that "
                             "compare five fields do; stderr tells how many")
    arguments = parser.parse_args()
    if bool(arguments.site) != bool(arguments.interface):
        parser.error("--site and --interface go together")
    return arguments


def write(text, out):
    """To stdout, or to a file that is whole or as it was."""
    if not out:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        with open(out + ".new", "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(out + ".new", out)
    finally:
        if os.path.exists(out + ".new"):
            os.remove(out + ".new")


def main():
    arguments = parse_arguments()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")
    importer = Importer(arguments.rules, arguments.skip_unsupported, arguments.ignore_flags)
    try:
        # latin-1: any byte is a character, and one that does not belong is named with its line
        with open(arguments.rules, encoding="latin-1", newline="\n") as file:
            rules = importer.read(file)
        if importer.errors:
            return 1
        write(site_text(rules, arguments), arguments.out)
    except OSError as error:
        print(f"import-classbench: {error.filename or 'stdout'}: {error.strerror}",
              file=sys.stderr)
        return 1
    importer.report(len(rules))
    return 0


if __name__ == "__main__":
    sys.exit(main())
