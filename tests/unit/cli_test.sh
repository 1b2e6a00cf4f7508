#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The command line: every refusal of a faulty site or spec with its exact message, usage,
# outputs, hostile names, closed and full outputs, and `check -j` of the example sites against the
# committed files. Needs no root; as root it also tries what asks the program. Ends with "N passed, N failed".
#
#   tests/unit/cli_test.sh [BINARY]                default: build/xdp-edge
#   tests/unit/cli_test.sh --update [BINARY]       rewrites tests/fixtures/check/*.json, to be reviewed
# shellcheck disable=SC2015,SC2016
set -euo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
update=no
if [ "${1:-}" = --update ]; then
	update=yes
	shift
fi
xe=$(realpath "${1:-$top/build/xdp-edge}")
fixtures=$top/tests/fixtures
python=$(command -v /usr/bin/python3 || command -v python3)
work=$(mktemp -d)
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
cd "$work"
unset XDP_EDGE_SPEC NO_COLOR
export LC_ALL=C.UTF-8

passed=0 failed=0

pass() {
	passed=$((passed + 1))
}

miss() { # NAME DETAIL
	failed=$((failed + 1))
	printf 'FAILED: %s\n%s\n' "$1" "$2" >&2
}

# Run a command; its exit code in $code, its outputs in the files out and err. It has so many seconds of CPU time; a busy
# machine may take far longer for them.
run() {
	code=0
	(ulimit -t "${patience:-20}" && exec timeout 300 "$@") >out 2>err </dev/null || code=$?
}

expect() { # NAME CODE STDERR
	local got
	got=$(tr '\0' '?' <err)
	if [ "$code" != "$2" ]; then
		miss "$1" "exit code $code, not $2; stderr: $got"
	elif [ "$got" != "$3" ]; then
		miss "$1" "$(printf 'stderr:   %s\nexpected: %s' "$got" "$3")"
	else
		pass
	fi
}

# NAME CODE: and nothing on stdout, so that no half-done result is taken for one.
expect_nothing() {
	if [ "$code" != "$2" ]; then
		miss "$1" "exit code $code, not $2; stderr: $(head -c 300 err)"
	elif [ -s out ]; then
		miss "$1" "stdout: $(head -c 300 out)"
	else
		pass
	fi
}

expect_text() { # NAME FILE TEXT
	if grep -qF -- "$3" "$2"; then
		pass
	else
		miss "$1" "$(printf 'not found: %s\nin: %s' "$3" "$(head -c 600 "$2")")"
	fi
}

expect_json() { # NAME FILTER VALUE: of the file out
	local got
	if ! got=$("$python" - "$2" out 2>&1 <<-'PY'
		import json, sys
		value = json.load(open(sys.argv[2]))
		print(json.dumps(eval(sys.argv[1], {}, {"v": value}), separators=(",", ":")))
	PY
	); then
		miss "$1" "no JSON: $got"
	elif [ "$got" != "$3" ]; then
		miss "$1" "$(printf 'got:      %s\nexpected: %s' "$got" "$3")"
	else
		pass
	fi
}

# --- a spec and a site small enough to see at once ------------------------------------------------

fresh() {
	rm -rf site.yaml spec
	mkdir -p spec/doc
	cat >spec/roles.csv <<-'CSV'
		name,title,side,protected,member_of,stand_in,aliases
		edge,Edge,dmz-external,yes,,,
		server,Server,lan,yes,,,
		clients,Clients,internet,no,,,
	CSV
	printf 'table,kind,title\ndoc/one,ports,One\n' >spec/tables.csv
	cat >spec/doc/one.csv <<-'CSV'
		row,role,service,app,l4,source_ports,ports,source,destination,narrow_to,note
		1,edge,SIP service,SIP,tcp,any,443,any,edge,,
		2,edge,media,RTP,udp,any,50000-59999,any,edge,,
	CSV
	cat >site.yaml <<-'YAML'
		name: t
		mode: monitor
		tables: [doc]
		roles:
		  edge: 192.0.2.1
		interfaces:
		  eth0: internet
	YAML
}

check() {
	run "$xe" check -c site.yaml --spec spec "$@"
}

# Change one file of the fresh ones by sed, expect the exact refusal.
refuse() { # FILE SED MESSAGE
	fresh
	sed -i "$2" "$1"
	check
	expect "$1: $2" 1 "$3"
	[ ! -s out ] || miss "$1: $2" "refused, but wrote: $(head -c 200 out)"
}

refuse_row() { refuse spec/doc/one.csv "$1" "spec/doc/one.csv:$2"; }
refuse_role() { refuse spec/roles.csv "$1" "spec/roles.csv:$2"; }
refuse_site() { refuse site.yaml "$1" "site.yaml:$2"; }

accept() { # NAME FILE SED
	fresh
	sed -i "$3" "$2"
	check
	expect "$1" 0 ''
}

fresh
check
expect 'the fixture itself is accepted' 0 ''

# --- b1: rows, roles and sites ---------------------------------------------------------------------

refuse_row 's/^1,edge/1,egde/' '2: egde: role is not a role or any; did you mean edge?'
refuse_row 's/443,any,edge/443,any,egde/' '2: egde: destination is not a role or any; did you mean edge?'
refuse_row 's/,tcp,/,sctp,/' '2: sctp: l4 is tcp, udp, tcp+udp or any'
refuse_row 's/any,443/any,-1/' '2: -1: ports: not a port: signs and open ranges are not read'
refuse_row 's/any,443/any,65536/' '2: 65536: ports: port is not 0..65535'
refuse_row 's/any,443/any,4294967296/' '2: 4294967296: ports: port is not 0..65535'
refuse_row 's/any,443/any,443.0/' '2: 443.0: ports: not a port, a range lo-hi, a list a,b or any'
refuse_row 's/any,443/any,0x50/' '2: 0x50: ports: not a port, a range lo-hi, a list a,b or any'
refuse_row 's/any,443/any,500-400/' '2: 500-400: ports: range is reversed'
refuse_row 's/any,443/any,500-/' '2: 500-: ports: open range; write both ends'
refuse_row 's/any,443/any,-500/' '2: -500: ports: not a port: signs and open ranges are not read'
refuse_row 's/any,443/any,0443/' '2: 0443: ports: leading zeros in a port'
refuse_row 's/any,443/any,/' '2: "": ports: a port is missing'
refuse_row 's/any,443/any,"443,"/' '2: 443,: ports: a port is missing'
refuse_row 's/any,443/any,1,2/' '2: 1: 12 cells, not 11'
refuse_row '2s/,,$//' '2: 1: 9 cells, not 11'
refuse_row 's/^2/1/' '3: 1: row stands twice; first on line 2'
refuse_row 's/^2/0/' '3: 0: row is not a number 1..65535'
refuse_row 's/^2/x/' '3: x: row is not a number 1..65535'
refuse_row '1s/,ports/,port/' '1: port: header of column 7 must be ports'
refuse_row '2s/SIP service/"SIP service/' '2: a quote is opened here and never closed'
refuse_row 'd' '1: empty file; the header line is missing'

refuse_role 's/^edge/Edge/' '2: Edge: not a role name: a-z, 0-9 and -, 1..31 bytes'
refuse_role 's/dmz-external/dmz/' '2: dmz: side is internet, dmz-external, dmz-internal or lan'
refuse_role '2s/yes/maybe/' '2: maybe: protected is yes or no'
refuse_role 's/lan,yes,,,/lan,yes,server,,/' '3: server: member_of goes round in a circle'
refuse_role 's/lan,yes,,,/lan,yes,ghost,,/' '3: ghost: member_of names an unknown role'
refuse_role 's/lan,yes,,,/lan,yes,,ghost,/' '3: ghost: stand_in names an unknown role'
refuse_role 's/^server/edge/' '3: edge: stands twice; first on line 2'

