#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Counts captured frames row by row, from the tables and the site alone, and compares with what xdp-edge counted; says of
each frame whether it is dropped and why, and compares that too, frame by frame with what came through.

Written for the lab to be obvious, not fast: every row is asked about every packet. It shares nothing with the compiler
of the policy, so that agreement means something. What it does not know (the operator's own rows, ports of the site,
narrowing, VLANs of a trunk) it refuses, since the lab's site does not use it.

Usage: expect.py SPEC-DIRECTORY SITE.yaml [--mode MODE] [--stats STATS.json] [--passed DIRECTORY] CAPTURE...
Each capture is named after the NIC that the frames were sent to: wan0.pcap; in the directory those of the frames that
xdp-edge let through are named so too. Without --stats it prints what it counted.
Exit code: 0 all equal, 1 something differs or the input is bad, 2 usage.
"""
import argparse
import csv
import heapq
import ipaddress
import json
import os
import sys
from collections import Counter, defaultdict

import yaml

sys.dont_write_bytecode = True  # no caches beside the sources
from frames import ESP, UDP, Unsupported, parse_frame, read_capture  # noqa: E402
from verdicts import EXEMPTS, REASONS, Guard, contains, is_martian  # noqa: E402

INNER_SIDES = ("dmz-internal", "lan")
MISSES = (
    "unmatched",
    "foreign",
    "martian",
    "spoofed",
    "unsolicited",
    "fragment",
    "ip-other",
    "ipsec",
    "non-ip",
    "malformed",
    "too-deep",
    "no-policy",
)
NO_ROLE = "none"
WIDTH_ANY = 65536


# --- the tables ----------------------------------------------------------------------------------


def read_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def parse_ports(text):
    """A list of (low, high), or None for any."""
    if text == "any":
        return None
    ranges = []
    for part in text.split(","):
        low, _, high = part.strip().partition("-")
        ranges.append((int(low), int(high or low)))
    return ranges


def port_in(port, ranges):
    return ranges is None or any(low <= port <= high for low, high in ranges)


def port_count(ranges):
    return WIDTH_ANY if ranges is None else sum(high - low + 1 for low, high in ranges)


class Row:
    """One line of a table."""

    deny_list = False

    def __init__(self, table, annotation, line, number):
        self.id = f"{table}/{line['row']}"
        self.role = line["role"]
        self.annotation = annotation
        self.number = number
        self.l4 = line["l4"]
        self.source, self.destination = line["source"], line["destination"]
        self.ports = parse_ports(line["ports"])
        self.source_ports = parse_ports(line["source_ports"])
        self.dhcp = line["app"] == "DHCP"


class DenyList:
    """One of the site's lists of prefixes, which is a row before all others."""

    deny_list, annotation, dhcp = True, False, False

    def __init__(self, entry):
        if "file" in entry:
            raise Unsupported("the site's `deny` uses a file")
        self.id, self.role = f"site/deny/{entry['name']}", ""
        self.prefixes = [ipaddress.ip_network(prefix) for prefix in entry["prefixes"]]


def read_rows(spec, tables):
    kinds = {line["table"]: line["kind"] for line in read_csv(os.path.join(spec, "tables.csv"))}
    rows = []
    for wanted in tables:
        names = [name for name in kinds if name == wanted or name.startswith(wanted + "/")]
        if not names:
            raise Unsupported(f"no table {wanted}")
        for name in names:
            for line in read_csv(os.path.join(spec, name + ".csv")):
                rows.append(Row(name, kinds[name] == "annotation", line, len(rows)))
    return rows


# --- roles and addresses -------------------------------------------------------------------------


