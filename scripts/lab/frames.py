# SPDX-License-Identifier: GPL-2.0-only
"""
Reads captures and says what a frame is: addresses, protocol, ports, or why it has none. Used by expect.py and
verdicts.py; shares nothing with the program that it is a check of.
"""
import ipaddress
import struct

ICMP, TCP, UDP, ESP, ICMP6 = 1, 6, 17, 50, 58


class Unsupported(Exception):
    """The input asks for something that this counter does not know."""


class Packet:
    """Addresses, protocol and ports of a frame; sport and dport only for TCP and UDP."""

    flags = 0  # of TCP
    icmp = None  # (type, code)
    hops = 0  # IPv6: the hop limit
    fragment = None  # of a first fragment: what its later ones are known by

    def __init__(self, source, destination, proto, sport=None, dport=None, flags=0):
        self.source, self.destination = source, destination
        self.proto, self.sport, self.dport, self.flags = proto, sport, dport, flags
        self.syn = flags & 0x12 == 0x02
        self.l4 = {TCP: "tcp", UDP: "udp"}.get(proto, "other")

    def reversed(self):
        return Packet(self.destination, self.source, self.proto, self.dport, self.sport, self.flags)

    def key(self):
        return self.source, self.destination, self.proto, self.sport, self.dport, self.syn


class LaterFragment(str):
    """The miss `fragment`, with addresses and what its first fragment is known by."""

    def __new__(cls, source, destination, key):
        later = super().__new__(cls, "fragment")
        later.source, later.destination, later.fragment = source, destination, key
        return later


def parse_frame(frame):
    """A Packet, or the name of a miss."""
    if len(frame) < 14:
        return "malformed"
    (ethertype,) = struct.unpack_from("!H", frame, 12)
    if ethertype in (0x8100, 0x88A8, 0x9100):
        raise Unsupported("a VLAN tag: the lab has none")
    if ethertype == 0x0800:
        return parse_ipv4(frame[14:])
    if ethertype == 0x86DD:
        return parse_ipv6(frame[14:])
    return "non-ip"


def parse_ipv4(packet):
    if len(packet) < 20 or packet[0] >> 4 != 4:
        return "malformed"
    header = (packet[0] & 15) * 4
    total, identification, offset = struct.unpack_from("!HHH", packet, 2)
    if header < 20 or not header <= total <= len(packet):
        return "malformed"
    source, destination = ipaddress.IPv4Address(packet[12:16]), ipaddress.IPv4Address(packet[16:20])
    key = source, destination, packet[9], identification
    if offset & 0x1FFF:
        return LaterFragment(source, destination, key)
    return parse_l4(source, destination, packet[9], packet[header:total], key if offset & 0x2000 else None)


def parse_ipv6(packet):
    if len(packet) < 40 or packet[0] >> 4 != 6:
        return "malformed"
    (length,) = struct.unpack_from("!H", packet, 4)
    if 40 + length > len(packet):
        return "malformed"
    source, destination = ipaddress.IPv6Address(packet[8:24]), ipaddress.IPv6Address(packet[24:40])
    following, payload = packet[6], packet[40 : 40 + length]
    first, extensions, seen_fragment = None, 0, False
    while following in (0, 43, 44, 51, 60, 135, 139, 140):
        extensions += 1
        if extensions > 8:
            return "too-deep"
        if len(payload) < 8 or (following == 0 and extensions > 1) or (following == 44 and seen_fragment):
            return "malformed"
        size = (payload[1] + 1) * 8
        if following == 44:
            size, seen_fragment = 8, True
            offset, identification = struct.unpack_from("!HI", payload, 2)
            key = source, destination, 0, identification
            if offset & 0xFFF8:
                return LaterFragment(source, destination, key)
            first = key if offset & 1 else None
        elif following == 51:
            size = (payload[1] + 2) * 4
        if size > len(payload):
            return "malformed"
        following, payload = payload[0], payload[size:]
    found = parse_l4(source, destination, following, payload, first)
    if isinstance(found, Packet):
        found.hops = packet[7]
    return found


def parse_l4(source, destination, proto, payload, first_fragment):
    found = parse_ports(source, destination, proto, payload, first_fragment is not None)
    if isinstance(found, Packet):
        found.fragment = first_fragment
        if proto in (ICMP, ICMP6) and len(payload) >= 2:
            found.icmp = payload[0], payload[1]
    return found


def parse_ports(source, destination, proto, payload, first_fragment):
    if proto == TCP:
        if len(payload) < 20:
            return "malformed"
        header = (payload[12] >> 4) * 4
        if header < 20 or (header > len(payload) and not first_fragment):
            return "malformed"
        return Packet(source, destination, proto, *struct.unpack_from("!HH", payload), payload[13])
    if proto == UDP:
        if len(payload) < 8:
            return "malformed"
        sport, dport, length = struct.unpack_from("!HHH", payload)
        if length < 8 or (length > len(payload) and not first_fragment):
            return "malformed"
        return Packet(source, destination, proto, sport, dport)
    return Packet(source, destination, proto)


def read_capture(path):
    """Yields (time in seconds, whole frame) of a pcap file of Ethernet."""
    with open(path, "rb") as file:
        header = file.read(24)
        fractions = {b"\xd4\xc3\xb2\xa1": 1e-6, b"\x4d\x3c\xb2\xa1": 1e-9}
        if len(header) < 24 or header[:4] not in fractions:
            raise Unsupported(f"{path}: not a little-endian pcap file")
        if struct.unpack_from("<I", header, 20)[0] != 1:
            raise Unsupported(f"{path}: not Ethernet")
        fraction = fractions[header[:4]]
        while record := file.read(16):
            seconds, part, captured, length = struct.unpack("<IIII", record)
            frame = file.read(captured)
            if captured != length or len(frame) != captured:
                raise Unsupported(f"{path}: a frame was cut short")
            yield seconds + part * fraction, frame
