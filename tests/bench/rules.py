#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes rule sets of the field's three kinds, in ClassBench's format, and traces for them.

    rules.py KIND RULES [--seed N] [--trace FILE --packets N] [--statistics]

KIND is acl (access lists), fw (firewalls) or ipc (Linux IP chains). The same arguments give the
same bytes. The rules go to stdout, the most specific first, as ClassBench orders them; none stands
twice. scripts/import-classbench.py reads them. Protocols are TCP, UDP and any: rows can say no
other.

A trace has a line a packet, PROTO SADDR DADDR SPORT DPORT: aimed at a rule drawn at random, at a
corner of it or anywhere inside, as ClassBench's trace generator does, without its repetitions.

Nothing is taken from ClassBench's seed files. The structure is that which Taylor and Turner
describe ("ClassBench", IEEE/ACM Transactions on Networking 15(3), 2007) and which shows in
published sets: prefixes nest inside a few organisations, hosts crowd in a few /24s, a source meets
a few destinations only and most of the ports there, port fields are a wildcard (WC), 1024-65535
(HI), one port (EM) or another range (AR). How near it comes at seed 1, by --statistics:

                                                here          elsewhere
    acl 1000   distinct source prefixes           81          79 [1]
               distinct destination prefixes     336          331 [1]
               destination port fields           106          101 [1]
               destination port wildcard       27.1 %         29.1 % [1]
               source, destination wildcard    1.3, 0.8 %     1.3, 0.8 % [1]
               protocol wildcard                7.4 %         6.9 % [1]
    acl 10000  distinct prefixes               4363 x 900     4473 x 595 [1]
               source x destination classes    4263 x 875     4273 x 874 [2]
               source, destination port fields    1, 108      1, 108 [1]
               destination port wildcard       27.8 %         27.9 % [1]
               source, destination wildcard    0.3, 0.6 %     0.4, 0.6 % [1]
               protocol wildcard                7.8 %         8.0 % [1]
               port classes                      207          101 at least [2]
    fw 10000   source x destination classes    3419 x 6673    3395 x 6657 [2]
               source, destination wildcard   38.5, 17.0 %    38.5, 17.0 % [2]
               port classes                      834          101 to 3174 [2]
    ipc 10000  source x destination classes    1441 x 2639    1445 x 2629 [2]
               port classes                     3391          3174 at most [2]

[1] a published count of the fields of ClassBench acl sets of 1,000 to 10,000 rules.
[2] counted over ClassBench-style sets when the methods for many rules were compared. A class is a
    set of addresses (or of protocol, source port and destination port) that the same rules take.
