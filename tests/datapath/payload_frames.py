#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sends frames with real payloads, one after the other.

    payload_frames.py < LINES

A line: NIC udp SADDR SPORT DADDR DPORT PAYLOAD, or NIC tcp SADDR SPORT DADDR DPORT FLAGS PAYLOAD. IPv4. They leave by
NIC-far, the other end of the NIC that they are for. FLAGS: letters of SAFR.
PAYLOAD: a name of PAYLOADS, or hex; "-": none. Frames shorter than 60 bytes are padded, as Ethernet does.
"""
import socket
import struct
import sys

TRANSACTION = '5e0a913c77c204d81b6fe3209a48bd55'
PAYLOADS = {
    '-': '',
    'binding': '00010000 2112a442 b7e7a701bc34d686fa87dfae',
    'allocate': '00030010' + TRANSACTION + '000f000472c64bc6 8008000400000003',
    'set-active': '00060014' + TRANSACTION + '000f000472c64bc6 00110008 0001c350c6336407',
    'channel': '40000004 80001234',
    'rtp': '80001234 000000a0 deadbeef d5d5d5d5',
    'hello': '160301002d 01000029 0301c1227f9d',
    'server-hello': '160301004e 02000046 03014ea2d6de',
    'tls': '1603030050 0200004c 0303',
    'query': '1a2b0100 0001000000000000 0377777700 00010001',
    'answer': '1a2b8180 0001000100000000 0377777700 00010001',
    'get': b'GET / HTTP/1.1\r\n\r\n'.hex(),
    'ssh': b'SSH-2.0-x\r\n'.hex(),
}


def transport(words):
    sport, dport = int(words[2]), int(words[4])
    payload = bytes.fromhex(PAYLOADS.get(words[-1], words[-1]))
    if words[0] == 'udp':
        return 17, struct.pack('!HHHH', sport, dport, 8 + len(payload), 0) + payload
    flags = sum({'F': 1, 'S': 2, 'R': 4, 'A': 16}[c] for c in words[5])
    return 6, struct.pack('!HHIIBBHHH', sport, dport, 1, 1, 5 << 4, flags, 65535, 0, 0) + payload


def frame(words):
    proto, segment = transport(words)
    ip = struct.pack('!BBHHHBBH4s4s', 0x45, 0, 20 + len(segment), 0, 0, 64, proto, 0, socket.inet_aton(words[1]),
                     socket.inet_aton(words[3]))
    whole = bytes.fromhex('020000000002 020000000001 0800') + ip + segment
    return whole + b'\xee' * (60 - len(whole))


def main():
    senders = {}
    for line in sys.stdin:
        nic, *words = line.split()
        if nic not in senders:
            senders[nic] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            senders[nic].bind((nic + '-far', 0))
        senders[nic].send(frame(words))


main()
