#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Clients of `xdp-edge serve` that no library would be: slow, deaf, many, and talking nonsense.

    serve_client.py KIND HOST PORT [ARGUMENT...]

Each kind ends with exit code 0, or says on stdout what was not as it should be and ends with 1.
"""
import contextlib
import json
import random
import socket
import statistics
import struct
import sys
import time

HOST, PORT = "127.0.0.1", 9464
PATIENCE = 60  # seconds that nothing here takes on any machine


def connect(source=None):
    return socket.create_connection((HOST, PORT), timeout=PATIENCE,
                                    source_address=(source, 0) if source else None)


def answer(sock, pending=b"", head=False):
    """One answer: its status, headers, body, and what came behind it."""
    data = pending
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            raise ConnectionError(f"closed after {data[:80]!r}")
        data += more
    top, data = data.split(b"\r\n\r\n", 1)
    lines = top.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
    length = 0 if head else int(headers.get("content-length", 0))
    while len(data) < length:
        more = sock.recv(65536)
        if not more:
            raise ConnectionError("closed in the body")
        data += more
    return int(lines[0].split()[1]), headers, data[:length], data[length:]


def request(target, method="GET", host="localhost", extra=""):
    return f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{extra}\r\n".encode("latin-1")


def ask(target, **kind):
    with connect() as sock:
        sock.sendall(request(target, **kind))
        return answer(sock, head=kind.get("method") == "HEAD")


def scrape(source=None):
    """Seconds from the connection to the whole of /metrics."""
    start = time.monotonic()
    with connect(source) as sock:
        sock.sendall(request("/metrics"))
        status, _, body, _ = answer(sock)
    assert status == 200 and b"xdp_edge_info{" in body, status
    return time.monotonic() - start


def scrapes_within_a_second(source=None):
    """Of nine, most: what an overloaded machine does to one of them is not the server's doing."""
    times = [scrape(source) for _ in range(9)]
    assert statistics.median(times) < 1, f"a scrape takes {times}"


def is_closed(sock):
    """Whether the other end has closed it; what it has sent is thrown away."""
    sock.setblocking(False)
    try:
        while sock.recv(65536):
            pass
        return True
    except BlockingIOError:
        return False
    except OSError:
        return True


def wait_closed(socks, seconds=PATIENCE):
    end = time.monotonic() + seconds
    left = list(socks)
    while left and time.monotonic() < end:
        left = [sock for sock in left if not is_closed(sock)]
        time.sleep(0.05)
    return len(left)


def crowd(n, addresses):
    """n connections that say nothing, from as many addresses; scrapes while they are open."""
    with contextlib.ExitStack() as stack:
        socks = []
        for i in range(n):
            source = f"127.0.1.{1 + i % addresses}"
            socks.append(stack.enter_context(connect(source)))
        scrapes_within_a_second()
        # who had come from the same address as they
        scrapes_within_a_second("127.0.1.1")
        # those that were not cut off at once are when their time for a header is up
        left = wait_closed(socks)
        assert not left, f"{left} of {n} are still open"