For fw and ipc of 1,000 rules no such counts were found; their shares of port fields, protocols and
prefix lengths follow by eye what stands in published fw1 and ipc1 sets of that size, but for ICMP
and GRE, a sixth or so of fw1, which rows cannot say.
"""

import argparse
import collections
import itertools
import math
import random
import sys

TCP, UDP, ANY = 6, 17, None
WC, HI = (0, 65535), (1024, 65535)

Rule = collections.namedtuple("Rule", "source destination sports dports protocol")


# --- random things -------------------------------------------------------------------------------

class Dice(random.Random):
    """Draws that depend on random() alone, which is the same in every version of Python."""

    def below(self, n):
        return int(self.random() * n)

    def bits(self, n):
        return sum(self.below(1 << 8) << at for at in range(0, n, 8)) & ((1 << n) - 1)

    def pick(self, items):
        return items[self.below(len(items))]

    def pick_weighted(self, weights):
        """A key of {key: weight}."""
        at = self.random() * sum(weights.values())
        for key, weight in weights.items():
            at -= weight
            if at < 0:
                return key
        return key

    def pick_early(self, items):
        """The earlier in the list, the likelier: few are used much, many seldom."""
        return items[int(len(items) * self.random() ** 3)]

    def mix(self, items):
        for i in range(len(items) - 1, 0, -1):
            k = self.below(i + 1)
            items[i], items[k] = items[k], items[i]


# --- the kinds -----------------------------------------------------------------------------------

# Weights of pairs of port fields, source and destination, by protocol.
PORTS = {
    "acl": {
        TCP: {("WC", "EM"): 68, ("WC", "WC"): 23, ("WC", "AR"): 7, ("WC", "HI"): 2},
        UDP: {("WC", "EM"): 90, ("WC", "WC"): 7, ("WC", "AR"): 3},
        ANY: {("WC", "WC"): 100},
    },
    "fw": {
        TCP: {("WC", "EM"): 46, ("WC", "WC"): 33, ("HI", "HI"): 14, ("HI", "EM"): 4,
              ("WC", "HI"): 2, ("WC", "AR"): 1},
        UDP: {("WC", "EM"): 36, ("EM", "WC"): 26, ("EM", "HI"): 9, ("HI", "EM"): 8,
              ("EM", "EM"): 7, ("HI", "HI"): 8, ("WC", "WC"): 5, ("HI", "AR"): 1},
        ANY: {("WC", "WC"): 100},
    },
    "ipc": {
        TCP: {("WC", "EM"): 48, ("EM", "WC"): 20, ("WC", "WC"): 20, ("AR", "WC"): 3,
              ("WC", "AR"): 5, ("EM", "EM"): 3, ("WC", "HI"): 1},
        UDP: {("WC", "EM"): 48, ("EM", "WC"): 24, ("WC", "WC"): 15, ("AR", "WC"): 3,
              ("WC", "AR"): 5, ("EM", "EM"): 4, ("HI", "HI"): 1},
        ANY: {("WC", "WC"): 100},
    },
}

PROTOCOLS = {
    "acl": {TCP: 87, UDP: 5, ANY: 8},
    "fw": {TCP: 52, UDP: 41, ANY: 7},
    "ipc": {TCP: 46, UDP: 46, ANY: 8},
}

# Distinct single ports and other ranges of a set, source and destination.
PORT_COUNTS = {"acl": (0, 0, 96, 10), "fw": (14, 1, 44, 3), "ipc": (18, 7, 47, 13)}

LENGTHS = {
    "acl": {32: 62, 31: 8, 30: 6, 29: 4, 28: 5, 27: 3, 26: 3, 25: 2, 24: 5, 22: 1, 16: 1},
    "fw": {32: 58, 31: 12, 30: 8, 29: 5, 28: 5, 27: 3, 26: 3, 25: 1, 24: 2, 23: 1, 21: 1, 16: 1},
    "ipc": {32: 55, 31: 9, 30: 5, 28: 3, 27: 4, 26: 5, 25: 6, 24: 8, 23: 2, 22: 1, 20: 1, 16: 1},
}

# At 1,000 and 10,000 rules: distinct source and destination prefixes beside 0/0, and their
# wildcards as shares of the rules. Between and beyond, by the power law through both.
Size = collections.namedtuple("Size", "sources destinations any_source any_destination")
SIZES = {
    "acl": (Size(80, 335, 0.013, 0.008), Size(4362, 899, 0.0035, 0.0056)),
    "fw": (Size(420, 560, 0.33, 0.20), Size(3504, 6812, 0.3849, 0.1698)),
    "ipc": (Size(310, 420, 0.06, 0.05), Size(1492, 2710, 0.06, 0.05)),
}


def size_of(kind, n):
    small, large = SIZES[kind]
    power = math.log10(n / 1000)

    def between(a, b):
        return a * (b / a) ** power
    return Size(max(2, round(between(small.sources, large.sources))),
                max(2, round(between(small.destinations, large.destinations))),
                min(0.5, between(small.any_source, large.any_source)),
                min(0.5, between(small.any_destination, large.any_destination)))


# --- addresses -----------------------------------------------------------------------------------

ANYWHERE = (0, 0)


def prefix_text(prefix):
    address, length = prefix
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0)) + f"/{length}"


def cut(address, length):
    return address >> (32 - length) << (32 - length) if length else 0


class Addresses:
    """Distinct prefixes of one field, and which organisation each belongs to."""

    def __init__(self, dice, lengths, n):
        self.dice, self.lengths = dice, lengths
        self.blocks = []
        while len(self.blocks) < 4 + n // 60:
            block = cut(0x01000000 + dice.below(0xde000000), 16)
            if block not in self.blocks and block >> 24 != 127:
                self.blocks.append(block)
        self.networks = [[cut(block + dice.below(1 << 16), 24) for _ in range(2 + n // 400)]
                         for block in self.blocks]
        self.prefixes = []
        self.by_block = [[] for _ in self.blocks]
        known = set()
        while len(known) < n:
            block = self.draw_block()
            prefix = self.draw(block)
            if prefix not in known:
                known.add(prefix)
                self.prefixes.append((block, prefix))
                self.by_block[block].append(prefix)

    def draw_block(self):
        return self.dice.pick_early(range(len(self.blocks)))

    def draw(self, block):
        """A host or network of the block, more often than not above or below one that is there."""
        length = self.dice.pick_weighted(self.lengths)
        if self.by_block[block] and self.dice.random() < 0.3:
            near, near_length = self.dice.pick(self.by_block[block])
            if length > near_length:
                near += self.dice.bits(32 - near_length)
            return cut(near, length), length
        network = self.dice.pick_early(self.networks[block])
        return cut(network + self.dice.below(256), length), length


def draw_fields(dice, addresses, n, n_wide):
    """(block, prefix) for n rules: each prefix once if there are enough rules, a few much more."""
    wide = [(cut(i << 30, 2), 2) for i in range(4)] + [(0, 1), (1 << 31, 1)]
    fields = addresses.prefixes[:n]
    while len(fields) < n - n_wide:
        fields.append(dice.pick_early(addresses.prefixes))
    while len(fields) < n:
        fields.append((addresses.draw_block(), dice.pick(wide)))
    dice.mix(fields)
    return fields


def pair(dice, sources, destinations, n_blocks):
    """Sources and destinations of rules: an organisation's sources meet few organisations."""
    waiting = collections.defaultdict(list)
    for block, prefix in destinations:
        waiting[block].append(prefix)
    order = sorted(waiting)
    pairs = []
    for block, source in sources:
        partner = (block * 7 + dice.below(3)) % n_blocks
        if dice.random() < 0.2 or not waiting[partner]:
            while not waiting[order[-1]]:
                order.pop()
            partner = order[-1]
        pairs.append((source, waiting[partner].pop()))
    return pairs