class Roles:
    """Who an address is."""

    def __init__(self, spec, site_roles):
        self.info = {line["name"]: line for line in read_csv(os.path.join(spec, "roles.csv"))}
        self.own = defaultdict(list)
        for name, prefixes in site_roles.items():
            for prefix in prefixes if isinstance(prefixes, list) else [prefixes]:
                self.own[name].append(ipaddress.ip_network(prefix))
        # What each role holds: its own and its members' prefixes, and where that is nothing, its stand-in's.
        held = {name: self.with_members(name, self.own) for name in self.info}
        lent = {
            name: held[line["stand_in"]]
            for name, line in self.info.items()
            if line["stand_in"] and not held[name] and held[line["stand_in"]]
        }
        own_or_lent = {**{name: list(prefixes) for name, prefixes in self.own.items()}, **lent}
        self.held = {name: self.with_members(name, own_or_lent) for name in self.info}
        self.cache = {}

    def with_members(self, name, prefixes):
        found = list(prefixes.get(name, ()))
        for member, line in self.info.items():
            if line["member_of"] == name:
                found += self.with_members(member, prefixes)
        return found

    def depth(self, name):
        parent = self.info[name]["member_of"]
        return 1 + self.depth(parent) if parent else 0

    def of(self, address):
        """(roles, sides, protected) of an address."""
        if address not in self.cache:
            self.cache[address] = self.find(address)
        return self.cache[address]

    def hit(self, packet):
        """Whom a packet that is dropped was for: the deepest protected role of its destination, else of its source."""
        for address in (getattr(packet, "destination", None), getattr(packet, "source", None)):
            roles, _, protected = self.of(address) if address else ((), (), False)
            if protected:
                order = list(self.info)
                return min(roles, key=lambda name: (-self.depth(name), order.index(name)))
        return NO_ROLE

    def find(self, address):
        roles = {name for name, prefixes in self.held.items() if contains(prefixes, address)}
        guarded = {name for name in roles if self.info[name]["protected"] == "yes"}
        if guarded:
            roles = guarded
        sides = {self.info[name]["side"] for name in roles if contains(self.own.get(name, ()), address)}
        return roles, sides, bool(guarded)


# --- which row decides ---------------------------------------------------------------------------


class Policy:
    """The site's rows, asked one by one."""

    def __init__(self, spec, site):
        for word in ("ports", "rows", "narrow", "hairpin"):
            if site.get(word) not in (None, False, [], {}):
                raise Unsupported(f"the site uses `{word}`")
        self.sides = site["interfaces"]
        self.roles = Roles(spec, site["roles"])
        self.rows = read_rows(spec, site["tables"])
        self.deny_lists = [DenyList(entry) for entry in site.get("deny") or []]
        self.active = [row for row in self.rows if self.holds(row.source) and self.holds(row.destination)]
        self.senses = sorted(
            ((self.rank(row, sense), row, sense) for row in self.active for sense in ("forward", "reply")),
            key=lambda entry: entry[0],
        )
        self.forward_only = {row.id for row in self.active if self.is_forward_only(row)}
        self.cache = {}

    def holds(self, end):
        return end == "any" or bool(self.roles.held[end])

    def is_forward_only(self, row):
        """Media ranges of client tables: their replies would legalise every port above 1023."""
        if row.source != "any" or row.destination == "any" or row.dhcp:
            return False
        return self.roles.info[row.destination]["protected"] == "no" and port_count(row.ports) > 1

    def rank(self, row, sense):
        named = [end for end in (row.source, row.destination) if end != "any"]
        return (
            -len(named),
            -sum(self.roles.depth(end) for end in named),
            port_count(row.source_ports) * port_count(row.ports),
            sense == "reply",
            row.number,
        )

    def end_holds(self, row, end, is_client_end, address):
        if end == "any":
            return True
        if row.dhcp and is_client_end and str(address) in ("0.0.0.0", "255.255.255.255"):
            return True
        return end in self.roles.of(address)[0]

    def is_forward(self, row, packet, side):
        if row.l4 != "any" and packet.l4 not in row.l4.split("+"):
            return False
        if packet.l4 == "other":
            if row.ports is not None or row.source_ports is not None:
                return False
        elif not (port_in(packet.dport, row.ports) and port_in(packet.sport, row.source_ports)):
            return False
        source_is_client = row.source != "any"
        if not self.end_holds(row, row.source, source_is_client, packet.source):
            return False
        if not self.end_holds(row, row.destination, not source_is_client, packet.destination):
            return False
        # `any` opposite an inner address means the inside only.
        inside = side in INNER_SIDES or side == "mirror"
        for end, opposite in ((row.source, packet.destination), (row.destination, packet.source)):
            if end == "any" and not inside and self.roles.of(opposite)[1].intersection(INNER_SIDES):
                return False
        return True

    def matches(self, packet, side):
        """The match set: (row, sense) in order of precedence."""
        back = packet.reversed()
        found = []
        for _, row, sense in self.senses:
            if sense == "forward":
                if self.is_forward(row, packet, side):
                    found.append((row, sense))
            elif not packet.syn and row.id not in self.forward_only and self.is_forward(row, back, side):
                found.append((row, sense))
        return found

    def decide(self, packet, side):
        """(deciding row or None, miss or None, match set)."""
        key = (packet.key(), side)
        if key not in self.cache:
            self.cache[key] = self.find(packet, side)
        return self.cache[key]

    def is_spoofed(self, packet, side):
        _, sides, source_protected = self.roles.of(packet.source)
        return source_protected and bool(sides) and side != "mirror" and side not in sides

    def deny_row(self, packet):
        """(list, sense) that holds an end of the packet, or None."""
        for address, sense in ((packet.source, "forward"), (packet.destination, "reply")):
            for row in self.deny_lists:
                if contains(row.prefixes, address):
                    return row, sense
        return None

    def find(self, packet, side):
        if is_martian(packet):
            return None, "martian", []
        found = self.matches(packet, side)
        if self.is_spoofed(packet, side) and not any(row.dhcp for row, _ in found):
            return None, "spoofed", []
        if denied := self.deny_row(packet):
            return denied[0], None, [denied]
        for row, _ in found:
            if not row.annotation:
                return row, None, found
        return None, self.miss(packet), found

    def miss(self, packet):
        ends = (packet.source, packet.destination)
        if packet.proto == ESP or (packet.proto == UDP and {packet.sport, packet.dport} & {500, 4500}):
            for row in self.active:
                named = [end for end in (row.source, row.destination) if end != "any"]
                if row.annotation and any(end in self.roles.of(address)[0] for end in named for address in ends):
                    return "ipsec"
        if packet.l4 == "other":
            return "ip-other"
        return "unmatched" if any(self.roles.of(address)[2] for address in ends) else "foreign"