def drip(n, least):
    """n connections that send a header a byte at a time, without an end; each is borne with for some seconds at least."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(connect()) for _ in range(n)]
        for sock in socks:
            sock.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        start, lasted, scraped = time.monotonic(), {}, False
        while len(lasted) < n and time.monotonic() - start < PATIENCE:
            for sock in socks:
                if sock in lasted:
                    continue
                try:
                    sock.sendall(b"x")
                    closed = is_closed(sock)
                except OSError:
                    closed = True
                if closed:
                    lasted[sock] = time.monotonic() - start
            if not scraped:
                scrapes_within_a_second()
                scraped = True
            time.sleep(0.2)
        assert len(lasted) == n, f"{n - len(lasted)} of {n} are open after {PATIENCE} s"
        assert min(lasted.values()) >= least, "cut off before a slow client could have sent its header"


def second_drip():
    """A header is as slow behind an answer as before one: the connection is not kept for it for ever."""
    with connect() as sock:
        sock.sendall(request("/metrics"))
        answer(sock)
        sock.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        start = time.monotonic()
        while time.monotonic() - start < PATIENCE:
            try:
                sock.sendall(b"x")
            except OSError:
                return
            if is_closed(sock):
                return
            time.sleep(0.3)
        raise AssertionError(f"open after {PATIENCE} s")


def deaf(n):
    """n connections that ask for much and read nothing of it."""
    with contextlib.ExitStack() as stack:
        for _ in range(n):
            sock = stack.enter_context(socket.socket())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.connect((HOST, PORT))
            sock.settimeout(0.2)
            # cut off meanwhile by those that came later, or full
            with contextlib.suppress(OSError):
                sock.sendall(request("/metrics") * 100)
        scrapes_within_a_second()


def hoard(n):
    """n connections that ask for all that is large, of one reading after the other, and read no more than the status: at some
    time there is no more memory for that, and they are told when to come again. It comes back although they stay."""
    targets = ["/metrics", "/api/v1/stats", "/api/v1/rules"]
    size = min(len(ask(target)[2]) for target in targets)
    # before the time of the first is up, on a busy machine too
    assert 24 * size > 140 << 20, f"{size} bytes"
    with contextlib.ExitStack() as stack:
        for i in range(n):
            sock = stack.enter_context(socket.socket())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.settimeout(PATIENCE)
            sock.connect((HOST, PORT))
            sock.sendall(request(targets[i % 3]))
            top = sock.recv(15)
            if b" 503 " in top:
                _, headers, body, _ = answer(sock, top)
                assert headers["retry-after"] == "1" and "has not been read" in json.loads(body)["error"], body
                break
            if i % 3 == 2:
                time.sleep(0.3)
        else:
            raise AssertionError(f"{n} answers of {size} bytes or more, and none was refused")
        # their time runs out, and what they hold is free
        end = time.monotonic() + PATIENCE
        while (status := ask("/metrics")[0]) == 503 and time.monotonic() < end:
            time.sleep(0.5)
        assert status == 200, status


def resets(n):
    for _ in range(n):
        sock = connect()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if random.random() < 0.5:
            sock.sendall(b"GET / HT")
        sock.close()
    scrapes_within_a_second()


def pipeline(n):
    """n requests in one go have n answers, in order."""
    targets = ["/metrics", "/api/v1/status", "/nothing", "/api/v1/stats?by=role", "/"]
    wanted = [200, 200, 404, 200, 200]
    with connect() as sock:
        sock.sendall(b"".join(request(targets[i % 5]) for i in range(n)))
        pending = b""
        for i in range(n):
            status, headers, _, pending = answer(sock, pending)
            assert status == wanted[i % 5], f"answer {i}: {status}"
            if i % 5 == 3:
                assert headers["content-type"] == "application/json", headers


def halves():
    """One that asks, and says that it will say no more, is answered all the same."""
    with connect() as sock:
        sock.sendall(request("/api/v1/status"))
        sock.shutdown(socket.SHUT_WR)
        assert answer(sock)[0] == 200


TRAVERSALS = [
    "/../../../../etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd",
    "/....//....//etc/passwd", "/..\\..\\etc\\passwd", "/app.js/../../etc/passwd", "/./metrics", "/metrics/",
    "/metrics/.", "/metrics%00", "/metrics%00.html", "/%00", "/app.js%00", "/api/v1/../../metrics", "/METRICS",
    "/metrics;x", "/api/v1/", "/api/v1/status/", "/api", "/api/v2/status", "/proc/self/environ", "/.git/config",
    "/index.html.bak", "/%c0%ae%c0%ae/etc/passwd", "/%", "/%2", "/%zz", "/" + "a" * 4000, "/" + "../" * 1000,
    "http://localhost/metrics", "*", "metrics", "/page/app.js",
]


def traversal():
    for target in TRAVERSALS:
        status, _, body, _ = ask(target)
        assert status in (400, 404, 414), f"{target[:60]}: {status}"
        assert b"root:" not in body and b"xdp_edge_info" not in body, f"{target}: {body[:100]!r}"


def junk():
    rng = random.Random(5)
    lines = b"\r\n".join(b"X-%d: y" % i for i in range(20000))
    for payload in [
            b"\0" * 1000, b"\r\n" * 5000, b"\n", b"GET\r\n\r\n", b"GET /metrics\r\n\r\n", b"GET  /metrics  HTTP/1.1\r\n\r\n",
            b"GET /metrics HTTP/9.9\r\nHost: x\r\n\r\n", b"GET /metrics HTTP/1.1\r\n\r\n", b"G" * 100000,
            b"G" * 5000 + b" / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
            b"GET /?" + b"a=b&" * 50000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 1000000 + b"\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\n" + lines + b"\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\n: y\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nnothing\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n folded\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999999\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\nx",
            b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 100000,
            b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.randbytes(500),
            b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\xff\xfe" * 3000,
            *(rng.randbytes(rng.randrange(1, 5000)) for _ in range(200)),
    ]:
        with connect() as sock:
            with contextlib.suppress(OSError):
                sock.sendall(payload)
                sock.shutdown(socket.SHUT_WR)
            told = b""
            with contextlib.suppress(OSError):
                while more := sock.recv(65536):
                    told += more
        if told.startswith(b"HTTP/1.1 200"):
            assert b"/metrics" in payload[:20] or payload.startswith(b"GET / HTTP/1.1"), f"200 for {payload[:60]!r}"
        assert b"folded" not in told
    scrapes_within_a_second()


def refused_headers():
    """More of a header than a connection has memory for is refused, and nothing of it kept."""
    with connect() as sock:
        with contextlib.suppress(OSError):
            sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 200000)
        data = b""
        with contextlib.suppress(OSError):
            while more := sock.recv(65536):
                data += more
        assert not data or data.split()[1] in (b"400", b"413", b"414", b"431"), data[:100]


def storm(n):
    """n at once, each its own connection, all open before the first is read."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(connect()) for _ in range(n)]
        for sock in socks:
            sock.sendall(request("/api/v1/stats"))
        readings = {json.loads(answer(sock)[2])["monotonic_ms"] for sock in socks}
        print(len(readings))