def draw_pairs(dice, kind, n):
    """The addresses of n rules."""
    size = size_of(kind, n)
    n_any_source, n_any_destination = round(n * size.any_source), round(n * size.any_destination)
    n_both = min(n // 100, n_any_source, n_any_destination)
    n_wide = n // 12 if kind == "fw" else 0
    from_addresses = Addresses(dice, LENGTHS[kind], size.sources)
    to_addresses = Addresses(dice, LENGTHS[kind], size.destinations)
    sources = draw_fields(dice, from_addresses, n - n_any_source, n_wide)
    destinations = draw_fields(dice, to_addresses, n - n_any_destination, n_wide)

    pairs = [(ANYWHERE, ANYWHERE)] * n_both
    for _ in range(n_any_source - n_both):
        pairs.append((ANYWHERE, destinations.pop()[1]))
    for _ in range(n_any_destination - n_both):
        pairs.append((sources.pop()[1], ANYWHERE))
    pairs += pair(dice, sources, destinations, len(to_addresses.blocks))
    return pairs


# --- ports ---------------------------------------------------------------------------------------

SERVICES = (80, 53, 25, 443, 22, 1521, 161, 69, 123, 21, 110, 135, 139, 1433, 514, 23, 137, 113, 20,
            119, 143, 138, 389, 445, 500, 512, 524, 88, 67, 162, 37, 179, 1723, 1645, 1646, 8080)


class Ports:
    """The port fields that a set draws from."""

    def __init__(self, dice, kind):
        n_from, n_from_ranges, n_to, n_to_ranges = PORT_COUNTS[kind]
        self.dice = dice
        self.single = self.draw_single(n_from), self.draw_single(n_to)
        self.ranges = self.draw_ranges(n_from_ranges), self.draw_ranges(n_to_ranges)

    def draw_single(self, n):
        ports = list(SERVICES[:n])
        while len(ports) < n:
            port = 1024 + self.dice.below(32000)
            if port not in ports:
                ports.append(port)
        return ports

    def draw_ranges(self, n):
        ranges = []
        while len(ranges) < n:
            low = self.dice.pick((20, 109, 137, 1300, 1600, 5000, 6000, 33434, 61000))
            low += self.dice.below(60) if low > 1024 else 0
            drawn = low, low + self.dice.pick((1, 3, 7, 49, 100, 165, 999))
            if drawn not in ranges:
                ranges.append(drawn)
        return ranges

    def draw(self, end, kind):
        if kind == "EM":
            port = self.dice.pick_early(self.single[end])
            return port, port
        if kind == "AR":
            return self.dice.pick(self.ranges[end])
        return WC if kind == "WC" else HI


# --- rules ---------------------------------------------------------------------------------------

def specificity(rule):
    """Bits that a packet must have right."""
    ports = sum(16 - (high - low).bit_length() for low, high in (rule.sports, rule.dports))
    return rule.source[1] + rule.destination[1] + ports + (8 if rule.protocol else 0)


def make_rules(kind, n, seed):
    dice = Dice(f"{kind} {n} {seed}")
    ports = Ports(dice, kind)
    rules = []
    known = set()
    pairs = draw_pairs(dice, kind, n)
    for source, destination in pairs:
        for tries in itertools.count():
            if tries > 50:  # all that can be said of these two is said
                source, destination = dice.pick(pairs)
            protocol = dice.pick_weighted(PROTOCOLS[kind])
            fields = dice.pick_weighted(PORTS[kind][protocol])
            rule = Rule(source, destination, ports.draw(0, fields[0]), ports.draw(1, fields[1]),
                        protocol)
            if rule not in known:
                break
        known.add(rule)
        rules.append(rule)
    rules.sort(key=specificity, reverse=True)
    return rules


def rule_text(rule):
    protocol = "0x00/0x00" if rule.protocol is ANY else f"0x{rule.protocol:02X}/0xFF"
    return (f"@{prefix_text(rule.source)}\t{prefix_text(rule.destination)}\t"
            f"{rule.sports[0]} : {rule.sports[1]}\t{rule.dports[0]} : {rule.dports[1]}\t"
            f"{protocol}\t0x0000/0x0000\n")


# --- packets -------------------------------------------------------------------------------------

def draw_between(dice, low, high):
    """One of the ends, or anything between them."""
    return (low, high, low + dice.below(high - low + 1))[dice.below(3)]


def draw_packet(dice, rule):
    source, destination = (
        draw_between(dice, address, address | (1 << (32 - length)) - 1)
        for address, length in (rule.source, rule.destination))
    protocol = dice.pick((TCP, UDP)) if rule.protocol is ANY else rule.protocol
    return (protocol, source, destination, draw_between(dice, *rule.sports),
            draw_between(dice, *rule.dports))


def packet_text(packet):
    protocol, source, destination, sport, dport = packet
    name = "tcp" if protocol == TCP else "udp"
    return (f"{name} {prefix_text((source, 32))[:-3]} {prefix_text((destination, 32))[:-3]} "
            f"{sport} {dport}\n")


def make_packets(rules, n, seed):
    dice = Dice(f"packets {n} {seed}")
    return [draw_packet(dice, dice.pick(rules)) for _ in range(n)]


# --- statistics ----------------------------------------------------------------------------------

def count_classes(intervals):
    """How many sets of intervals there are that points lie in, of those given."""
    marks = collections.defaultdict(int)
    tags = random.Random(1)
    for low, high in intervals:
        tag = tags.getrandbits(96)
        marks[low] ^= tag
        marks[high + 1] ^= tag
    running, seen = 0, set()
    for at in sorted({0, *marks}):
        running ^= marks[at]
        seen.add(running)
    return len(seen)


def count_port_classes(rules):
    """Likewise over protocol, source port and destination port together, by XOR of corners."""
    tags = random.Random(1)
    fields = sorted({(r.sports, r.dports, r.protocol or 0) for r in rules})
    columns = sorted({0} | {p for f in fields for p in (f[0][0], f[0][1] + 1)})
    lines = sorted({0} | {p for f in fields for p in (f[1][0], f[1][1] + 1)})
    seen = set()
    for protocol in (TCP, UDP, 0):
        corners = collections.defaultdict(int)
        for sports, dports, of in fields:
            if of in (0, protocol):
                tag = tags.getrandbits(96)
                for x in (sports[0], sports[1] + 1):
                    for y in (dports[0], dports[1] + 1):
                        corners[x, y] ^= tag
        above = [0] * len(lines)
        for x in columns:
            running = 0
            for i, y in enumerate(lines):
                running ^= corners[x, y]
                above[i] ^= running
                seen.add(above[i])
    return len(seen)


def interval(prefix):
    return prefix[0], prefix[0] | (1 << (32 - prefix[1])) - 1


def print_statistics(rules, out):
    def share(test):
        return f"{100 * sum(map(test, rules)) / len(rules):.1f}%"

    for name, value in (
            ("rules", len(rules)),
            ("distinct source prefixes", len({r.source for r in rules})),
            ("distinct destination prefixes", len({r.destination for r in rules})),
            ("source classes", count_classes(interval(r.source) for r in rules)),
            ("destination classes", count_classes(interval(r.destination) for r in rules)),
            ("source wildcard", share(lambda r: r.source == ANYWHERE)),
            ("destination wildcard", share(lambda r: r.destination == ANYWHERE)),
            ("source port fields", len({r.sports for r in rules})),
            ("destination port fields", len({r.dports for r in rules})),
            ("source port wildcard", share(lambda r: r.sports == WC)),
            ("destination port wildcard", share(lambda r: r.dports == WC)),
            ("protocol wildcard", share(lambda r: r.protocol is ANY)),
            ("port classes", count_port_classes(rules))):
        print(f"{name:32}{value:>10}", file=out)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=sorted(SIZES))
    parser.add_argument("rules", type=int, help="how many, 10 to 100000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trace", metavar="FILE", help="write packets there")
    parser.add_argument("--packets", type=int, help="how many (default: 10 a rule)")
    parser.add_argument("--statistics", action="store_true",
                        help="print what the set is like instead of the set")
    arguments = parser.parse_args()
    if not 10 <= arguments.rules <= 100000:
        parser.error("rules: 10 to 100000")
    return arguments


def main():
    arguments = parse_arguments()
    rules = make_rules(arguments.kind, arguments.rules, arguments.seed)
    if arguments.statistics:
        print_statistics(rules, sys.stdout)
    else:
        sys.stdout.writelines(map(rule_text, rules))
    if arguments.trace:
        packets = make_packets(rules, arguments.packets or 10 * len(rules), arguments.seed)
        with open(arguments.trace, "w", encoding="ascii") as file:
            file.writelines(map(packet_text, packets))
    return 0


if __name__ == "__main__":
    sys.exit(main())
