#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Payload classes in the attached program: each packet is counted under its row as conforming, other or neither, with what
# its flow has shown before; and without flows only what a single packet tells.
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

SITE=$WORK/site.yaml
FRAMES=$OPS_ROOT/tests/datapath/payload_frames.py
cp "$FIXTURES/payload.yaml" "$SITE"
nic wan0
nic dmz0

# frames: lines from stdin.
frames() {
	far "$FRAMES"
}

# row ID: "CONFORMING OTHER DECIDED" since load.
row() {
	stats ".rows[] | select(.id == \"$1\") | \"\(.conforming) \(.other) \(.decided.packets)\""
}

turn=lync2013-edge-nat/external/14
turn_tcp=lync2013-edge-nat/external/15
tls=lync2013-edge-nat/external/5
dns=lync2013-edge-nat/external/4
rtp=lync2013-edge-nat/external/12
http=lync2013-edge-nat/external/2

check 'load' xe load

frames <<-END
	wan0 udp 198.51.100.7 40000 203.0.113.30 3478 rtp
	wan0 udp 198.51.100.7 40000 203.0.113.30 3478 binding
	wan0 udp 198.51.100.7 40000 203.0.113.30 3478 allocate
END
check 'relayed media needs a destination' equal "$(row $turn)" '2 1 3'
frames <<-END
	wan0 udp 198.51.100.7 40000 203.0.113.30 3478 set-active
	wan0 udp 198.51.100.7 40000 203.0.113.30 3478 rtp
	dmz0 udp 203.0.113.30 3478 198.51.100.7 40000 rtp
END
check 'with one it conforms, in both directions' equal "$(row $turn)" '5 1 6'
frames <<-END
	wan0 udp 198.51.100.7 40000 203.0.113.30 3478 channel
	wan0 udp 198.51.100.7 40000 203.0.113.30 3478 get
	wan0 udp 198.51.100.7 40001 203.0.113.30 3478 rtp
	wan0 udp 198.51.100.7 40000 203.0.113.30 3478 -
END
check 'channels do, noise and other flows do not, nothing is neither' equal "$(row $turn)" '6 3 10'

frames <<-END
	wan0 tcp 198.51.100.7 40000 203.0.113.30 443 S -
	wan0 tcp 198.51.100.7 40000 203.0.113.30 443 A -
	wan0 tcp 198.51.100.7 40000 203.0.113.30 443 A hello
	wan0 tcp 198.51.100.7 40000 203.0.113.30 443 A get
END
check 'TCP: the first payload' equal "$(row $turn_tcp)" '1 0 4'
frames <<-END
	dmz0 tcp 203.0.113.30 443 198.51.100.7 40000 SA -
	dmz0 tcp 203.0.113.30 443 198.51.100.7 40000 A server-hello
	dmz0 tcp 203.0.113.30 443 198.51.100.7 40000 A get
END
check 'and that of the other direction' equal "$(row $turn_tcp)" '2 0 7'
frames <<-END
	wan0 tcp 198.51.100.7 40001 203.0.113.30 443 S -
	wan0 tcp 198.51.100.7 40001 203.0.113.30 443 A get
	wan0 tcp 198.51.100.7 40001 203.0.113.30 443 A hello
END
check 'and of another flow' equal "$(row $turn_tcp)" '2 1 10'

frames <<-END
	wan0 tcp 198.51.100.7 40000 203.0.113.10 443 A tls
	wan0 tcp 198.51.100.7 40001 203.0.113.10 443 A ssh
	wan0 tcp 198.51.100.7 40000 203.0.113.10 443 R -
	wan0 tcp 198.51.100.7 40000 203.0.113.10 443 S -
	wan0 tcp 198.51.100.7 40000 203.0.113.10 443 A ssh
END
check 'TLS; a new connection begins anew' equal "$(row $tls)" '1 2 5'

frames <<-END
	dmz0 udp 203.0.113.10 5353 198.51.100.53 53 query
	wan0 udp 198.51.100.53 53 203.0.113.10 5353 answer
	wan0 udp 198.51.100.53 53 203.0.113.10 5353 query
END
check 'DNS: by direction' equal "$(row $dns)" '2 1 3'

frames <<-END
	wan0 udp 198.51.100.7 41000 203.0.113.30 50000 rtp
	wan0 udp 198.51.100.7 41000 203.0.113.30 50000 binding
	wan0 udp 198.51.100.7 41000 203.0.113.30 50000 get
END
check 'media' equal "$(row $rtp)" '2 1 3'

frames <<-END
	dmz0 tcp 203.0.113.10 40000 198.51.100.7 80 A get
END
check 'HTTP is nothing that is looked for' equal "$(row $http)" '0 0 1'
frames <<-END
	wan0 tcp 198.51.100.7 40000 203.0.113.10 8443 A tls
END
check 'a refused stream has no flow to look at' equal "$(row site/rows/refused)" '0 0 1'
frames <<-END
	wan0 udp 198.51.100.53 53 203.0.113.10 6000 answer
END
check 'an unsolicited answer is no packet of the row' equal "$(row $dns)" '2 1 3'

all() {
	stats '[.rows[] | {id, conforming, other}] | tostring'
}
before=$(all)
check 'reload' xe reload
check 'counts outlive it' equal "$(all)" "$before"
frames <<-END
	wan0 udp 198.51.100.7 40000 203.0.113.30 3478 rtp
END
check 'and so does what flows have shown' equal "$(row $turn)" '7 3 11'

xe unload >/dev/null
sed -i 's/^mode: .*/mode: monitor/' "$SITE"
check 'monitor' xe load
frames <<-END
	wan0 udp 198.51.100.7 40000 203.0.113.30 3478 set-active
	wan0 udp 198.51.100.7 40000 203.0.113.30 3478 rtp
	wan0 udp 198.51.100.7 40000 203.0.113.30 3478 get
	wan0 tcp 198.51.100.7 40000 203.0.113.10 443 A tls
	wan0 udp 198.51.100.7 41000 203.0.113.30 50000 rtp
END
check 'without flows: relayed media cannot be told' equal "$(row $turn)" '1 1 3'
check 'without flows: streams are not looked at' equal "$(row $tls)" '0 0 1'
check 'without flows: media' equal "$(row $rtp)" '1 0 1'

xe unload >/dev/null
sed -i '/^payload:/d' "$SITE"
check 'off' xe load
check 'no such counters' equal "$(stats '[.rows[] | has("conforming")] | any')" false

finish