refuse_site 's/name: t/name: T t/' '1:7: T t: not a site name: a-z, 0-9 and -, 1..32 bytes, no - in front'
refuse_site 's/name: t/name: ..\/t/' '1:7: ../t: not a site name: a-z, 0-9 and -, 1..32 bytes, no - in front'
refuse_site 's/monitor/enforced/' '2:7: enforced: unknown mode; did you mean enforce?'
refuse_site 's/monitor/drop/' '2:7: drop: unknown mode; it is monitor, rehearse or enforce'
refuse_site 's/\[doc\]/[dco]/' '3:10: dco: unknown document or table'
refuse_site 's/\[doc\]/[doc, doc]/' '3:15: doc: doc/one is listed twice; first on line 3'
refuse_site 's/  edge:/  egde:/' '5:3: egde: unknown role; did you mean edge?'
refuse_site 's/192.0.2.1/192.0.2.256/' '5:9: 192.0.2.256: not an IPv4 address'
refuse_site 's|192.0.2.1|192.0.2.1/33|' '5:9: 192.0.2.1/33: prefix length is not 0..32'
refuse_site 's|192.0.2.1|192.0.2.1/24|' '5:9: 192.0.2.1/24: address bits set behind the prefix length; the network is 192.0.2.0/24'
refuse_site 's|192.0.2.1|010.0.0.1|' '5:9: 010.0.0.1: leading zeros in an IPv4 address'
refuse_site 's|192.0.2.1|"::ffff:192.0.2.1"|' '5:9: ::ffff:192.0.2.1: IPv4-mapped IPv6 address; write the IPv4 address'
refuse_site 's|192.0.2.1|"2001:db8::/129"|' '5:9: 2001:db8::/129: prefix length is not 0..128'
refuse_site 's|192.0.2.1|edge.example|' '5:9: edge.example: not an address or prefix'
refuse_site 's|192.0.2.1|""|' '5:9: an address, a prefix or {file: PATH} expected, but nothing is written'
refuse_site 's/internet/inside/' '7:9: inside: unknown side; it is internet, dmz-external, dmz-internal, lan or mirror'
refuse_site 's/eth0/longer-than-15-bytes/' '7:3: longer-than-15-bytes: interface name is longer than 15 bytes'
refuse_site 's/eth0/eth0.4095/' '7:3: eth0.4095: VLAN is not 1..4094'
refuse_site 's/eth0/eth0.0/' '7:3: eth0.0: VLAN is not 1..4094'
refuse_site '$a \ \ eth0: lan' '8:3: eth0: stands twice; first on line 7'
refuse_site '$a unknown: 1' '8:1: unknown: unknown key'
refuse_site '$a name: u' '8:1: name: stands twice; first on line 1'
refuse_site '$a hairpin: maybe' '8:10: maybe: not yes or no'
refuse_site '$a narrow: [doc/two]' '8:10: doc/two: unknown row, table or document; did you mean doc/one?'
refuse_site '$a ports: {doc/one/2: 70000}' '8:20: 70000: port is not 0..65535'
refuse_site '$a ports: {doc/one/9: 700}' '8:9: doc/one/9: unknown row; did you mean doc/one/1?'
refuse_site '$a ports: {doc/one/2: {ports: 700, match: both}}' '8:40: both: match is destination, source or either'
refuse_site '$a rows: [{name: x, l4: tcp, ports: 9, source: any, destination: nobody}]' '8:63: nobody: unknown role'
refuse_site '$a rows: [{name: x, l4: tcp, ports: 9, source: 10.0.0.1/8, destination: edge}]' '8:45: 10.0.0.1/8: address bits set behind the prefix length; the network is 10.0.0.0/8'
refuse_site '$a rows: [{name: x, l4: tcp, ports: 9, source: any, destination: edge, reply: maybe}]' '8:76: maybe: not yes or no'
refuse_site '$a rows: [{name: x, l4: tcp, ports: 99999, source: any, destination: edge}]' '8:34: 99999: port is not 0..65535'

refuse_site '$a verdicts: [{row: doc/one/1, verdict: deny, limit: 5/s per source}]' '8:38: deny: contradicts the limit'
refuse_site '$a verdicts: [{row: doc/one/1, verdict: deny}, {row: doc/one/1, verdict: allow}]' '8:51: doc/one/1: has its verdict on line 8'
refuse_site '$a verdicts: [{row: doc/one/1, limit: 0/s per source}]' '8:36: 0/s per source: a rate of 0: write verdict: deny'
refuse_site '$a verdicts: [{row: doc/one/1, limit: 4294967296/s per source}]' '8:36: 4294967296/s per source: the rate is not 1..4294967295'
refuse_site '$a verdicts: [{row: doc/one/1, limit: 5/s burst 0 per source}]' '8:36: 5/s burst 0 per source: a burst of 0 lets nothing pass'
refuse_site '$a verdicts: [{row: doc/one/3, verdict: deny}]' '8:18: doc/one/3: unknown row; did you mean doc/one/1?'
refuse_site '$a verdicts: [{table: doc/two, verdict: deny}]' '8:20: doc/two: unknown table; did you mean doc/one?'
refuse_site '$a verdicts: [{role: egde, verdict: deny}]' '8:19: egde: unknown role; did you mean edge?'
refuse_site '$a state: {flows: 67108865}' '8:16: 67108865: not a number 1..67108864'
refuse_site '$a state: {tcp: 300}' '8:14: 300: not a duration as 30s, 5m or 2h'
refuse_site '$a nat: {192.0.2.1: "2001:db8::1"}' '8:18: 2001:db8::1: not of the same family as 192.0.2.1'
refuse site.yaml '$a deny: [{name: d, file: nosuch}]' 'nosuch: cannot be read: No such file or directory'
refuse site.yaml '$a deny: [{name: d, file: /dev/zero}]' '/dev/zero: is a device, not a regular file'
refuse site.yaml '$a deny: [{name: d, file: spec}]' 'spec: is a directory, not a regular file'
refuse_site '$a deny: [{name: d, prefixes: 192.0.2.0}, {name: d, prefixes: 192.0.2.1}]' '8:47: d: stands twice; first on line 8'
refuse_site '$a deny: {file: drop.txt}' '8:7: expected: deny: [{name: NAME, file: PATH}]'
refuse_site '$a deny: [{name: d, prefixes: ["::/0"]}]' '8:29: ::/0: denies every address'
printf '192.0.2.1\n0.0.0.0/0 # all\n' >all.txt
refuse site.yaml '$a deny: [{name: d, file: all.txt}]' 'all.txt:2: 0.0.0.0/0: denies every address'
refuse_site '$a verdicts: [{table: doc, verdict: deny}]' '8:20: doc: a document; name one of its tables: one'
refuse_site '$a verdicts: [{row: doc/one/1, limit: 0}]' '8:36: 0: a rate of 0: write verdict: deny'
refuse_site 's/monitor/rehearse/; $a state: {flows: 4000000}' '8:8: state: too large: 4000000 flows and 4096 fragments take 129 MiB, --max-memory allows 128 MiB: fewer flows, or a larger --max-memory'
refuse_site 's/monitor/enforce/; $a state: {fragments: 4000000, sources: 8000000}\nrows: [{name: x, l4: tcp, ports: 9, source: any, destination: edge, limit: 1/s per source}]' '8:8: state: too large: 262144 flows, 4000000 fragments and 8000000 sources take 392 MiB, --max-memory allows 128 MiB: fewer sources, or a larger --max-memory'
refuse_site 's/monitor/enforce/; $a state: off\nfragments: pass\nsuggest: off\npayload: maybe' '11:10: maybe: not yes or no'
refuse_site '$a foreign: reject' '8:10: reject: not pass or drop'

# --- b2: what looks odd and is right -------------------------------------------------------------------

accept 'port 0' spec/doc/one.csv 's/any,443/any,0/'
accept 'a range of one port' spec/doc/one.csv 's/any,443/any,443-443/'
accept 'a row that repeats another' spec/doc/one.csv '$a 3,edge,SIP service,SIP,tcp,any,443,any,edge,,'
check -j
expect_json 'a repeated row names the first' '[r["same_as"] for r in v["rows"]]' '[null,null,"doc/one/1"]'
expect_json 'and is shadowed by it' 'v["rows"][2]["shadowed_by"]' '["doc/one/1"]'
expect_json 'both overlap' '[r["overlaps"] for r in v["rows"]]' '[["doc/one/3"],[],["doc/one/1"]]'

# --- b3: bytes ---------------------------------------------------------------------------------------------

bytes() { # NAME PRINTF CODE STDERR: the site file as these bytes
	fresh
	# shellcheck disable=SC2059
	printf "$2" >site.yaml
	check
	expect "$1" "$3" "$4"
}

good='mode: monitor\ntables: [doc]\nroles: {edge: 192.0.2.1}\ninterfaces: {eth0: internet}'
bytes 'byte order mark' "\\xef\\xbb\\xbfname: t\\n$good\\n" 0 ''
bytes 'no newline at the end' "name: t\\n$good" 0 ''
bytes 'CRLF' "name: t\\r\\n${good//\\n/\\r\\n}\\r\\n" 0 ''
bytes 'CRLF counts lines' 'name: t\r\nmode: bogus\r\n' 1 'site.yaml:2:7: bogus: unknown mode; it is monitor, rehearse or enforce'
bytes 'NUL' 'name: t\0\n' 1 'site.yaml:1:8: \x00: NUL byte; this is not a text file'
bytes 'UTF-16' '\xff\xfen\0a\0' 1 'site.yaml:1:1: UTF-16 text; save the file as UTF-8'
bytes 'bad UTF-8' 'name: \xff\n' 1 'site.yaml:1:7: \xff: not UTF-8'
bytes 'ESC in a token' 'name: "\\e[31mx"\n' 1 'site.yaml:1:7: \x1b[31mx: not a site name: a-z, 0-9 and -, 1..32 bytes, no - in front'
bytes 'a list' '[]' 1 'site.yaml:1:1: a mapping of name, roles, … expected, not a list'
bytes 'broken YAML' 'name: [\n' 1 'site.yaml:2:1: did not find expected node content, while parsing a flow node'
bytes 'empty' '' 1 'site.yaml:1: empty file: nothing is set'

# Large files: refused or read, within 5 seconds and 256 MiB, whatever they hold.
bounded() { # NAME CODE STDERR-OF-THE-FIRST-LINE
	code=0
	(ulimit -v 262144 && exec timeout 5 "$xe" check -c site.yaml --spec spec) >out 2>err </dev/null ||
		code=$?
	head -n 1 err >first && mv first err
	expect "$1" "$2" "$3"
}