# --- counting and comparing ----------------------------------------------------------------------


class Counts:
    """Packets and bytes by row and kind, by miss, by verdict, and in all."""

    def __init__(self):
        self.rows = defaultdict(lambda: defaultdict(lambda: [0, 0]))
        self.misses = defaultdict(lambda: [0, 0])
        self.reasons = defaultdict(lambda: [0, 0])
        self.exempts = defaultdict(lambda: [0, 0])
        self.total = [0, 0]

    def count(self, guard, time, nic, frame):
        """Returns whether the frame is dropped, or in rehearsal would be."""
        self.add(self.total, frame)
        packet = parse_frame(frame)
        outcome = guard.judge(time, guard.policy.sides[nic], frame, packet)
        if outcome.reason:
            self.add(self.reasons[outcome.reason, guard.policy.roles.hit(packet), nic], frame)
        if outcome.exempt:
            self.add(self.exempts[outcome.exempt, nic], frame)
        if outcome.row:
            self.add(self.rows[outcome.row.id]["decided"], frame)
        else:
            self.add(self.misses[outcome.miss], frame)
        senses = defaultdict(set)
        for other, sense in outcome.found:
            senses[other.id].add(sense)
        for name, seen in senses.items():
            self.add(self.rows[name]["matched"], frame)
            if seen == {"reply"}:
                self.add(self.rows[name]["reply"], frame)
            if "forward" in seen and packet.syn:
                self.add(self.rows[name]["new"], frame)
        return outcome.reason is not None

    @staticmethod
    def add(counter, frame):
        counter[0] += 1
        counter[1] += len(frame)


def pair(counter):
    return [counter["packets"], counter["bytes"]]


