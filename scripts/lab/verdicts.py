# SPDX-License-Identifier: GPL-2.0-only
"""
What becomes of a captured frame (loader/policy/VERDICTS.md): passed, passed by name, or dropped and why. One frame after
the other in the order of their times, with everything that a verdict remembers in plain dictionaries. Used by expect.py;
shares nothing with the program that it is a check of. What it does not know (NAT, tables that run full) it refuses.
"""
import ipaddress
import struct

from frames import ICMP, ICMP6, TCP, UDP, Unsupported

REASONS = (
    "unmatched",
    "foreign",
    "martian",
    "spoofed",
    "deny-list",
    "deny-row",
    "limited",
    "unsolicited",
    "fragment-denied",
    "fragment-orphan",
    "ip-other",
    "ipsec",
    "echo",
    "non-ip",
    "malformed",
    "too-deep",
)
EXEMPTS = ("arp", "lldp", "stp", "eapol", "lacp", "pppoe-discovery", "nd", "pmtu", "echo", "dhcp")
ETHERTYPES = {0x0806: "arp", 0x88CC: "lldp", 0x888E: "eapol", 0x8809: "lacp", 0x8863: "pppoe-discovery"}
BRIDGES = (bytes.fromhex("0180c2000000"), bytes.fromhex("01000ccccccd"))
SECONDS = {"s": 1, "m": 60, "h": 3600}
NEW, ESTABLISHED = 30, {TCP: 7440, UDP: 300}
CLOSING, OTHER, FRAGMENT = 10, 60, 30
# What the program's clock may see later than the capture's, in seconds.
LATE = 0.05

NETWORKS = lambda *texts: [ipaddress.ip_network(text) for text in texts]  # noqa: E731
MARTIAN_SOURCES = NETWORKS("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::1", "ff00::/8", "::ffff:0:0/96")
MARTIAN_DESTINATIONS = NETWORKS("0.0.0.0/8", "127.0.0.0/8", "240.0.0.0/4", "::1", "::ffff:0:0/96")


def contains(prefixes, address):
    return any(address in prefix for prefix in prefixes)


def is_martian(packet):
    source, destination = packet.source, packet.destination
    return (contains(MARTIAN_SOURCES, source) and str(source) != "0.0.0.0") or (
        contains(MARTIAN_DESTINATIONS, destination) and str(destination) != "255.255.255.255"
    )


class Limit:
    """`limit: 50/s burst 100 per source`, seconds between two tokens and seconds that one may be early."""

    def __init__(self, text, of):
        words = text.split()
        count, _, unit = words[0].partition("/")
        burst = int(words[2]) if words[1] == "burst" else int(count)
        self.interval = SECONDS[unit] / int(count)
        self.tolerance = (burst - 1) * self.interval
        self.every_packet = of == "packets"


class Flow:
    """What is remembered of one conversation."""

    def __init__(self):
        self.state, self.seen, self.fins = "new", 0, set()

    def life(self, proto):
        if self.state == "closing":
            return CLOSING
        return ESTABLISHED.get(proto, OTHER) if self.state == "established" else NEW


class Outcome:
    """counted: the row, sense and match set after all; reason: why dropped, or None; exempt: the name that let it pass."""

    def __init__(self, row, miss, found):
        self.row, self.miss, self.found = row, miss, found
        self.reason = self.exempt = None


