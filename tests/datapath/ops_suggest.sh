#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# From packets that no row allows to rows that do: sent, suggested, pasted, reloaded, decided. Exact while they come slowly,
# exact in sum in a flood.
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

BASE=$FIXTURES/suggest.yaml
SITE=$WORK/site.yaml
cp "$BASE" "$SITE"
readers_group
member=(setpriv --reuid 65534 --regid "$READERS" --clear-groups)
nic wan0
nic lan0

# slow NIC FLOW...: slow enough for every packet to be recorded, whatever the kernel's clock and however late the sender is:
# one at a time, with a pause longer than a jiffy behind each.
slow() {
	local nic=$1 flow
	shift
	for flow; do
		for ((i = 0; i < ${flow%%,*}; i++)); do
			far "$SEND" "$nic-far" "1,${flow#*,}" >/dev/null
			sleep 0.012
		done
	done
}

# suggested EXPRESSION: of jq, over all that is suggested.
suggested() {
	xe -j suggest -n 0 | jq -r "$1"
}

unmatched() {
	stats '.misses.unmatched.packets'
}

# A line for each row: name, packets, ends, estimated.
rows_suggested() {
	suggested '.proposals[] | "\(.row.name) \(.packets) \(.bytes) \(.row.source | tostring) \(.row.destination) \(.estimated)"'
}

# paste: what is suggested now goes behind the site.
paste() {
	xe suggest -n 0 >"$WORK/rows.yaml"
	cat "$BASE" "$WORK/rows.yaml" >"$SITE"
}

unsolicited_is_no_row() {
	equal "$(suggested '.proposals[] | select(.reasons == ["unsolicited"]) | "\(.kind) \(.row) \(.packets)"')" 'none null 3'
	xe suggest -n 0 | grep -q '^  # udp replies from port 53 without a flow'
}

FEW=("7,udp,192.0.2.7,40000,203.0.113.10,7001,60" "5,syn,192.0.2.8,40000,203.0.113.10,8443,74"
	"3,udp,2001:db8:9::1,40000,2001:db8:16::10,7002,90")
MANY=()
for i in {1..8}; do
	MANY+=("1,tcp,198.51.100.$i,40000,203.0.113.10,8444,60")
done

check 'nothing to load from: no policy' ends 1 - xe suggest
check 'a policy that records' xe load
check 'nothing seen' equal "$(xe suggest | sed 1d)" '# Nothing that no row allows has been seen.'

slow wan0 "${FEW[@]}"
slow lan0 2,tcp,10.0.1.11,5080,203.0.113.10,50000,66
check 'each packet once, roles where the site has them' equal "$(rows_suggested)" \
	'seen-udp-7001-access-edge 7 420 ["192.0.2.7"] access-edge false
seen-tcp-8443-access-edge 5 370 ["192.0.2.8"] access-edge false
seen-udp-7002-access-edge 3 270 ["2001:db8:9::1"] access-edge false
seen-tcp-5080-front-end 2 132 access-edge front-end false'
check 'as many as were unmatched' equal "$(suggested '"\(.packets) \(.estimated)"')" "$(unmatched) false"
check 'a SYN told which end serves' equal "$(suggested '.proposals[] | select(.syn) | .row.name')" seen-tcp-8443-access-edge
check 'answers are turned round' equal "$(suggested '.proposals[] | select(.answers > 0) | "\(.row.name) \(.answers)"')" \
	'seen-tcp-5080-front-end 2'
check 'by which NIC' equal "$(suggested '[.proposals[].interfaces[]] | join(" ")')" 'wan0 wan0 wan0 lan0'
check 'times of the last minutes' equal "$(suggested '
	[.proposals[] | (.first, .last) | sub("[+-][0-9]{4}$"; "Z") | fromdate | now - . | select(. > -50000 and . < 50000)] | length')" 8
check 'a member of the group sees the same' equal "$("${member[@]}" "$XE" -c "$SITE" -j suggest | jq -r '"\(.packets) \(.site_known)"')" '17 true'
check 'and may not forget it' ends 1 - \
	"${member[@]}" "$XE" -c "$SITE" suggest --clear

slow wan0 "${MANY[@]}"
check 'eight sources are any' equal "$(suggested '.proposals[] | select(.row.ports == "8444") | .row.source')" any
check 'the heaviest only' equal "$(xe -j suggest -n 2 | jq -r '[.proposals[].packets] | join(" ")')" '8 7'

paste
check 'what is printed is a valid site' xe check
check 'and loads' xe reload
before=$(unmatched)
slow wan0 "${FEW[@]}" "${MANY[@]}"
slow lan0 2,tcp,10.0.1.11,5080,203.0.113.10,50000,66
check 'no packet of it is unmatched any more' equal "$(unmatched)" "$before"
check 'its rows decide them' equal "$(stats '.rows[] | select(.id | startswith("site/rows/seen-")) | "\(.id) \(.decided.packets)"' | sort)" \
	'site/rows/seen-tcp-5080-front-end 2
site/rows/seen-tcp-8443-access-edge 5
site/rows/seen-tcp-8444-access-edge 8
site/rows/seen-udp-7001-access-edge 7
site/rows/seen-udp-7002-access-edge 3'

check 'forgotten' equal "$(xe suggest --clear)" 'suggest: 12 records forgotten'
check 'nothing is left' equal "$(suggested '"\(.records) \(.packets) \(.proposed)"')" '0 0 0'

# A flood: what is recorded of it stands for all of it. The last packets wait for the next one, which comes by the same CPU.
before=$(unmatched)
far "$SEND" -c 0 wan0-far 60000,udp,192.0.2.9,40000,203.0.113.10,7009,60 6000,udp,192.0.2.10,40000,203.0.113.10,7010,60 >/dev/null
sleep 0.1
far "$SEND" -c 0 wan0-far 1,udp,192.0.2.9,40000,203.0.113.10,7009,60 >/dev/null
check 'a flood is counted whole' equal "$(suggested '"\(.packets) \(.bytes)"')" "66001 $((66001 * 60))"
check 'as the counters have it' equal "$(($(unmatched) - before))" 66001
check 'and said to be estimates' equal "$(suggested '"\(.estimated) \(.proposals[0].row.name) \(.proposals[0].estimated)"')" \
	'true seen-udp-7009-access-edge true'
xe suggest >"$WORK/flood.yaml"
check 'in words too' grep -q '^  # about [0-9]* packets' "$WORK/flood.yaml"
xe suggest --clear >/dev/null

check 'replies without a flow: rehearse' sed -i 's/^mode: .*/mode: rehearse/' "$SITE"
check 'reload into rehearse' xe reload
slow wan0 3,udp,198.51.100.53,53,203.0.113.10,40000,60
check 'no row is suggested for them' unsolicited_is_no_row

sed -i 's/^mode: .*/mode: monitor\nsuggest: no/' "$SITE"
xe unload >/dev/null
check 'a policy that records nothing' xe load
check 'says so' ends 1 'xdp-edge: suggest: its policy records nothing: the site says suggest: no' xe suggest
check 'nor can it forget' ends 1 'xdp-edge: suggest: its policy records nothing: the site says suggest: no' xe suggest --clear
check 'two names' ends 2 - xe suggest a b
check 'no number' ends 2 - xe suggest -n x
check 'JSON of nothing' ends 2 - xe -j suggest --clear

finish
