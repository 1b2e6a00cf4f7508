#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""
A stream of datagrams like a call's media: one every 20 ms, each echoed, and whatever did not come back is told.

Usage: stream.py echo ADDRESS PORT              until it is ended
       stream.py send SOURCE ADDRESS PORT SECONDS
Exit code of `send`: 0 all came back, 1 some did not.
"""
import select
import socket
import struct
import sys
import time

INTERVAL = 0.02
GRACE = 1.0
RTP = struct.pack("!BBHII", 0x80, 0, 0, 0, 0x1234)


def udp_socket(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind((address, port))
    return sock


def echo(address, port):
    sock = udp_socket(address, port)
    print("ready", flush=True)
    while True:
        data, sender = sock.recvfrom(2048)
        sock.sendto(data, sender)


def take(sock, waiting, until):
    """Takes what comes back until then."""
    while (left := until - time.monotonic()) > 0:
        if select.select([sock], [], [], left)[0]:
            waiting.discard(struct.unpack("!I", sock.recv(2048)[-4:])[0])


def send(source, address, port, seconds):
    sock, waiting, number = udp_socket(source, 0), set(), 0
    begin = time.monotonic()
    while (now := time.monotonic()) - begin < seconds:
        waiting.add(number)
        sock.sendto(RTP + bytes(160) + struct.pack("!I", number), (address, port))
        number += 1
        take(sock, waiting, now + INTERVAL)
    take(sock, waiting, time.monotonic() + GRACE)
    print(f"{number} datagrams sent, {len(waiting)} lost")
    return 1 if waiting or number < seconds / INTERVAL / 4 else 0


def main(arguments):
    if len(arguments) == 3 and arguments[0] == "echo":
        return echo(arguments[1], int(arguments[2]))
    if len(arguments) == 5 and arguments[0] == "send":
        return send(arguments[1], arguments[2], int(arguments[3]), float(arguments[4]))
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