fresh
printf 'name: %01000000d\n' 0 >site.yaml
bounded 'a line of 1 MB' 1 "site.yaml:1:7: $(printf '%064d' 0)…: not a site name: a-z, 0-9 and -, 1..32 bytes, no - in front"
fresh
{
	head -n 1 spec/doc/one.csv
	printf '1,edge%0100000d\n' 0 | sed 's/0/,/g'
} >one && mv one spec/doc/one.csv
bounded '100,000 fields' 1 'spec/doc/one.csv:2: 1: 100002 cells, not 11'
fresh
head -c 104857600 /dev/zero | tr '\0' a >site.yaml
bounded '100 MB' 1 'site.yaml: larger than 64 MiB'
fresh
seq 0 19999 | awk '{ printf("%s10.0.%d.%d", (NR > 1 ? "," : ""), $1 / 256, $1 % 256) }' >list
{
	sed '/  edge:/,$d' site.yaml
	printf '  edge: [%s]\n' "$(cat list)"
	sed '1,/  edge:/d' site.yaml
} >long && mv long site.yaml
bounded '20,000 addresses' 0 ''
fresh
awk 'BEGIN { for (i = 0; i < 1000000; i++) printf("%d.%d.%d.%d\n", 16 + i % 64, i * 7 % 256, i / 64 % 256, i / 16384 % 256) }' >million.txt
echo 'deny: [{name: drop-list, file: million.txt}]' >>site.yaml
bounded 'a deny list of a million lines' 0 ''
expect_text 'a deny list of a million lines is read whole' out 'site/deny/drop-list  active  1000000 prefixes; deny'
sed -i '777777s/.*/16.0.0.0.0/' million.txt
bounded 'one line of a million is bad' 1 'million.txt:777777: 16.0.0.0.0: not an IPv4 address'

fresh
{
	cat site.yaml
	echo 'rows:'
	seq 1 70000 | awk '{ printf("- {name: r%d, l4: tcp, ports: %d, source: 10.%d.%d.%d, destination: edge}\n",
		$1, 1 + $1 % 65535, $1 / 65536, $1 / 256 % 256, $1 % 256) }'
} >long && mv long site.yaml
bounded '70,000 rows' 1 'site.yaml: the rows tell more than 32768 classes of source addresses apart, the most that a policy can hold'

# --- b4: nothing and too much ------------------------------------------------------------------------------

refuse spec/doc/one.csv '2,$d' 'site.yaml:1:1: tables: no rows: nothing would be classified'
refuse_site 's/\[doc\]/[]/' '1:1: tables: no rows: nothing would be classified'
refuse_site '/^tables/d' '1:1: tables: no rows: nothing would be classified'
refuse_site '/^interfaces/,$d' '1:1: interfaces: no interface: nothing would be seen'
refuse_site '/^name/d' '1:1: name: missing: the site needs a name'

# --- b5: files that are none ---------------------------------------------------------------------------------

fresh
rm site.yaml
check
expect 'no site' 1 'site.yaml: cannot be read: No such file or directory'
mkdir site.yaml
check
expect 'a directory' 1 'site.yaml: is a directory, not a regular file'
rmdir site.yaml
mkfifo site.yaml
check
expect 'a FIFO' 1 'site.yaml: is a FIFO, not a regular file'
run "$xe" check -c /dev/zero --spec spec
expect '/dev/zero' 1 '/dev/zero: is a device, not a regular file'
rm site.yaml
fresh
mv site.yaml real.yaml
ln -s real.yaml site.yaml
check
expect 'a symlink is followed' 0 ''
fresh
rm spec/doc/one.csv
check
expect 'a table without its file' 1 'spec/doc/one.csv: cannot be read: No such file or directory'
run "$xe" check -c site.yaml --spec nowhere
expect 'no spec' 1 'nowhere/roles.csv: cannot be read: No such file or directory'
XDP_EDGE_SPEC=elsewhere run "$xe" check -c site.yaml
expect 'spec by environment' 1 'elsewhere/roles.csv: cannot be read: No such file or directory'
fresh
chmod 0 site.yaml
if [ "$(id -u)" = 0 ]; then
	chmod 755 . spec spec/doc
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$xe" check -c site.yaml --spec spec
else
	check
fi
expect 'permission denied' 1 'site.yaml: cannot be read: Permission denied'

# --- usage ---------------------------------------------------------------------------------------------------------

fresh
usage() { # NAME STDERR ARGUMENT...
	local name=$1 want=$2
	shift 2
	run "$xe" "$@"
	expect "$name" 2 "$want"
	expect_nothing "$name, stdout" 2
}

usage 'no command' "xdp-edge: no command given
Try 'xdp-edge -h'."
usage 'unknown command' "xdp-edge: unknown command 'frob'
Try 'xdp-edge -h'." frob
usage 'ambiguous prefix' "xdp-edge: 're' is ambiguous: reload, replay
Try 'xdp-edge -h'." re
usage 'ambiguous prefix of two' "xdp-edge: 'sta' is ambiguous: status, stats
Try 'xdp-edge -h'." sta
for command in load reload; do
	for within in 60 0s 25h 86401s 1w 1.5s -5s ''; do
		usage "$command: --confirm-within '$within'" \
			"xdp-edge $command: --confirm-within: $within: not a time of 1s to 24h, as 60s, 5m or 2h
Try 'xdp-edge $command -h'." $command --confirm-within "$within"
	done
	usage "$command: a deadline without enforce" \
		"xdp-edge $command: --confirm-within: there is nothing to confirm, the site's mode is monitor: add --enforce
Try 'xdp-edge $command -h'." $command -c site.yaml --spec spec --confirm-within 60s
	usage "$command: --enforce takes no value" "xdp-edge $command: option '--enforce' doesn't allow an argument
Try 'xdp-edge $command -h'." $command --enforce=yes
done
usage 'confirm: two names' "xdp-edge confirm: b: one name at most
Try 'xdp-edge confirm -h'." confirm a b
usage 'replay: a mode there is not' "xdp-edge replay: no mode 'drop': it is monitor, rehearse or enforce
Try 'xdp-edge replay -h'." replay --mode drop x.pcap
usage 'empty command' "xdp-edge: unknown command ''
Try 'xdp-edge -h'." ''
usage 'unknown option' "xdp-edge: unrecognized option '--frob'
Try 'xdp-edge -h'." --frob
usage 'unknown option of a command' "xdp-edge check: unrecognized option '--by'
Try 'xdp-edge check -h'." check --by row
usage 'option without its argument' "xdp-edge check: option requires an argument -- 'c'
Try 'xdp-edge check -h'." check -c
usage 'argument too many' "xdp-edge check: takes no argument 'x'
Try 'xdp-edge check -h'." check x
for size in 0 -1 3 1023K 2T 10MM 99999999999G ''; do
	usage "max-memory '$size'" "xdp-edge check: --max-memory: $size: not a size of 1M or more
Try 'xdp-edge check -h'." check --max-memory "$size"
done
usage 'unknown view' "xdp-edge stats: --by takes row, role, service, document or interface, not 'port'
Try 'xdp-edge stats -h'." stats --by port
for seconds in 0 -1 nan 1d 1sm 50ms 25h s 1e9; do
	usage "interval $seconds" "xdp-edge stats: --interval takes 0.1 to 86400 seconds, or with a unit as 500ms, 1s, 5m or 2h, not '$seconds'
Try 'xdp-edge stats -h'." stats --interval "$seconds"
done
usage 'count alone' "xdp-edge stats: --count goes with --interval
Try 'xdp-edge stats -h'." stats --count 2
for seconds in 0.5 500ms 1s 1m 24h; do
	# what is refused is what comes after it
	usage "interval $seconds" "xdp-edge stats: takes one name
Try 'xdp-edge stats -h'." stats --interval "$seconds" a b
done
for option in --by=role --nonzero; do
	usage "verify with $option" "xdp-edge stats: --verify goes by interface: neither --by nor --nonzero
Try 'xdp-edge stats -h'." stats --verify "$option"
done
usage 'option misspelt' "xdp-edge stats: unrecognized option '--intreval=1'
xdp-edge stats: did you mean --interval?
Try 'xdp-edge stats -h'." stats --intreval=1
usage 'option of every command misspelt' "xdp-edge check: unrecognized option '--cnfig'
xdp-edge check: did you mean --config?
Try 'xdp-edge check -h'." check --cnfig x
usage 'a miss that is none' "xdp-edge capture: --miss: what is dropped is chosen by --dropped
Try 'xdp-edge capture -h'." capture --miss dropped
usage 'CSV and JSON' "xdp-edge rules: either --csv or JSON
Try 'xdp-edge rules -h'." rules --csv -j
usage 'unknown side' "xdp-edge explain: no side 'inside': it is internet, dmz-external, dmz-internal, lan or mirror
Try 'xdp-edge explain -h'." explain --side inside tcp 192.0.2.1:1 192.0.2.2:2
for rounds in 0 -1 10001 3x ''; do
	usage "bench: rounds $rounds" "xdp-edge bench: --rounds takes 1 to 10000, not '$rounds'
Try 'xdp-edge bench -h'." bench --rounds="$rounds"
done
for repeat in 0 999 10000001 1e6; do
	usage "bench: repeat $repeat" "xdp-edge bench: --repeat takes 1000 to 10000000, not '$repeat'