class Guard:
    """The site's verdicts, asked in order of time. `was_dropped(frame)` says whether a frame did not come through, or None
    where that is not known: it settles what depends on a clock finer than the capture's."""

    def __init__(self, policy, site, was_dropped):
        for word in ("nat", "payload"):
            if site.get(word):
                raise Unsupported(f"the site uses `{word}`")
        self.policy, self.was_dropped = policy, was_dropped
        self.mode = site.get("mode", "monitor")
        self.remembers = self.mode != "monitor" and site.get("state") not in ("off", False)
        self.drop_foreign = site.get("foreign") == "drop"
        self.drop_non_ip = site.get("non-ip") == "drop"
        self.drop_echo = site.get("echo") == "drop"
        self.pass_orphans = site.get("fragments") == "pass"
        self.denied, self.limits = {}, {}
        for row in policy.rows:
            self.read_verdict(row, site.get("verdicts") or [])
        self.flows, self.fragments, self.buckets = {}, {}, {}

    def read_verdict(self, row, entries):
        """The entry for the row wins over its table's, and that over its role's."""
        found = None
        for key, name in (("row", row.id), ("table", row.id.rpartition("/")[0]), ("role", row.role)):
            found = found or next((entry for entry in entries if entry.get(key) == name), None)
        if found is None:
            return
        if found.get("verdict") == "deny":
            self.denied[row.id] = True
        elif "limit" in found:
            self.limits[row.id] = Limit(found["limit"], found.get("limit_on", "new-flows"))

    # --- one frame

    def judge(self, time, side, frame, packet):
        """packet: what parse_frame says of the frame."""
        if isinstance(packet, str):
            outcome = Outcome(None, str(packet), [])
            self.judge_unparsed(outcome, time, side, frame, packet)
            return outcome
        row, miss, found = self.policy.decide(packet, side)
        outcome = Outcome(row, miss, found)
        self.judge_packet(outcome, time, side, frame, packet)
        if packet.fragment and self.mode != "monitor":
            self.fragments[packet.fragment] = (time, outcome.reason is not None)
        return outcome

    def judge_unparsed(self, outcome, time, side, frame, packet):
        if packet in ("malformed", "too-deep"):
            outcome.reason = str(packet)
        elif packet == "non-ip":
            outcome.exempt = ethernet_name(frame)
            if not outcome.exempt and self.drop_non_ip:
                outcome.reason = "non-ip"
        elif packet == "fragment":
            outcome.reason = self.address_reason(packet, side) or self.fragment_reason(time, packet)

    def address_reason(self, packet, side):
        if is_martian(packet):
            return "martian"
        if self.policy.is_spoofed(packet, side):
            return "spoofed"
        return "deny-list" if self.policy.deny_row(packet) else None

    def fragment_reason(self, time, later):
        if self.mode == "monitor":
            return None
        first, denied = self.fragments.get(later.fragment, (None, False))
        if first is not None and time - first < FRAGMENT:
            return "fragment-denied" if denied else None
        return "fragment-orphan" if self.is_guarded(later) and not self.pass_orphans else None

    def is_guarded(self, packet):
        return any(self.policy.roles.of(address)[2] for address in (packet.source, packet.destination))

    def judge_packet(self, outcome, time, side, frame, packet):
        if outcome.miss in ("martian", "spoofed"):
            outcome.reason = outcome.miss
        elif outcome.row is None:
            self.judge_miss(outcome, side, packet)
        elif outcome.row.deny_list:
            outcome.reason = "deny-list"
        elif outcome.row.id in self.denied:
            outcome.reason = "deny-row"
        else:
            self.judge_row(outcome, time, side, frame, packet)

    def judge_row(self, outcome, time, side, frame, packet):
        if not self.remembers:
            sense = next(sense for row, sense in outcome.found if row is outcome.row)
            if sense == "forward" and self.mode != "monitor":
                self.ask_limit(outcome, outcome.row, time, frame, packet, False)
            return
        place = next(i for i, (row, _) in enumerate(outcome.found) if row is outcome.row)
        flow = self.find_flow(time, packet)
        forward_row = outcome.row
        if outcome.found[place][1] == "reply":
            if outcome.row.dhcp:
                return
            if flow:
                self.keep(flow, time, packet, False)
                return
            later = outcome.found[place + 1 :]
            forward_row = next((row for row, sense in later if sense == "forward" and not row.annotation), None)
            if forward_row is None:
                self.judge_unsolicited(outcome, side, packet)
                return
            if forward_row.id in self.denied:
                outcome.reason = "deny-row"
                return
        if outcome.row.dhcp:
            return
        again = flow is not None and flow.state == "closing" and packet.syn
        self.ask_limit(outcome, forward_row, time, frame, packet, flow is not None and not again)
        if not outcome.reason:
            if flow is None:
                flow = self.flows[flow_key(packet)] = Flow()
            self.keep(flow, time, packet, True)

    def judge_unsolicited(self, outcome, side, packet):
        """A reply without a flow; one with a name passes by it and stays where it was counted."""
        if not self.judge_name(outcome, "unsolicited", side, packet):
            outcome.row, outcome.miss, outcome.found = None, "unsolicited", []
            outcome.reason = "unsolicited"

    def judge_name(self, outcome, miss, side, packet):
        """Whether the packet has a name that passes, or that the site drops."""
        outcome.exempt = self.packet_name(miss, side, packet)
        if outcome.exempt == "echo" and self.drop_echo:
            outcome.exempt, outcome.reason = None, "echo"
        return bool(outcome.exempt or outcome.reason)

    def judge_miss(self, outcome, side, packet):
        if self.judge_name(outcome, outcome.miss, side, packet):
            return
        if outcome.miss == "foreign" or not self.is_guarded(packet):
            outcome.reason = "foreign" if self.drop_foreign else None
        else:
            outcome.reason = outcome.miss

    def packet_name(self, miss, side, packet):
        kind = packet.icmp[0] if packet.icmp else -1
        if packet.proto == ICMP6:
            if (133 <= kind <= 137 and packet.hops == 255) or (kind in (130, 131, 132, 143) and packet.hops == 1):
                return "nd"
            if kind == 2:
                return "pmtu"
            return "echo" if kind in (128, 129) else None
        if packet.proto == ICMP:
            if packet.icmp == (3, 4):
                return "pmtu"
            return "echo" if kind in (0, 8) else None
        ports = {67, 68} if packet.source.version == 4 else {546, 547}
        if packet.proto == UDP and {packet.sport, packet.dport} <= ports and side != "internet":
            if miss in ("unmatched", "unsolicited") or (miss == "foreign" and self.drop_foreign):
                return "dhcp"
        return None

    # --- what is remembered

    def find_flow(self, time, packet):
        flow = self.flows.get(flow_key(packet))
        if flow and time - flow.seen > flow.life(packet.proto):
            return None
        return flow

    @staticmethod
    def keep(flow, time, packet, forward):
        flow.seen = time
        if flow.state == "new" and not forward:
            flow.state = "replied"
        elif flow.state == "replied" and forward and not packet.syn:
            flow.state = "established"
        if packet.proto != TCP:
            return
        if packet.syn and forward and flow.state == "closing":
            flow.state, flow.fins = "new", set()
        if packet.flags & 1:
            flow.fins.add(forward)
        if packet.flags & 4 or len(flow.fins) == 2:
            flow.state = "closing"

    def ask_limit(self, outcome, row, time, frame, packet, known):
        limit = self.limits.get(row.id)
        if limit is None or (known and not limit.every_packet) or not (self.remembers or limit.every_packet):
            return
        source = int(packet.source) >> (64 if packet.source.version == 6 else 0)
        key = packet.source.version, source, row.id
        full = max(self.buckets.get(key, time), time)
        early = full - time - limit.tolerance
        limited = early > 0
        if abs(early) < LATE and (seen := self.was_dropped(frame)) is not None:
            limited = seen
        if limited:
            outcome.reason = "limited"
        else:
            self.buckets[key] = full + limit.interval


def flow_key(packet):
    ends = sorted(((packet.source, packet.sport), (packet.destination, packet.dport)), key=str)
    return packet.proto, *ends


def ethernet_name(frame):
    (kind,) = struct.unpack_from("!H", frame, 12)
    if kind < 0x0600:
        return "stp" if frame[:6] in BRIDGES else None
    return ETHERTYPES.get(kind)