def readings(n):
    """n requests one after the other by one connection: how many different readings they show."""
    seen = set()
    with connect() as sock:
        pending = b""
        for i in range(n):
            sock.sendall(request(["/api/v1/stats", "/api/v1/stats?by=role", "/metrics"][i % 3]))
            _, _, body, pending = answer(sock, pending)
            if i % 3 < 2:
                seen.add(json.loads(body)["monotonic_ms"])
    print(len(seen))


def watch(seconds):
    """Asks on and on: the figures never go back, every answer is 200; says generations seen."""
    end = time.monotonic() + seconds
    total, generations, n = 0, set(), 0
    while time.monotonic() < end or not n:
        for target in ("/api/v1/stats", "/metrics", "/api/v1/status"):
            status, _, body, _ = ask(target)
            assert status == 200, f"{target}: {status} {body[:200]!r}"
            if target == "/api/v1/stats":
                stats = json.loads(body)
                assert stats["total"]["packets"] >= total, f"{total} packets, then {stats['total']['packets']}"
                total = stats["total"]["packets"]
                generations.add(stats["generation"])
                n += 1
        time.sleep(0.02)
    print(len(generations), n > 1)


def host(value, target, status):
    got = ask(target, host=value)[0]
    assert got == int(status), f"{target} of {value}: {got}"


def method(name, target, status):
    got, headers, body, _ = ask(target, method=name)
    assert got == int(status), f"{name} {target}: {got}"
    if got == 405:
        assert headers["allow"] == "GET, HEAD", headers
    if name == "HEAD":
        assert int(headers["content-length"]) > 0 and not body


def accept(value, kind):
    _, headers, body, _ = ask("/metrics", extra=f"Accept: {value}\r\n")
    openmetrics = headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert openmetrics == (kind == "openmetrics"), headers
    assert body.endswith(b"# EOF\n") == openmetrics, body[-60:]
    if not openmetrics:
        assert headers["content-type"].startswith("text/plain; version=0.0.4"), headers


def headers():
    """Of every kind of answer."""
    for target, status in (("/", 200), ("/app.js", 200), ("/metrics", 200), ("/api/v1/stats", 200), ("/nothing", 404),
                           ("/api/v1/stats?by=x", 400)):
        got, heads, _, _ = ask(target)
        assert got == status, f"{target}: {got}"
        assert heads["content-security-policy"] == "default-src 'self'; frame-ancestors 'none'", target
        assert heads["x-content-type-options"] == "nosniff", target
        assert heads["cache-control"] == ("no-cache" if target in ("/", "/app.js") else "no-store"), target
        assert not [name for name in heads if name.startswith("access-control")], target
    tag = ask("/app.js")[1]["etag"]
    for sent, status in ((tag, 304), (f'"x", W/{tag}', 304), ('"x"', 200)):
        got, heads, body, _ = ask("/app.js", extra=f"If-None-Match: {sent}\r\n")
        assert got == status and bool(body) == (status == 200) and heads["etag"] == tag, (sent, got)


KINDS = {
    "crowd": lambda n, addresses: crowd(int(n), int(addresses)), "drip": lambda n, least: drip(int(n), float(least)), "second-drip": second_drip,
    "deaf": lambda n: deaf(int(n)), "hoard": lambda n: hoard(int(n)), "resets": lambda n: resets(int(n)), "pipeline": lambda n: pipeline(int(n)),
    "halves": halves, "traversal": traversal, "junk": junk, "refused-headers": refused_headers,
    "storm": lambda n: storm(int(n)), "readings": lambda n: readings(int(n)), "watch": lambda s: watch(float(s)),
    "host": host, "method": method, "accept": accept, "headers": headers, "scrape": scrapes_within_a_second,
}

if __name__ == "__main__":
    HOST, PORT = sys.argv[2], int(sys.argv[3])
    try:
        KINDS[sys.argv[1]](*sys.argv[4:])
    except (AssertionError, OSError) as error:
        print(f"{sys.argv[1]}: {error or type(error).__name__}")
        sys.exit(1)