Try 'xdp-edge bench -h'." bench --repeat "$repeat"
done
usage 'bench: unknown verdict' "xdp-edge bench: --verdict takes pass, drop or both, not 'tx'
Try 'xdp-edge bench -h'." bench --verdict tx
usage 'bench: CSV and JSON' "xdp-edge bench: either --csv or JSON
Try 'xdp-edge bench -h'." bench --csv -p
usage 'bench: an argument' "xdp-edge bench: takes no argument 'x'
Try 'xdp-edge bench -h'." bench x
usage 'bench: an interface that is not of the site' "xdp-edge bench: the site has no interface 'eth9'
Try 'xdp-edge bench -h'." bench -c site.yaml --spec spec --interface eth9
usage 'unknown role' "xdp-edge rules: no role 'egde'; did you mean edge?
Try 'xdp-edge rules -h'." rules -c site.yaml --spec spec --role egde
usage 'unknown table' "xdp-edge rules: no table or document 'doc/oen'; did you mean doc/one?
Try 'xdp-edge rules -h'." rules -c site.yaml --spec spec --table doc/oen
usage 'a table is named whole' "xdp-edge rules: no table or document 'doc/on'; did you mean doc/one?
Try 'xdp-edge rules -h'." rules -c site.yaml --spec spec --table doc/on
usage 'no table at all' "xdp-edge rules: no table or document 'nosuch'
Try 'xdp-edge rules -h'." rules -c site.yaml --spec spec --csv --table nosuch
mkdir spec/two
echo 'two/one,ports,Two' >>spec/tables.csv
cp spec/doc/one.csv spec/two
usage 'a table that is not of the site' "xdp-edge rules: 'two' is not among the site's tables
Try 'xdp-edge rules -h'." rules -c site.yaml --spec spec -j --table two
run "$xe" rules -c site.yaml --spec spec -j --table site
expect "the operator's own rows, of which there are none" 0 ''
fresh

tuple() { # STDERR ARGUMENT...
	local want=$1
	shift
	usage "explain $*" "xdp-edge explain: $want
Try 'xdp-edge explain -h'." explain "$@"
}
tuple 'takes PROTO SRC:PORT DST:PORT' tcp 192.0.2.1:1
tuple "'sctp': not tcp, udp, icmp, esp or a number of 0-255" sctp 192.0.2.1 192.0.2.2
tuple "'256': not tcp, udp, icmp, esp or a number of 0-255" 256 192.0.2.1 192.0.2.2
tuple 'tcp needs SRC:PORT and DST:PORT' tcp 192.0.2.1:1 192.0.2.2
tuple '6 needs SRC:PORT and DST:PORT' 6 192.0.2.1 192.0.2.2
tuple 'protocol icmp has no ports' icmp 192.0.2.1:1 192.0.2.2
tuple "'65536': not a port of 0-65535" udp 192.0.2.1:65536 192.0.2.2:1
tuple "'': not a port of 0-65535" udp 192.0.2.1: 192.0.2.2:1
tuple "'192.0.2.1/32': not one address" udp 192.0.2.1/32:1 192.0.2.2:1
tuple 'IPv4 and IPv6 in one packet' udp 192.0.2.1:1 '[2001:db8::1]:1'
tuple "'[2001:db8::1]1': not [ADDRESS]:PORT" udp '[2001:db8::1]1' '[2001:db8::1]:1'
tuple '--syn goes with tcp' --syn udp 192.0.2.1:1 192.0.2.2:1
tuple '44 is an extension header of IPv6, not a protocol' 44 2001:db8::1 2001:db8::2

# --- help, version, prefixes, options on either side -----------------------------------------------------------------

for command in '' check rules load reload confirm unload status stats top baseline suggest capture serve doctor explain replay bench; do
	# shellcheck disable=SC2086
	run "$xe" $command -h
	expect "help of '$command'" 0 ''
	expect_text "help of '$command' shows the usage" out "Usage: xdp-edge ${command:+$command }[OPTIONS]"
	expect_text "help of '$command' shows the shared options" out '--spec DIR'
done
run "$xe" -h
! grep -qi 'twice' out && pass || miss 'help promises no second -v' "$(cat out)"
run "$xe" -V
expect 'version' 0 ''
grep -Eq '^xdp-edge [0-9]+\.[0-9]+\.[0-9]+, libbpf v[0-9.]+$' out && pass || miss 'version text' "$(cat out)"
run "$xe" check -V
expect 'version by a command' 0 ''

# Installed somewhere else than the build was told: the tables are found beside the binary.
fresh
mkdir -p usr/sbin usr/share/xdp-edge
cp "$xe" usr/sbin/xdp-edge
cp -r spec usr/share/xdp-edge/
ln -s usr/sbin/xdp-edge link
for binary in usr/sbin/xdp-edge ./link; do
	run $binary rules -c site.yaml -j
	expect "$binary finds its tables" 0 ''
	expect_json "$binary: these and no others" '[r["id"] for r in v]' '["doc/one/1","doc/one/2"]'
done
rm -r usr link

fresh
for spelling in "-c site.yaml --spec spec check -j" "check -c site.yaml --spec spec -j" \
	"-j ch --spec=spec --config site.yaml" "--json -c site.yaml che --spec spec"; do
	# shellcheck disable=SC2086
	run "$xe" $spelling
	expect "xdp-edge $spelling" 0 ''
	expect_json "xdp-edge $spelling: rows" '[r["id"] for r in v["rows"]]' '["doc/one/1","doc/one/2"]'
done

# --- check, rules, explain -----------------------------------------------------------------------------------------------

check -p
expect_json 'check: keys' '[sorted(v), sorted(v["rows"][0])]' \
	'[["rows","sizes","verdicts"],["active","id","inactive_because","overlaps","overlaps_total","reply","same_as","shadowed_by","shadowed_by_total","verdict"]]'
expect_json 'check: an active row' 'v["rows"][0]' \
	'{"id":"doc/one/1","active":true,"reply":true,"verdict":"allow","inactive_because":null,"same_as":null,"overlaps":[],"overlaps_total":0,"shadowed_by":[],"shadowed_by_total":0}'
sed -i '$a 3,server,s,SIP,tcp,any,5061,any,server,,' spec/doc/one.csv
check -j
expect_json 'check: an inactive row' 'v["rows"][2]' \
	'{"id":"doc/one/3","active":false,"reply":true,"verdict":"allow","inactive_because":"server has no address","same_as":null,"overlaps":[],"overlaps_total":0,"shadowed_by":[],"shadowed_by_total":0}'
check
expect_text 'check: table' out 'doc/one/3  inactive  server has no address'

sed -i '$a \ \ lan0: lan' site.yaml
sed -i 's/^  edge: .*/&\n  server: [192.0.2.1, 198.51.100.1]/' site.yaml
check
expect 'an address on two sides is told' 0 \
	'site.yaml: 192.0.2.1: warning: belongs to edge on dmz-external and to server on lan: neither side is spoofed for it'
fresh
sed -i 's/internet/lan/; s/eth0/eth0.5/' site.yaml
sed -i '$a 3,clients,s,SIP,tcp,any,1,clients,server,,' spec/doc/one.csv
sed -i 's/^  edge: .*/&\n  server: 198.51.100.1/' site.yaml
check
expect 'a trunk and what it leaves out' 0 \
	'site.yaml: eth0: warning: untagged frames and VLANs not named are counted as no-policy'

# Verdicts: what enforce does, and what in the site is worth a second look.
fresh
check
expect_text 'check: the mode' out '      mode  monitor: nothing is dropped, nothing remembered; enforce would do as follows'
expect_text 'check: no verdicts' out '      rows  0 denied, 0 limited'
expect_text 'check: flows and their memory' out '     flows  262144 at once in 8388608 bytes'
grep -q '^   sources' out && miss 'check: no memory for limits that are none' "$(cat out)" || pass
check -j
expect_json 'check: verdicts in JSON' 'v["verdicts"]' \
	'{"mode":"monitor","deny_lists":[],"denied":[],"limited":[],"foreign":"pass","non_ip":"pass","echo":"pass","orphan_fragments":"drop","state":{"flows":{"at_once":262144,"bytes":8388608},"fragments":{"at_once":4096,"bytes":131072},"sources":{"at_once":0,"bytes":0},"seconds":{"new":30,"closing":10,"tcp":7440,"udp":300,"other":60,"fragment":30}},"translated":0,"suggest":true,"payload":false}'

fresh
sed -i 's/monitor/enforce/; s/^  edge: .*/&\n  server: [10.0.0.0\/24, 10.9.0.1, 127.0.0.0\/8]/; $a \ \ lan0: lan\n  dmz0: dmz-external' site.yaml
sed -i '$a 3,server,s,SIP,tcp,any,5061,any,server,,' spec/doc/one.csv
sed -i '$a 4,clients,s,SIP,tcp,any,5061,clients,edge,,\n5,clients,s,SIP,tcp,any,5061,clients,server,,' spec/doc/one.csv
cat >>site.yaml <<-'YAML'
	deny:
	- {name: ours, prefixes: [10.0.0.128/25, 198.51.100.7]}
	- {name: wide, prefixes: 10.0.0.0/16}
	- {name: other, prefixes: [10.0.1.0/24, 9.255.255.255, 192.1.2.1]}
	rows:
	- {name: exact, l4: tcp, ports: any, source: any, destination: 192.0.2.1}
	- {name: lease, l4: udp, app: DHCP, ports: "67,68", source: any, destination: server, limit: 9/s per source}
	- {name: out, l4: tcp, ports: 80, source: edge, destination: any, limit: 9/s per source}
	- {name: away, l4: tcp, ports: 81, source: edge, destination: any, limit: 9/s per source}
	verdicts:
	- {row: doc/one/1, verdict: deny}
	- {row: doc/one/5, verdict: deny}
	- {role: clients, limit: 5/s burst 9 per source, limit_on: packets}
	state: {flows: 1000, other: 2m}
	nat: {203.0.113.1: 192.0.2.1}
	foreign: drop
	fragments: pass
