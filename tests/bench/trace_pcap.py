#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Makes a capture file (pcap, Ethernet) of a trace by rules.py: a frame a line.

    trace_pcap.py TRACE PCAP [FRAMES]

A line is PROTO SADDR DADDR SPORT DPORT, PROTO tcp, udp or a number. TCP packets carry ACK, not SYN.
"""

import ipaddress
import struct
import sys

PROTOCOLS = {"tcp": 6, "udp": 17}


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(line):
    name, source, destination, sport, dport = line.split()
    protocol = PROTOCOLS.get(name) or int(name)
    source, destination = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    if protocol == 6:
        payload = struct.pack("!HHIIBBHHH", int(sport), int(dport), 1, 1, 0x50, 0x10, 65535, 0, 0)
    elif protocol == 17:
        payload = struct.pack("!HHHH", int(sport), int(dport), 8, 0)
    else:
        payload = b""
    if source.version == 4:
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0,
                             source.packed, destination.packed)
        header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
        ethertype = 0x0800
    else:
        header = struct.pack("!IHBB16s16s", 6 << 28, len(payload), protocol, 64, source.packed,
                             destination.packed)
        ethertype = 0x86DD
    return bytes(12) + struct.pack("!H", ethertype) + header + payload


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    most = int(sys.argv[3]) if len(sys.argv) == 4 else None
    with open(sys.argv[1]) as trace, open(sys.argv[2], "wb") as out:
        out.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for n, line in enumerate(trace):
            if n == most:
                break
            data = frame(line)
            out.write(struct.pack("=IIII", n // 1000000, n % 1000000, len(data), len(data)) + data)


if __name__ == "__main__":
    main()
