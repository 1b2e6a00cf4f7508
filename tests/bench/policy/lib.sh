# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the benchmark's parts about policies share: a world of their own (tests/datapath/lib.sh), sites, traces, senders,
# medians. What a part gets and owes: tests/bench/parts/README.md.

# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../datapath/lib.sh"
SENDER=${SENDER:-$OPS_ROOT/build/tests/sender}
BIG_POLICY=${BIG_POLICY:-$OPS_ROOT/build/tests/big_policy}
QUICK=${QUICK:-}
OUT=${OUT:-}
CPU=${CPU:-0} # to send on, where one is enough

# bench_world SCRIPT: as world(), with what is measured built before.
bench_world() {
	if [[ ${OPS_WORLD:-} != inside ]]; then
		[[ -x $XE && -x $SENDER && -x $BIG_POLICY ]] ||
			make -s -C "$OPS_ROOT" all build/tests/sender build/tests/big_policy >&2
		if [[ -n $OUT ]]; then
			mkdir -p "$OUT"
			OUT=$(cd "$OUT" && pwd)
		fi
		export OUT QUICK CPU
	fi
	world "$@"
	cd "$OPS_ROOT"
}

# csv NAME: keeps what it reads as OUT/NAME.csv, if there is an OUT.
csv() {
	if [[ -n $OUT ]]; then cat >"$OUT/$1.csv"; else cat >/dev/null; fi
}

# is_exact DELIVERED COUNTED: fails, and says why last of all, if they differ.
is_exact() {
	[[ $1 == "$2" ]] || { echo "counted $2 of $1 frames that were delivered" >&2; return 1; }
}

# quantile Q: of the numbers that it reads, one a line; 0 the smallest, 0.5 the median, 1 the greatest.
quantile() {
	sort -g | awk -v q="$1" '{ v[NR] = $1 }
		END { if (!NR) exit 1; at = 1 + (NR - 1) * q; i = int(at); print v[i] + (at - i) * (i < NR ? v[i + 1] - v[i] : 0) }'
}

# spread: "MEDIAN (SMALLEST–GREATEST)" of the numbers that it reads, with $1 digits.
spread() {
	local numbers
	numbers=$(cat)
	printf '%.*f (%.*f–%.*f)' "$1" "$(quantile 0.5 <<<"$numbers")" "$1" "$(quantile 0 <<<"$numbers")" \
		"$1" "$(quantile 1 <<<"$numbers")"
}

# middle: "middle half LOWER QUARTILE–UPPER QUARTILE", likewise.
middle() {
	local numbers
	numbers=$(cat)
	printf 'middle half %.*f–%.*f' "$1" "$(quantile 0.25 <<<"$numbers")" "$1" "$(quantile 0.75 <<<"$numbers")"
}

# milliseconds COMMAND...: "MS CPU_MS" of the clock and of the CPU that it took; what it prints is thrown away. Fails if it fails.
milliseconds() {
	local TIMEFORMAT='%3R %3U %3S' times
	times=$({ time "$@" >/dev/null 2>&1; } 2>&1) || return
	awk '{ printf "%.0f %.0f\n", 1000 * $1, 1000 * ($2 + $3) }' <<<"$times"
}

# generated_site NAME ROWS NIC...: the operator's own rows, one port of one of 100 hosts each.
generated_site() {
	local name=$1 rows=$2 nic
	shift 2
	echo "name: $name"
	echo "mode: monitor"
	echo "tables: [lync2013-edge-nat]"
	echo "roles:"
	echo "  access-edge: 203.0.113.10"
	echo "  edge-internal: 172.25.33.10"
	echo "interfaces:"
	for nic; do echo "  $nic: $([[ $nic == wan* ]] && echo internet || echo lan)"; done
	echo "rows:"
	awk -v n="$rows" 'BEGIN { for (i = 0; i < n; i++)
		printf "  - {name: r%d, service: generated, l4: tcp, ports: %d, source: 192.0.2.0/24, destination: 10.9.0.%d}\n",
			i, 1000 + int(i / 100), i % 100 }'
}

# internal_servers NIC...: that example, with these NICs in place of its own. Mirror NICs: what is counted is dropped.
internal_servers() {
	local nic
	sed -n '/^interfaces:/q; p' "$OPS_ROOT/maps/sites/internal-servers.yaml"
	echo "interfaces:"
	for nic; do echo "  $nic: mirror"; done
	sed '1,/^interfaces:/d' "$OPS_ROOT/maps/sites/internal-servers.yaml" | sed '/^  dm[iz]0:/d; /^  users0:/d; /^  servers0:/d'
}

# random_trace PACKETS: among the addresses and ports of internal-servers, near misses included. The same every time.
random_trace() {
	awk -v n="$1" 'BEGIN {
		srand(20130521)
		hosts = split("10.2.1.1 10.2.1.2 10.2.1.3 10.2.1.4 10.2.1.5 10.2.2.10 10.2.2.11 10.2.3.10 10.2.4.10 10.2.5.10 " \
			"10.2.6.10 10.2.7.10 10.2.8.10 10.2.15.1 10.2.0.100 10.2.0.101 10.2.0.102 10.2.0.103 10.45.17.10 10.45.17.40 " \
			"10.2.10.10 10.2.10.11 10.64.1.1 10.65.2.2 10.80.0.9 10.2.9.10 10.2.9.20 198.51.100.7 198.51.100.40 " \
			"198.51.100.70 203.0.113.10 203.0.113.11 203.0.113.12 192.0.2.77", host, " ")
		ports = split("443 80 53 135 389 444 445 448 881 3478 4443 5060 5061 5062 5063 5064 5065 5066 5067 5070 5071 5072 5073 " \
			"5075 5076 5080 5086 5087 8057 8058 8060 8061 8080 8404 9333 42005 50030 50050 58010 50000", port, " ")
		for (i = 0; i < n; i++) {
			high = 49152 + int(rand() * 16000)
			known = port[1 + int(rand() * ports)]
			turn = rand() < 0.7
			tcp = rand() < 0.6
			printf "%s %s %s %d %d%s\n", tcp ? "tcp" : "udp", host[1 + int(rand() * hosts)], host[1 + int(rand() * hosts)],
				turn ? high : known, turn ? known : high, tcp && rand() < 0.3 ? " syn" : ""
		}
	}'
}

# send NIC CPU SECONDS TRACE: from the far end; prints the sender's JSON.
send() {
	far "$SENDER" --dev "$1-far" --cpu "$2" --seconds "$3" --trace "$4" --size 64 --json
}