YAML
check
expect 'verdicts that are worth a second look' 0 "$(printf 'site.yaml:%s\n' \
	'12: ours: warning: has 10.0.0.128/25, of server: nothing is exchanged with it' \
	'13: wide: warning: has 10.0.0.0/24, of server: nothing is exchanged with it' \
	' doc/one/1: warning: deny, but this row never decides: site/rows/exact does, allow' \
	" site/rows/out: warning: a limit on what a server of the site's sends; and so of 1 more" \
	' site/rows/lease: warning: a limit on new flows, and DHCP begins none: write limit_on: packets' \
	' doc/one/5: warning: denied, and inactive' \
	' doc/one/4: warning: limited, and inactive' \
	' 127.0.0.0/8: warning: of server: every packet from or to it is martian' \
	'25:7: 203.0.113.1: warning: is translated to 192.0.2.1, but they are not of the same roles')"
for text in 'site/deny/ours   active    2 prefixes; deny' 'deny; never decides, shadowed by site/rows/exact (allowed)' \
	'      mode  enforce: what no row allows is dropped' '      deny  ours: 2 prefixes' '            wide: 1 prefix' \
	'      rows  1 denied, 3 limited' '      else  foreign drop, non-ip pass, echo pass, fragments pass' \
	'     flows  1000 at once in 32768 bytes' \
	'  kept for  new 30s, closing 10s, tcp 124m, udp 5m, other 2m, fragment 30s' \
	'       nat  1 address translated'; do
	expect_text 'check: verdicts in words' out "$text"
done
check -j
expect_json 'check: verdicts of rows in JSON' '[[r["id"],r["verdict"]] for r in v["rows"]]' \
	'[["site/deny/ours","deny"],["site/deny/wide","deny"],["site/deny/other","deny"],["site/rows/exact","allow"],["site/rows/lease","limit 9/s burst 9 per source"],["site/rows/out","limit 9/s burst 9 per source"],["site/rows/away","limit 9/s burst 9 per source"],["doc/one/1","deny"],["doc/one/2","allow"],["doc/one/3","allow"],["doc/one/4","limit 5/s burst 9 per source, every packet"],["doc/one/5","deny"]]'
expect_json 'check: lists and rows with a verdict in JSON' '[[x["mode"],x["deny_lists"],x["denied"],x["limited"],x["foreign"]] for x in [v["verdicts"]]][0]' \
	'["enforce",[{"id":"site/deny/ours","prefixes":2},{"id":"site/deny/wide","prefixes":1},{"id":"site/deny/other","prefixes":3}],["doc/one/1"],["site/rows/lease","site/rows/out","site/rows/away"],"drop"]'
run "$xe" rules -c site.yaml --spec spec
expect_text 'rules: the verdict' out 'limit 5/s burst 9 per source, every packet'
run "$xe" rules -c site.yaml --spec spec -j --table doc
expect_json 'rules: the verdict in JSON' '[r["verdict"] for r in v]' \
	'["deny","allow","allow","limit 5/s burst 9 per source, every packet","deny"]'
run "$xe" rules -c site.yaml --spec spec --csv --table site
expect_text 'rules: the verdict in CSV' out 'site/deny/wide,any,deny list,,any,any,any,10.0.0.0/16,any,active,yes,deny,'

fresh
sed -i 's/monitor/enforce/; s/^  edge: .*/  clients: 192.0.2.1/' site.yaml
check
expect_text 'enforce with nothing to protect' err \
	'site.yaml:2: enforce: warning: no protected role has an address: nothing is dropped for want of a row'
fresh
sed -i 's/monitor/rehearse/; s/^  edge: .*/  server: 192.0.2.1/; $a deny: [{name: d, prefixes: 10.0.0.0/8}]' site.yaml
check
expect_text 'enforce without a row' err \
	'site.yaml:2: rehearse: warning: NO ROW IS ACTIVE: everything from and to protected roles is dropped'
expect_text 'a deny list is no such row' err 'site.yaml: warning: no row is active: every packet will be a miss'
fresh
sed -i 's/monitor/enforce/; $a \ \ tap0: mirror' site.yaml
check
expect 'enforce beside a mirror' 0 'site.yaml:2: enforce: warning: tap0 is a mirror: what it receives are copies; nothing is enforced there'
fresh
echo 'state: {flows: 4000000}' >>site.yaml
check
expect 'what monitor need not remember' 0 \
	'site.yaml:8:8: state: warning: rehearse and enforce need 129 MiB for this, --max-memory allows 128'
expect_text 'fragments are strict' out '      else  foreign pass, non-ip pass, echo pass, fragments strict'
check --max-memory 129M
expect 'nor, with room for it, warn of' 0 ''
sed -i 's/monitor/enforce/' site.yaml
check --max-memory 130M
expect 'with room for it, enforce is accepted' 0 ''
fresh
sed -i 's/^  edge: .*/&\n  server: 10.0.0.1/; $a \ \ lan0: lan\nnat: {203.0.113.99: 10.99.99.99, 192.0.2.1: 192.0.2.9,\n      203.0.113.98: 10.99.99.98}' site.yaml
sed -i '$a 3,server,s,SIP,tcp,any,5061,any,server,,' spec/doc/one.csv
check
expect 'translations of nobody' 0 "$(printf 'site.yaml:%s\n' \
	'10:7: 203.0.113.99: warning: neither it nor 10.99.99.99 is in a role' \
	'10:34: 192.0.2.1: warning: is translated to 192.0.2.9, but they are not of the same roles' \
	'11:7: 203.0.113.98: warning: neither it nor 10.99.99.98 is in a role')"
fresh
echo 'state: off' >>site.yaml
check
expect_text 'without flows' out '     flows  off: replies pass without having been asked for'
expect_text 'without flows, fragments are kept for' out '  kept for  fragment 30s'

# Warnings that matter are not lost behind many that do not.
fresh
for i in $(seq 30); do
	echo "r$i,R,lan,no,,," >>spec/roles.csv
	sed -i "s/^  edge: .*/&\n  r$i: 10.0.0.$i/" site.yaml
done
sed -i 's/internet/lan/; s/eth0/eth0.5/; s/^  edge: .*//' site.yaml
check
expect 'many warnings, and no row is active' 0 \
	"$(printf 'site.yaml: %s\n' 'warning: no row is active: every packet will be a miss' \
		'eth0: warning: untagged frames and VLANs not named are counted as no-policy'
	for i in $(seq 18); do
		echo "site.yaml: r$i: warning: no row of the site's tables names this role"
	done
	echo 'site.yaml: 12 more warnings, not shown')"
fresh
sed -i 's/^  edge: .*/&\n  server: 198.51.100.1/' site.yaml
sed -i '2,3s/any,edge/server,edge/; $a 3,edge,s,SIP,tcp,any,1,any,edge,,' spec/doc/one.csv
check
expect 'rows that are never seen are one warning' 0 \
	"site.yaml: warning: 2 of 3 active rows are never seen: no packet that enters by the site's interfaces matches them"
expect_text 'and the table tells which' out 'doc/one/2  active  never seen on these sides'

# Rows that are never seen because a list denies an end of theirs, whole.
fresh
sed -i 's/^  edge: .*/&\n  clients: [198.51.100.0\/24, "2001:db8::\/63"]/' site.yaml
sed -i '$a 3,edge,s,SIP,tcp,any,5061,clients,edge,,\n4,clients,s,SIP,tcp,any,5061,edge,clients,,' spec/doc/one.csv
cat >>site.yaml <<-'YAML'
	deny:
	- {name: halves, prefixes: [198.51.100.0/25, 198.51.100.128/26, 198.51.100.192/26]}
	- {name: wide, prefixes: "2001:db8::/32"}
	rows:
	- {name: host, l4: tcp, ports: 1, source: "2001:db8:1::1", destination: any}
YAML
check
expect 'a denied end is not for want of an interface' 0 ''
for text in 'doc/one/3  *active  *never decides, denied by site/deny/halves$' \
	'doc/one/4  *active  *never decides, denied by site/deny/halves$' \
	'site/rows/host  *active  *never decides, denied by site/deny/wide$' 'doc/one/1  *active *$'; do
	grep -q "^$text" out && pass || miss "denied ends: $text" "$(cat out)"
done
sed -i 's/^  edge: .*/&\n  server: 10.0.0.1/' site.yaml
sed -i '$a 5,edge,s,SIP,tcp,any,5061,server,edge,,' spec/doc/one.csv
check
expect 'of what is never seen, the denied is no part' 0 \
	"site.yaml: warning: 1 of 6 active rows are never seen: no packet that enters by the site's interfaces matches them"