def compare(policy, counts, stats, out=sys.stdout):
    """Prints the table; returns how many lines differ."""
    told = {row["id"]: row for row in stats["rows"]}
    differing = 0
    width = max(len(row.id) for row in policy.rows)
    print(f"{'row':{width}}  {'captured':>18}  {'counted':>18}  equal", file=out)

    def line(name, captured, counted, detail=""):
        nonlocal differing
        equal = captured == counted and not detail
        differing += not equal
        if equal and captured == [0, 0]:
            return
        print(
            f"{name:{width}}  {captured[0]:>7} {captured[1]:>8} B  {counted[0]:>7} {counted[1]:>8} B  "
            f"{'yes' if equal else 'NO' + detail}",
            file=out,
        )

    for row in policy.deny_lists + policy.rows:
        if row.id not in told:
            line(row.id, counts.rows[row.id]["decided"], [0, 0], " (not in the statistics)")
            continue
        detail = ""
        if told[row.id]["active"] != (row.deny_list or row in policy.active):
            detail += " (active?)"
        for kind in ("matched", "reply"):
            if counts.rows[row.id][kind] != pair(told[row.id][kind]):
                detail += f" ({kind}: {counts.rows[row.id][kind]} captured, {pair(told[row.id][kind])} counted)"
        if counts.rows[row.id]["new"][0] != told[row.id]["new"]:
            detail += f" (new: {counts.rows[row.id]['new'][0]} captured, {told[row.id]['new']} counted)"
        line(row.id, counts.rows[row.id]["decided"], pair(told[row.id]["decided"]), detail)
    for name in MISSES:
        line(f"miss: {name}", counts.misses[name], pair(stats["misses"][name]))
    line("total", counts.total, pair(stats["total"]))
    unknown = set(told) - {row.id for row in policy.deny_lists + policy.rows}
    for name in sorted(unknown):
        line(name, [0, 0], pair(told[name]["decided"]), " (not in the tables)")
    return differing


def told_verdicts(entries, keys):
    """What `stats` says of dropped, would_drop or exempt: {key: [packets, bytes]}."""
    return {tuple(entry[key] for key in keys): pair(entry) for entry in entries}


def summed(counters, name):
    """Over roles and interfaces."""
    found = [counter for key, counter in counters.items() if key[0] == name]
    return [sum(counter[0] for counter in found), sum(counter[1] for counter in found)]


def compare_verdicts(mode, counts, stats, out=sys.stdout):
    """Prints why packets were, or would have been, dropped, and what passed by name; each compared by role and NIC too.
    Returns how many lines differ."""
    differing = 0
    print(f"{'verdict':32}  {'captured':>18}  {'counted':>18}  equal", file=out)
    dropped, would = (counts.reasons, {}) if mode == "enforce" else ({}, counts.reasons)
    by_role = ("reason", "role", "interface")
    for title, names, captured, counted in (
        ("dropped: ", REASONS, dropped, told_verdicts(stats["dropped"], by_role)),
        ("would be dropped: ", REASONS, would, told_verdicts(stats["would_drop"], by_role)),
        ("passed by name: ", EXEMPTS, counts.exempts, told_verdicts(stats["exempt"], ("name", "interface"))),
    ):
        for name in names:
            of_name = {key for key in captured.keys() | counted.keys() if key[0] == name}
            wrong = [key for key in sorted(of_name) if captured.get(key, [0, 0]) != counted.get(key, [0, 0])]
            if not of_name:
                continue
            ours, theirs = summed(captured, name), summed(counted, name)
            detail = "".join(
                f" ({'/'.join(key[1:])}: {captured.get(key)} captured, {counted.get(key)} counted)" for key in wrong
            )
            print(
                f"{title + name:32}  {ours[0]:>7} {ours[1]:>8} B  {theirs[0]:>7} {theirs[1]:>8} B  "
                f"{'NO' + detail if wrong else 'yes'}",
                file=out,
            )
            differing += bool(wrong)
    for event in stats["events"]:
        if event["name"].endswith(("-evicted", "-full")):
            print(f"{event['name']}: {event['count']}: what xdp-edge remembered is not what this program remembers", file=out)
            differing += 1
    return differing


def show(policy, counts, out=sys.stdout):
    for row in policy.deny_lists + policy.rows:
        if row.id in counts.rows:
            kinds = counts.rows[row.id]
            print(
                f"{row.id:42} decided {kinds['decided'][0]:6} matched {kinds['matched'][0]:6} "
                f"reply {kinds['reply'][0]:6} new {kinds['new'][0]:4}",
                file=out,
            )
    for name in MISSES:
        print(f"miss: {name:36} {counts.misses[name][0]:14}", file=out)
    for name in REASONS:
        print(f"dropped: {name:33} {summed(counts.reasons, name)[0]:14}", file=out)
    for name in EXEMPTS:
        print(f"passed by name: {name:26} {summed(counts.exempts, name)[0]:14}", file=out)
    print(f"total {counts.total[0]:51}", file=out)


