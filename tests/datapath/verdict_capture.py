#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes a capture in which every verdict and reason of loader/policy/VERDICTS.md comes up, and what is to become of each frame;
then frames at random, of which only different runs are to be compared.

verdict_capture.py CAPTURE EXPECTED [RANDOM-FRAMES]

EXPECTED has a line for each frame of the first part: `pass`, `pass NAME` or `drop REASON`. The site is that of ops_replay.sh, the
frames enter from dmz-external."""
import random
import socket
import struct
import sys

CLIENT, OTHER, LISTED = "192.0.2.1", "192.0.2.9", "192.0.2.70"
ACCESS, AV, INSIDE = "203.0.113.10", "203.0.113.30", "10.0.1.11"
FIN, SYN, RST, ACK = 1, 2, 4, 16
TCP, UDP, ICMP, ESP = 6, 17, 1, 50


def ethernet(ethertype, payload, tags=(), to="020000000002"):
    head = bytes.fromhex(to + "020000000001")
    for tpid, vid in tags:
        head += struct.pack(">HH", tpid, vid)
    return head + struct.pack(">H", ethertype) + payload


def ip4(source, destination, proto, payload, fragment=0, ident=1, ihl=5):
    return struct.pack(">BBHHHBBH4s4s", 0x40 | ihl, 0, 20 + len(payload), ident, fragment, 64, proto, 0,
                       socket.inet_aton(source), socket.inet_aton(destination)) + payload


def ip6(source, destination, proto, payload, hops=64):
    return struct.pack(">IHBB16s16s", 6 << 28, len(payload), proto, hops, socket.inet_pton(socket.AF_INET6, source),
                       socket.inet_pton(socket.AF_INET6, destination)) + payload


def tcp(source, sport, destination, dport, flags):
    segment = struct.pack(">HHIIBBHHH", sport, dport, 1, 0, 5 << 4, flags, 65535, 0, 0)
    return ethernet(0x0800, ip4(source, destination, TCP, segment))


def udp(source, sport, destination, dport, fragment=0, ident=1, size=16):
    datagram = struct.pack(">HHHH", sport, dport, 8 + size, 0) + b"x" * size
    return ethernet(0x0800, ip4(source, destination, UDP, datagram, fragment, ident))


def later(source, destination, ident, proto=UDP):
    return ethernet(0x0800, ip4(source, destination, proto, b"y" * 16, 3, ident))


def icmp(source, destination, kind, code=0):
    return ethernet(0x0800, ip4(source, destination, ICMP, struct.pack(">BBHI", kind, code, 0, 0)))


MORE = 0x2000


def scenarios():
    """(seconds since the one before, frame, what is to become of it)"""
    # a TCP flow of a service, forward and back; nothing without its forward packets
    yield 0, tcp(ACCESS, 443, CLIENT, 50000, ACK), "drop unsolicited"
    yield 1, tcp(CLIENT, 50000, ACCESS, 443, SYN), "pass"
    yield .1, tcp(ACCESS, 443, CLIENT, 50000, SYN | ACK), "pass"
    yield .1, tcp(CLIENT, 50000, ACCESS, 443, ACK), "pass"
    yield 7000, tcp(ACCESS, 443, CLIENT, 50000, ACK), "pass"
    yield .1, tcp(ACCESS, 443, CLIENT, 50001, ACK), "drop unsolicited"
    # a RST that nobody obeyed: what follows revives the flow, a reply for thirty seconds
    yield .1, tcp(CLIENT, 50000, ACCESS, 443, RST), "pass"
    yield 9, tcp(ACCESS, 443, CLIENT, 50000, ACK), "pass"
    yield 29, tcp(ACCESS, 443, CLIENT, 50000, ACK), "pass"
    yield 32, tcp(ACCESS, 443, CLIENT, 50000, ACK), "drop unsolicited"
    # closed by RST: ten seconds
    yield .1, tcp(CLIENT, 50003, ACCESS, 443, SYN), "pass"
    yield .1, tcp(ACCESS, 443, CLIENT, 50003, SYN | ACK), "pass"
    yield .1, tcp(CLIENT, 50003, ACCESS, 443, ACK), "pass"
    yield .1, tcp(CLIENT, 50003, ACCESS, 443, RST), "pass"
    yield 12, tcp(ACCESS, 443, CLIENT, 50003, ACK), "drop unsolicited"
    # FIN in one direction does not close it, FIN in both does
    for flags in (SYN, ACK):
        yield .1, tcp(CLIENT, 50002, ACCESS, 443, flags), "pass"
        yield .1, tcp(ACCESS, 443, CLIENT, 50002, ACK), "pass"
    yield .1, tcp(CLIENT, 50002, ACCESS, 443, ACK), "pass"
    yield .1, tcp(CLIENT, 50002, ACCESS, 443, FIN | ACK), "pass"
    yield 60, tcp(ACCESS, 443, CLIENT, 50002, ACK), "pass"
    yield .1, tcp(ACCESS, 443, CLIENT, 50002, FIN | ACK), "pass"
    yield 12, tcp(ACCESS, 443, CLIENT, 50002, ACK), "drop unsolicited"
    # source port 53 is no key to the house
    yield 1, udp(ACCESS, 40000, CLIENT, 53), "pass"
    yield .1, udp(CLIENT, 53, ACCESS, 40000), "pass"
    yield .1, udp(CLIENT, 53, ACCESS, 40001), "drop unsolicited"
    yield .1, udp(OTHER, 53, ACCESS, 40000), "drop unsolicited"
    yield 29, udp(CLIENT, 53, ACCESS, 40000), "pass"
    yield 32, udp(CLIENT, 53, ACCESS, 40000), "drop unsolicited"
    # established UDP lives 300 s
    yield 1, udp(ACCESS, 40002, CLIENT, 53), "pass"
    yield .1, udp(CLIENT, 53, ACCESS, 40002), "pass"
    yield .1, udp(ACCESS, 40002, CLIENT, 53), "pass"
    yield 299, udp(CLIENT, 53, ACCESS, 40002), "pass"
    yield 302, udp(CLIENT, 53, ACCESS, 40002), "drop unsolicited"
    # UDP 3478 is a service in either direction
    yield 1, udp(CLIENT, 3478, AV, 3478), "pass"
    yield .1, udp(AV, 3478, OTHER, 3478), "pass"
    # a reply that is also forward of a later row
    yield .1, tcp(CLIENT, 443, AV, 50123, ACK), "pass"
    # no row, no protected end, both
    yield .1, tcp(CLIENT, 50000, ACCESS, 22, SYN), "drop unmatched"
    yield .1, udp(CLIENT, 1, OTHER, 2), "drop foreign"
    yield .1, tcp(ACCESS, 40000, CLIENT, 25, SYN), "drop unmatched"
    # before rows
    yield .1, tcp("127.0.0.1", 50000, ACCESS, 443, SYN), "drop martian"
    yield .1, udp(CLIENT, 1, "240.1.2.3", 2), "drop martian"
    yield .1, tcp(INSIDE, 50000, ACCESS, 443, SYN), "drop spoofed"
    yield .1, tcp(LISTED, 50000, ACCESS, 443, SYN), "drop deny-list"
    yield .1, tcp(ACCESS, 443, LISTED, 50000, ACK), "drop deny-list"
    yield .1, icmp(LISTED, ACCESS, 8), "drop deny-list"
    yield .1, later(LISTED, ACCESS, 7), "drop deny-list"
    yield .1, tcp(CLIENT, 50000, ACCESS, 9000, SYN), "drop deny-row"
    yield .1, tcp(ACCESS, 9000, CLIENT, 50000, ACK), "drop deny-row"
    # limits: new flows, then every packet
    for i in range(5):
        yield .001, udp(CLIENT, 6000 + i, ACCESS, 9001), "pass" if i < 3 else "drop limited"
    for _ in range(5):
        yield .001, udp(CLIENT, 6000, ACCESS, 9001), "pass"
    yield .001, udp(OTHER, 6000, ACCESS, 9001), "pass"
    for i in range(4):
        yield 1 if i == 0 else .001, udp(CLIENT, 6010 + i, ACCESS, 9001), "pass" if i < 2 else "drop limited"
    for i in range(5):
        yield .001, udp(CLIENT, 6000, ACCESS, 9002), "pass" if i < 3 else "drop limited"
    # what a limit kept out began no flow
    yield .001, udp(ACCESS, 9001, CLIENT, 6003), "drop unsolicited"
    yield .001, udp(ACCESS, 9001, CLIENT, 6001), "pass"
    # fragments share the fate of the first
    yield 1, udp(CLIENT, 3478, AV, 3478, MORE, 100), "pass"
    yield .1, later(CLIENT, AV, 100), "pass"
    yield .1, later(CLIENT, AV, 101), "drop fragment-orphan"
    yield .1, udp(CLIENT, 1000, AV, 3479, MORE, 102), "drop unmatched"
    yield .1, later(CLIENT, AV, 102), "drop fragment-denied"
    yield .1, later(CLIENT, OTHER, 103), "pass"
    yield 32, later(CLIENT, AV, 100), "drop fragment-orphan"
    yield .1, later(INSIDE, ACCESS, 1), "drop spoofed"
    # other protocols, and what passes by name
    yield .1, icmp(CLIENT, ACCESS, 8), "drop echo"
    yield .1, icmp(CLIENT, ACCESS, 0), "drop echo"
    yield .1, icmp(CLIENT, ACCESS, 3, 4), "pass pmtu"
    yield .1, icmp(CLIENT, ACCESS, 3, 3), "drop ip-other"
    yield .1, icmp(CLIENT, ACCESS, 13), "drop ip-other"
    yield .1, ethernet(0x0800, ip4(CLIENT, AV, 47, b"z" * 8)), "drop ip-other"
    yield .1, ethernet(0x0800, ip4(CLIENT, AV, ESP, b"z" * 16)), "drop ipsec"
    yield .1, ethernet(0x86dd, ip6("fe80::1", "ff02::1:ff00:1", 58, struct.pack(">BBHI", 135, 0, 0, 0) + bytes(16), 255)), "pass nd"
    yield .1, ethernet(0x86dd, ip6("fe80::1", "ff02::1:ff00:1", 58, struct.pack(">BBHI", 135, 0, 0, 0) + bytes(16), 64)), "drop foreign"
    yield .1, udp("0.0.0.0", 68, "255.255.255.255", 67, size=240), "pass dhcp"
    yield .1, ethernet(0x0806, bytes(28)), "pass arp"
    yield .1, ethernet(0x88cc, bytes(46)), "pass lldp"
    yield .1, ethernet(0x888e, bytes(46)), "pass eapol"
    yield .1, ethernet(0x8809, bytes(46)), "pass lacp"
    yield .1, ethernet(0x8863, bytes(46)), "pass pppoe-discovery"
    yield .1, ethernet(38, bytes(46), to="0180c2000000"), "pass stp"
    yield .1, ethernet(38, bytes(46)), "drop non-ip"
    yield .1, ethernet(0x88f7, bytes(46)), "drop non-ip"
    yield .1, ethernet(0x0800, ip4(CLIENT, ACCESS, UDP, bytes(8), ihl=4)), "drop malformed"
    yield .1, b"short", "drop malformed"
    yield .1, ethernet(0x0800, ip4(CLIENT, ACCESS, UDP, bytes(8)), [(0x8100, 0)] * 3), "drop too-deep"


def anything(rng):
    """Mostly flows between few ends, so that they meet."""
    source, destination = rng.sample([CLIENT, OTHER, "192.0.2.17", ACCESS, ACCESS, AV, AV, "198.51.100.4"], 2)
    ports = [443, 443, 3478, 53, 5061, 9000, 9001, 9001, 9002, 50123, 40000, 40001, 7]
    kind = rng.randrange(20)
    if kind < 8:
        return tcp(source, rng.choice(ports), destination, rng.choice(ports), rng.choice([SYN, SYN | ACK, ACK, ACK, ACK, ACK | FIN, RST]))
    if kind < 15:
        return udp(source, rng.choice(ports), destination, rng.choice(ports), rng.choice([0, 0, 0, MORE]), rng.randrange(8))
    if kind < 17:
        return later(source, destination, rng.randrange(8))
    if kind < 19:
        return icmp(source, destination, rng.choice([0, 3, 8, 11]), rng.choice([0, 4]))
    return rng.choice([frame for _, frame, _ in scenarios()])


def main():
    capture, expected, n = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0
    rng = random.Random(4)
    now = 1_700_000_000_000_000
    with open(capture, "wb") as out, open(expected, "w", encoding="ascii") as verdicts:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))

        def write(seconds, frame):
            nonlocal now
            now += round(seconds * 1_000_000)
            out.write(struct.pack("<IIII", now // 1_000_000, now % 1_000_000, len(frame), len(frame)) + frame)

        for seconds, frame, verdict in scenarios():
            write(seconds, frame)
            verdicts.write(verdict + "\n")
        # what the scenarios left behind is gone
        write(8000, b"short")
        for _ in range(n):
            write(rng.expovariate(1 / rng.choice([.01, .01, 1, 20])), anything(rng))


main()