sed -i 's/, 198.51.100.192\/26//' site.yaml
check
grep -q 'site/rows/host .*denied by' out && ! grep -q '^doc.*denied by' out && pass ||
	miss 'an end that is denied in part is seen' "$(cat out)"

for text in 'confirm:reload --enforce --confirm-within T, then' 'confirm:confirm in time (a plain reload does not make it enforce)' \
	'reload:--confirm-within; a reload into monitor or rehearse ends the deadline.'; do
	run "$xe" "${text%%:*}" -h
	expect_text "help of ${text%%:*}" out "${text#*:}"
done

fresh
cat >>site.yaml <<-'YAML'
	ports:
	  doc/one/1: {match: source}
	  doc/one/2: {match: either}
	rows:
	- {name: both, l4: udp, ports: 53, source_ports: 1024-65535, source: any, destination: edge}
	- {name: host, l4: udp, ports: 53, source: any, destination: 192.0.2.1}
YAML
run "$xe" rules -c site.yaml --spec spec
for text in 'tcp  from 443 ' 'udp  50000-59999 either way ' 'udp  53 from 1024-65535 '; do
	expect_text 'rules: which port is limited' out "$text"
done
run "$xe" rules -c site.yaml --spec spec
expect_text 'rules: a row has replies' out 'udp  53                      any     192.0.2.1    active'
sed -i 's/destination: 192.0.2.1}/destination: 192.0.2.1, reply: no}/' site.yaml
run "$xe" rules -c site.yaml --spec spec
expect_text 'rules: or has none' out ' active one-way'
run "$xe" rules -c site.yaml --spec spec -j
expect_json 'rules: and in JSON' '[r["reply"] for r in v]' '[true,false,true,true]'
run "$xe" rules -c site.yaml --spec spec --csv --table site
expect_text 'rules: and in CSV' out ',active,no,allow,'
run "$xe" check -c site.yaml --spec spec
expect_text 'check: and its remark' out 'site/rows/host  active  one-way'
run "$xe" explain -c site.yaml --spec spec udp 192.0.2.1:53 198.51.100.1:40 --side dmz-external
expect_text 'explain: no reply' out 'miss unmatched'
sed -i 's/, reply: no}/}/' site.yaml
run "$xe" rules -c site.yaml --spec spec -j --table doc
expect_json 'rules: JSON keeps them apart' '[[r["source_ports"],r["ports"]] for r in v]' \
	'[["443","any"],["any","50000-59999 (either)"]]'
run "$xe" explain -c site.yaml --spec spec udp 198.51.100.1:40000 192.0.2.1:53
expect_text 'explain: which port is limited' out ' 53 from 1024-65535 '
expect_text 'explain: a literal prefix decides' out \
	'site/rows/host decides, as forward: its literal prefix is more specific than the roles of site/rows/both'

fresh
run "$xe" rules -c site.yaml --spec spec
expect_text 'rules: table' out 'doc/one/2  edge  media        RTP  udp  50000-59999  any     edge         active'
run "$xe" rules -c site.yaml --spec spec -j --active
expect_json 'rules: JSON' '[[r["id"],r["ports"],r["state"]] for r in v]' \
	'[["doc/one/1","443","active"],["doc/one/2","50000-59999","active"]]'
run "$xe" rules -c site.yaml --spec spec -j --role server
expect_json 'rules: no row of a role' 'v' '[]'
run "$xe" rules -c site.yaml --spec spec -j --table doc/one
expect_json 'rules: one table' 'len(v)' 2
run "$xe" rules -c site.yaml --spec spec --csv --table doc
expect_text 'rules: CSV' out 'doc/one/1,edge,SIP service,SIP,tcp,any,443,any,edge,active,'

# --- prefixes from files, rows from other tools ---------------------------------------------------------------------------

mkdir lists
printf '# ours\r\n192.0.2.1\r\n\r\n2001:db8::/32 # and IPv6\r\n' >lists/edge.txt
sed -i 's|^  edge: .*|  edge: {file: lists/edge.txt}|' site.yaml
run "$xe" explain -c site.yaml --spec spec -j tcp '[2001:db9::1]:40000' '[2001:db8::5]:443'
expect_json 'prefixes of a file' 'v["deciding"]["row"]' '"doc/one/1"'
cd lists
run "$xe" rules -c ../site.yaml --spec ../spec
expect 'a file is looked for beside the site' 0 ''
cd ..
echo 192.0.2.2/24 >>lists/edge.txt
run "$xe" check -c site.yaml --spec spec
expect 'a faulty file' 1 'lists/edge.txt:5: 192.0.2.2/24: address bits set behind the prefix length; the network is 192.0.2.0/24'
rm lists/edge.txt
run "$xe" check -c site.yaml --spec spec
expect 'a missing file' 1 'lists/edge.txt: cannot be read: No such file or directory'
mkfifo lists/edge.txt
run "$xe" check -c site.yaml --spec spec
expect 'a FIFO is not waited for' 1 'lists/edge.txt: is a FIFO, not a regular file'

fresh
"$python" "$top/tests/bench/rules.py" ipc 300 >rules
"$python" "$top/scripts/import-classbench.py" rules --site ipc --interface eth0=internet -o imported.yaml
run "$xe" check -c imported.yaml --spec spec -j
expect_json 'an imported rule set' '[len(v["rows"]), {r["reply"] for r in v["rows"]} == {False},
	max(r["overlaps_total"] for r in v["rows"]) > 100, sum(r["overlaps_total"] for r in v["rows"]) % 2]' '[300,true,true,0]'

explain() {
	run "$xe" explain -c site.yaml --spec spec "$@"
}
explain -j tcp 198.51.100.1:40000 192.0.2.1:443
expect_json 'explain: forward' 'v' \
	'{"deciding":{"row":"doc/one/1","sense":"forward"},"miss":null,"matches":[{"row":"doc/one/1","sense":"forward"}],"enforce":{"mode":"monitor","verdict":"pass","otherwise":null,"reason":null,"exempt":null,"limit":null,"limit_on":null}}'
explain -j --side dmz-external tcp 192.0.2.1:443 198.51.100.1:40000
expect_json 'explain: reply' 'v["deciding"]' '{"row":"doc/one/1","sense":"reply"}'
explain -j --side dmz-external --syn tcp 192.0.2.1:443 198.51.100.1:40000
expect_json 'explain: a SYN is no reply' 'v' '{"deciding":null,"miss":"unmatched","matches":[],"enforce":{"mode":"monitor","verdict":"drop","otherwise":null,"reason":"unmatched","exempt":null,"limit":null,"limit_on":null}}'
explain -j tcp 198.51.100.1:1 198.51.100.2:2
expect_json 'explain: foreign' 'v["miss"]' '"foreign"'
explain -j icmp 198.51.100.1 192.0.2.1
expect_json 'explain: ip-other' 'v["miss"]' '"ip-other"'
explain -j udp '[2001:db8::1]:1' '[2001:db8::2]:2'
expect_json 'explain: IPv6' 'v["miss"]' '"foreign"'
explain tcp 192.0.2.1:443 198.51.100.1:40000
expect_text 'explain: the assumed side' out 'enters from internet (assumed: the source is nobody'
expect_text 'explain: spoofed, in words' out \
	'miss spoofed: 192.0.2.1 lives on dmz-external, the packet enters from internet'
explain tcp 198.51.100.1:40000 192.0.2.1:443
expect_text 'explain: no other row' out 'doc/one/1 decides, as forward: no other row could'
sed -i '$a 3,edge,SIP service,SIP,tcp,any,443,clients,edge,,' spec/doc/one.csv
sed -i 's/^  edge: .*/&\n  clients: 198.51.100.0\/24/' site.yaml
explain tcp 198.51.100.1:40000 192.0.2.1:443
expect_text 'explain: named ends decide' out \
	'doc/one/3 decides, as forward: it names both ends, doc/one/1 one end'
expect_text 'explain: the side of the source' out 'enters from internet (assumed: the source lives there)'

# --- replay, and what asks the program: as root only ----------------------------------------------------

fresh
run "$xe" replay -c site.yaml --spec spec "$fixtures/pcap/raw-ip.pcap"
expect 'replay: not Ethernet' 1 "xdp-edge: $fixtures/pcap/raw-ip.pcap: link type RAW, not Ethernet"
run "$xe" replay -c site.yaml --spec spec "$work"
expect 'replay: a directory' 1 "xdp-edge: $work: not a regular file"
run "$xe" replay -c site.yaml --spec spec nothing.pcap
expect 'replay: no file' 1 'xdp-edge: nothing.pcap: No such file or directory'
run "$xe" replay -c site.yaml --spec spec site.yaml
expect 'replay: no capture' 1 'xdp-edge: site.yaml: unknown file format'

if [ "$(id -u)" = 0 ]; then
	# it loads dozens of programs
	bench() {
		patience=60 run "$xe" bench -c site.yaml --spec spec --rounds 1 --repeat 1000 "$@"
	}
	bench --case nothing
	expect 'bench: no such case' 2 "xdp-edge bench: no case, kind or row 'nothing'