class Passage:
    """The frames sent to each NIC and those that came through, whatever their order."""

    def __init__(self, directory, captures):
        self.left = {}  # by NIC: how often a frame came through
        self.lost = {}  # by NIC: how often it did not
        for path in captures:
            nic = nic_of(path)
            self.left[nic] = Counter(frame for _, frame in read_capture(os.path.join(directory, f"{nic}.pcap")))
            self.lost[nic] = Counter(frame for _, frame in read_capture(path))
            self.lost[nic].subtract(self.left[nic])

    def was_dropped(self, nic, frame):
        return self.lost[nic][frame] > 0


def nic_of(path):
    return os.path.basename(path).partition(".")[0]


def frames_in_time(paths):
    """(time, NIC, frame) of all captures, in the order of their times."""

    def stamped(path):
        return ((time, nic_of(path), frame) for time, frame in read_capture(path))

    return heapq.merge(*(stamped(path) for path in paths), key=lambda item: item[0])


def count_all(policy, site, captures, passage):
    """(Counts, differing frames): the second is 0 without `passage`."""
    counts, enforces, nic = Counts(), site["mode"] == "enforce", None

    def was_dropped(frame):
        """Of the NIC at hand; None: not known."""
        return passage.was_dropped(nic, frame) if passage and enforces else None

    guard = Guard(policy, site, was_dropped)
    expected = {nic_of(path): Counter() for path in captures}
    for time, nic, frame in frames_in_time(captures):
        dropped = counts.count(guard, time, nic, frame)
        if not (dropped and enforces):
            expected[nic][frame] += 1
    return counts, compare_passage(expected, passage) if passage else 0


def compare_passage(expected, passage, out=sys.stdout):
    """How many distinct frames came through more or less often than they were to."""
    differing = 0
    for nic, frames in expected.items():
        for frame in frames.keys() | passage.left[nic].keys():
            came = passage.left[nic][frame]
            if frames[frame] != came:
                differing += 1
                if differing <= 10:
                    print(f"{nic}: came through {came} times, expected {frames[frame]}: {frame[:64].hex()}", file=out)
    return differing


def main():
    parser = argparse.ArgumentParser(description="counts captured frames by row and compares with xdp-edge stats -j")
    parser.add_argument("spec")
    parser.add_argument("site")
    parser.add_argument("--mode", choices=("monitor", "rehearse", "enforce"), help="instead of the site's")
    parser.add_argument("--stats")
    parser.add_argument("--passed", help="directory of captures of what came through")
    parser.add_argument("captures", nargs="+")
    arguments = parser.parse_args()
    try:
        with open(arguments.site, encoding="utf-8") as file:
            site = yaml.safe_load(file)
        site["mode"] = arguments.mode or site.get("mode", "monitor")
        policy = Policy(arguments.spec, site)
        passage = Passage(arguments.passed, arguments.captures) if arguments.passed else None
        counts, differing = count_all(policy, site, arguments.captures, passage)
        if not arguments.stats:
            show(policy, counts)
            return 1 if differing else 0
        with open(arguments.stats, encoding="utf-8") as file:
            stats = json.load(file)
    except (Unsupported, OSError, KeyError, ValueError) as error:
        print(f"expect.py: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    if counts.total[0] == 0:
        print("nothing was captured: that proves nothing")
        return 1
    if passage:
        came = sum(frames.total() for frames in passage.left.values())
        dropped = sum(counter[0] for counter in counts.reasons.values()) if site["mode"] == "enforce" else 0
        print(f"{counts.total[0]} frames sent, {came} came through, {dropped} to be dropped: {differing} frames differ")
    differing += compare(policy, counts, stats)
    differing += compare_verdicts(site["mode"], counts, stats)
    print(f"{counts.total[0]} frames; {len(policy.rows)} rows and their matched, reply and new compared: {differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