Try 'xdp-edge bench -h'."
	bench --case no-policy
	expect 'bench: a case that cannot be' 1 'xdp-edge: no-policy: every frame of these interfaces has a side'
	bench --trace nothing.pcap
	expect 'bench: no trace' 1 'xdp-edge: nothing.pcap: No such file or directory'
	bench --trace site.yaml
	expect 'bench: no capture' 1 'xdp-edge: site.yaml: unknown file format'
	bench --trace "$work"
	expect 'bench: a directory' 1 "xdp-edge: $work: not a regular file"
	bench --trace "$fixtures/pcap/raw-ip.pcap"
	expect 'bench: not Ethernet' 1 "xdp-edge: $fixtures/pcap/raw-ip.pcap: link type RAW, not Ethernet"
	head -c 24 "$fixtures/pcap/frames.pcap" >empty.pcap
	bench --trace empty.pcap
	expect 'bench: no frame' 1 'xdp-edge: empty.pcap: no frame of 14 to 3072 bytes in it'
	head -c 60 "$fixtures/pcap/frames.pcap" >short.pcap
	bench --trace short.pcap
	expect_nothing 'bench: a capture that ends within a frame' 1
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$xe" bench -c site.yaml --spec spec
	expect_nothing 'bench: no root, stdout' 1
	bench --csv
	expect 'bench: CSV' 0 ''
	expect_text 'bench: CSV, a row' out 'doc/one/1 ipv4,row,doc/one/1,,,forward,4,eth0,pass,'
fi

packets() { # FILE: per packet, as JSON, in one list
	run "$xe" replay -c site.yaml --spec spec --per-packet -j "$1"
	jq_lines
}
jq_lines() {
	"$python" -c 'import json, sys; json.dump([json.loads(line) for line in open("out")], sys.stdout)' >list
	mv list out
}
what='[[p["frame"], p["row"] and p["row"][-1], p["sense"], p["miss"]] for p in v]'
want='[[1,"1","forward",null],[2,"1","reply",null],[3,"2","forward",null],[4,"2","forward",null],'
want+='[5,null,null,"fragment"],[6,null,null,"non-ip"],[7,null,null,"malformed"],'
want+='[8,null,null,"malformed"],[9,null,null,"foreign"],[10,"2","forward",null]]'
runts='xdp-edge: 1 frame of less than 14 bytes counted as malformed without the program'

if [ "$(id -u)" = 0 ]; then
	for file in frames.pcap frames.pcapng cut.pcap; do
		packets "$fixtures/pcap/$file"
		cut=
		[ $file != cut.pcap ] || cut="xdp-edge: 5 of 10 frames were cut by the capture and filled with zeros
"
		expect "replay: $file" 0 "$cut$runts"
		expect_json "replay: $file, each packet" "$what" "$want"
	done
	expect_json 'replay: a flow' 'v[2]["flow"]' \
		'{"family":4,"proto":17,"saddr":"198.51.100.9","sport":40000,"daddr":"192.0.2.1","dport":50000,"fragment":"no","vlans":[7,20]}'
	expect_json 'replay: fragments' '[v[3]["flow"]["fragment"], v[4]["flow"]["fragment"], v[4]["flow"]["dport"]]' \
		'["first","later",null]'
	expect_json 'replay: IPv6' 'v[8]["flow"]["saddr"]' '"2001:db8::1"'
	expect_json 'replay: no flow' '[v[5]["flow"], v[6]["flow"], v[7]["flow"]]' '[null,null,null]'

	run "$xe" replay -c site.yaml --spec spec -j "$fixtures/pcap/frames.pcap"
	expect_json 'replay: rows' '[[r["decided"]["packets"], r["reply"]["packets"], r["new"]] for r in v["rows"]]' \
		'[[2,1,1],[3,0,0]]'
	expect_json 'replay: total' 'v["total"]' '{"packets":10,"bytes":8678}'
	run "$xe" replay -c site.yaml --spec spec -j --side internet "$fixtures/pcap/frames.pcap"
	expect_json 'replay: the reply is spoofed from the internet' 'v["misses"]["spoofed"]["packets"]' 1
	run "$xe" replay -c site.yaml --spec spec --nonzero "$fixtures/pcap/frames.pcap"
	expect_text 'replay: table' out 'total 10 packets, '
	head -c 300 "$fixtures/pcap/frames.pcap" >torn.pcap
	run "$xe" replay -c site.yaml --spec spec torn.pcap
	expect_nothing 'replay: a torn file is no result' 1

	# Frames of 1 and 2 run; the kernel has no memory for 3, and 4 is no frame.
	"$python" - "$fixtures/pcap/frames.pcap" <<-'PY'
		import struct, sys
		data = open(sys.argv[1], "rb").read()
		header, length = data[:24], struct.unpack("<I", data[32:36])[0]
		frame = data[40:40 + length]
		def record(frame, wire):
		    return struct.pack("<IIII", 1, 0, len(frame), wire) + frame
		large = record(frame + bytes(100054 - length), 100054)
		open("large.pcap", "wb").write(header + record(frame, length) + large + large +
		                               record(frame, 300000) + record(frame, length))
		open("only.pcap", "wb").write(header + large)
	PY
	said="xdp-edge: 2 frames not run and not counted: Cannot allocate memory (the first is frame 2 of 100054 bytes)
xdp-edge: 1 frame not run and not counted: longer than any frame (the first is frame 4 of 300000 bytes)"
	run "$xe" replay -c site.yaml --spec spec -j large.pcap
	expect 'replay: frames that cannot be run are told of' 0 "$said"
	expect_json 'replay: the others are counted' 'v["total"]["packets"]' 2
	packets large.pcap
	expect 'replay: the same by packet' 0 "$said"
	expect_json 'replay: frames that cannot be run, each' \
		'[[p["frame"], p["row"], p["miss"], p.get("not_run")] for p in v]' \
		'[[1,"doc/one/1",null,null],[2,null,null,"Cannot allocate memory"],[3,null,null,"Cannot allocate memory"],[4,null,null,"longer than any frame"],[5,"doc/one/1",null,null]]'
	run "$xe" replay -c site.yaml --spec spec --per-packet large.pcap
	expect_text 'replay: a line for one that cannot be run' out '2 not run: Cannot allocate memory'
	run "$xe" replay -c site.yaml --spec spec only.pcap
	expect_nothing 'replay: a file of which nothing can be run' 1
	expect_text 'replay: says so' err 'xdp-edge: no frame could be run'

	for packet in 'tcp 198.51.100.1:40000 192.0.2.1:443' '--syn tcp 198.51.100.1:40000 192.0.2.1:443' \
		'udp 198.51.100.1:1 192.0.2.1:50000' 'icmp 198.51.100.1 192.0.2.1' 'esp 198.51.100.1 192.0.2.1' \
		'icmp 2001:db8::1 2001:db8::2' 'tcp [2001:db8::1]:1 [2001:db8::2]:443' \
		'--side internet tcp 192.0.2.1:443 198.51.100.1:1'; do
		# shellcheck disable=SC2086
		explain --kernel $packet
		expect "explain --kernel $packet" 0 ''
		expect_text "explain --kernel $packet" out 'the program agrees: '
	done
	chmod 755 .
	chmod -R go+rX spec site.yaml
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$xe" explain -c site.yaml --spec spec --kernel \
		tcp 198.51.100.1:1 192.0.2.1:443
	[ "$code" = 1 ] && pass || miss 'explain --kernel without rights' "exit code $code: $(cat err)"
	expect_text 'explain --kernel without rights names the remedy' err 'CAP_BPF'
else
	echo 'cli: not root: replay and explain --kernel were not tried' >&2
fi

# The other sense is as precise here: 443 > 443 between two edges satisfies each row both ways.
fresh
sed -i '$a 3,edge,out,SIP,tcp,any,443,edge,any,,' spec/doc/one.csv
explain --side dmz-external tcp 192.0.2.1:443 198.51.100.1:443
expect_text 'explain: ambiguous' out 'ambiguous: as reply it would be doc/one/1, just as precise'
explain --side dmz-external tcp 192.0.2.1:443 198.51.100.1:5000
grep -q ambiguous out && miss 'explain: not ambiguous' "$(cat out)" || pass

# --- hostile names ----------------------------------------------------------------------------------------------------------

# UTF-8 without a character that moves the cursor or turns the line round.
harmless() { # FILE
	"$python" - "$1" <<-'PY'
		import sys
		text = open(sys.argv[1], newline="", encoding="utf-8").read()
		bad = lambda c: (c < 0x20 and c != 10) or 0x7f <= c <= 0x9f or 0x202a <= c <= 0x202e or 0x2066 <= c <= 0x2069
		sys.exit(any(bad(ord(c)) for c in text))
	PY
}

hostile() { # NAME TEXT-OF-A-DOUBLE-QUOTED-YAML-STRING
	fresh
	printf 'rows: [{name: own, service: "%s", l4: tcp, ports: 9, source: any, destination: edge}]\n' "$2" \
		>>site.yaml
	for form in '' -j --csv; do
		# shellcheck disable=SC2086
		run "$xe" rules -c site.yaml --spec spec $form
		if [ "$code" = 1 ] && [ ! -s out ]; then
			cat err >out # refused is fine, if the message is harmless
		elif [ "$code" != 0 ]; then
			miss "$1 $form" "exit code $code: $(head -c 300 err)"
		fi
		if ! harmless out; then
			miss "$1 $form" "raw control character: $(cat -v out | head -c 300)"
		else
			pass
		fi
	done
}
hostile 'ESC' '\e[2Jx'
hostile 'OSC title' '\e]0;owned\ax'
hostile 'C1' 'a\u009b31mx'
hostile 'right-to-left override' 'a\u202ex'
hostile 'carriage return' 'a\rb'
hostile 'format' '%n%s%99999d'
hostile 'formula' '=cmd()'
hostile '5000 bytes' "$(printf '%05000d' 0)"

for name in ../../x '' .. A aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; do
	run "$xe" stats "$name"
	expect "stats of '$name'" 1 "xdp-edge: '$name': not a policy name: a-z, 0-9 and -, 1..32 bytes"
done
run "$xe" replay "$(printf 'a\033[31m\nb')"
expect 'ESC in a file name' 1 'xdp-edge: a\x1b[31m\x0ab: No such file or directory'
run "$xe" "$(printf '\033[2J')"
expect 'ESC in a command' 2 "xdp-edge: unknown command '\x1b[2J'
Try 'xdp-edge -h'."

# --- which policy is meant: as root only, with a bpffs and interfaces of its own -------------------------

# The outputs and exit codes of each step in files STEP.out, STEP.err, STEP.code.
meant() {
	# shellcheck disable=SC2317
	step() {
		local name=$1 code=0
		shift
		timeout 60 "$xe" "$@" >"$name.out" 2>"$name.err" </dev/null || code=$?
		echo "$code" >"$name.code"
	}
	mount --make-rprivate /
	mount -t bpf bpf /sys/fs/bpf
	mkdir -p empty
	local command
	[ ! -d /etc/xdp-edge ] || mount --bind empty /etc/xdp-edge
	ip link add eth0 type veth peer name eth1
	ip link set eth0 up
	ip link set eth1 up
	step none stats
	step none-wrong stats -c wrong.yaml
	step load load -c site.yaml --spec spec --mode generic
	step one stats -j
	step one-nameless stats -j -c nameless.yaml
	step one-faulty stats -j -c wrong.yaml --spec nowhere
	for command in stats top suggest doctor baseline confirm capture unload; do
		step "typo-$command" "$command" -c nosuch.yaml
	done
	step count capture -c 5 -w count.pcapng
	step typo-named stats -j -c nosuch.yaml t
	step default-typo stats -j -c /etc/xdp-edge/site.yaml
	step default-unload unload -c /etc/xdp-edge/site.yaml
	mount -t tmpfs etc /etc
	mkdir /etc/xdp-edge
	cp nameless.yaml /etc/xdp-edge/site.yaml
	step default-nameless stats -j
	umount /etc
	mkdir /sys/fs/bpf/xdp-edge/other
	step two stats
	step two-unload unload
	step two-named stats -j -c wrong.yaml
	rmdir /sys/fs/bpf/xdp-edge/other
	step unload unload
	step gone stats t
}

said() { # NAME STEP CODE STDERR
	cp "$2.out" out
	cp "$2.err" err
	code=$(cat "$2.code")
	expect "$1" "$3" "$4"
}

fresh
sed 's/internet/nowhere/' site.yaml >wrong.yaml
sed /^name/d site.yaml >nameless.yaml
if [ "$(id -u)" = 0 ] && unshare -mn true 2>/dev/null; then
	export -f meant
	export xe
	unshare -mn bash -c 'set -euo pipefail; meant' || miss 'which policy is meant' "setting up failed"
	default='there is no /etc/xdp-edge/site.yaml'
	typo='nosuch.yaml: cannot be read: No such file or directory'
	unknown='xdp-edge: which policy is meant is not known: say xdp-edge'
	said 'no site, nothing loaded' none 1 "xdp-edge: $default, and no policy is loaded"
	said 'its name is all it takes' none-wrong 1 'xdp-edge: no policy named t is loaded: xdp-edge load'
	said 'load' load 0 "$(cat load.err)"
	said 'no site, one policy: quietly' one 0 ''
	expect_json 'no site, one policy: its rows' '[r["id"] for r in v["rows"]]' '["doc/one/1","doc/one/2"]'
	said 'a site without a name that was named, one policy' one-nameless 1 "nameless.yaml:1: name: missing: the site needs a name
$unknown stats NAME"
	said 'neither a faultless site nor a spec is needed' one-faulty 0 ''
	expect_json 'the counters of a faulty site' 'len(v["rows"])' 2
	for command in stats top suggest doctor baseline confirm capture unload; do
		said "$command takes no other policy than that of a site that was named" "typo-$command" 1 "$typo
$unknown $command NAME"
	done
	said 'capture -c 5' count 1 "5: cannot be read: No such file or directory
$unknown capture NAME
xdp-edge: -c 5 names a site file (--count 5 is how many packets)"
	said 'a name is enough, whatever -c is' typo-named 0 ''
	missing='/etc/xdp-edge/site.yaml: cannot be read: No such file or directory'
	said 'the default site, named, that is not there' default-typo 1 "$missing
$unknown stats NAME"
	said 'unload of it' default-unload 1 "$missing
$unknown unload NAME"
	said 'the default site, not named, without a name: the one policy' default-nameless 0 \
		"/etc/xdp-edge/site.yaml:1: name: missing: the site needs a name
xdp-edge: taking t, the only policy that is loaded"
	expect_json 'the default site, without a name: the rows of the one policy' 'len(v["rows"])' 2
	said 'no site, two policies' two 1 \
		"xdp-edge: $default, and several policies are loaded: other, t: say xdp-edge stats NAME"
	said 'no site, two policies: unload' two-unload 1 \
		"xdp-edge: $default, and several policies are loaded: other, t: say xdp-edge unload NAME"
	said 'two policies, one named by a faulty site' two-named 0 ''
	said 'no site, one policy: unload' unload 0 ''
	expect_text 'no site, one policy: unload it' out 't: unloaded'
	said 'then it is gone' gone 1 'xdp-edge: no policy named t is loaded: xdp-edge load'
else
	echo 'cli: not root, or no namespaces: which policy is meant was not tried' >&2
fi

# --- outputs that fail -----------------------------------------------------------------------------------------------------------

cd "$top"
for command in check rules 'rules --csv' 'check -p' 'explain icmp 192.0.2.1 192.0.2.2'; do
	code=0
	# shellcheck disable=SC2086
	"$xe" -c maps/sites/lab.yaml --spec maps/spec $command >/dev/full 2>"$work/err" || code=$?
	grep -v warning: "$work/err" >"$work/errors" || :
	if [ "$code" = 1 ] && grep -qx 'xdp-edge: writing the output: .*' "$work/errors"; then
		pass
	else
		miss "$command > /dev/full" "exit code $code: $(cat "$work/err")"
	fi
done
codes=$( (
	set +e
	"$xe" -c maps/sites/lab.yaml --spec maps/spec check -p 2>/dev/null
	echo $? >"$work/code"
) | head -n 1 >/dev/null
	cat "$work/code")
[ "$codes" = 1 ] && pass || miss 'a reader that goes away' "exit code $codes"
code=0
"$xe" -c maps/sites/lab.yaml --spec maps/spec check >&- 2>"$work/err" || code=$?
[ "$code" = 1 ] && pass || miss 'closed stdout' "exit code $code"

# --- colour, width -----------------------------------------------------------------------------------------------------------------

terminal() { # COLUMNS COMMAND
	TERM=xterm script -qec "stty cols $1; $2" /dev/null >"$work/out" </dev/null
}
lab="$xe -c maps/sites/lab.yaml --spec maps/spec"
terminal 100 "$lab check"
grep -q "$(printf '\033\\[1m')" "$work/out" && pass || miss 'colour on a terminal' "$(head -c 300 "$work/out")"
terminal 100 "NO_COLOR=1 $lab check"
grep -q "$(printf '\033')" "$work/out" && miss 'NO_COLOR' "$(head -c 300 "$work/out" | cat -v)" || pass
terminal 120 "NO_COLOR=1 $lab rules"
if "$python" -c 'import sys
sys.exit(any(len(line.rstrip("\r\n")) > 120 for line in open(sys.argv[1], newline="\n")))' "$work/out" &&
	grep -q '…' "$work/out"; then
	pass
else
	miss 'a table fits the terminal' "$(head -n 5 "$work/out")"
fi
$lab rules >"$work/out"
grep -q "$(printf '\033')\|…" "$work/out" && miss 'a pipe gets the whole text' "$(head -n 3 "$work/out")" || pass

# --- the example sites ------------------------------------------------------------------------------------------------------------------

for site in maps/sites/*.yaml; do
	name=$(basename "$site" .yaml)
	want=$fixtures/check/$name.json
	code=0
	"$xe" check -p -c "$site" --spec maps/spec >"$work/out" 2>"$work/err" || code=$?
	if [ "$code" != 0 ]; then
		miss "check of $name" "$(cat "$work/err")"
		continue
	fi
	if [ "$update" = yes ]; then
		mkdir -p "$fixtures/check"
		cp "$work/out" "$want"
	fi
	if cmp -s "$work/out" "$want"; then
		pass
	else
		miss "check of $name is as committed" "$(diff "$want" "$work/out" | head -n 20)"
	fi
done
for want in "$fixtures"/check/*.json; do
	[ ! -e "$want" ] || [ -e "maps/sites/$(basename "$want" .json).yaml" ] || miss 'a fixture without a site' "$want"
done

cd "$work"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
