#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Nobody locks himself out: over a real SSH session, load and reload refuse a policy that would drop this very session, name the
# row to add, and take the policy with that row; with --force they do it all the same. Then what else SSH_CONNECTION may say.
set -euo pipefail
# shellcheck source=tests/datapath/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
world "$0" "$@"

CLIENT=198.51.100.7
SERVER=198.51.100.1
CLIENT6=2001:db8:51::7
SERVER6=2001:db8:51::1
CONNECTION="$CLIENT 50000 $SERVER 22"

# site MODE [LINE...]: a site of which the box's own address is the Access Edge's, with further lines.
site() {
	{
		sed -e "s/^mode:.*/mode: $1/" -e "s/^  access-edge:.*/  access-edge: [$SERVER, \"$SERVER6\"]/" -e '/^rows:/,$d' "$FIXTURES/old.yaml"
		printf '%s\n' "${@:2}"
	} >"$SITE"
}

start_sshd() {
	local daemon
	daemon=$(command -v sshd || echo /usr/sbin/sshd)
	ip addr add "$SERVER/24" dev wan0
	far ip addr add "$CLIENT/24" dev wan0-far
	ssh-keygen -q -t ed25519 -N '' -f "$WORK/host"
	ssh-keygen -q -t ed25519 -N '' -f "$WORK/key"
	mkdir -p /run/sshd
	cat >"$WORK/sshd.conf" <<-END
		Port 22
		ListenAddress $SERVER
		HostKey $WORK/host
		AuthorizedKeysFile $WORK/key.pub
		PidFile none
		PermitRootLogin prohibit-password
		StrictModes no
		UsePAM no
	END
	"$daemon" -f "$WORK/sshd.conf" -E "$WORK/sshd.log"
}

# session COMMAND: typed in an SSH session from the far end.
session() {
	far timeout 20 ssh -F none -i "$WORK/key" -o BatchMode=yes -o ConnectTimeout=3 -o StrictHostKeyChecking=no \
		-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR "root@$SERVER" "$1"
}

# typed COMMAND...: of xdp-edge, in a session.
typed() {
	session "export XDP_EDGE_SPEC=${XDP_EDGE_SPEC:-}; $XE -c $SITE $*"
}

# said CODE COMMAND...: exit code, and what it said on stderr with ports left out.
said() {
	local code=$1 got=0
	shift
	"$@" >"$WORK/stdout" 2>"$WORK/stderr" || got=$?
	sed -E "s/($CLIENT):[0-9]+/\1:PORT/" "$WORK/stderr"
	[[ $got == "$code" ]] || { echo "exit code $got, wanted $code"; return 1; }
}

# refusal REASON ROWS: what it says when this session's packets would be dropped.
refusal() {
	echo "xdp-edge: the policy would drop the packets of this very SSH connection, $CLIENT:PORT to $SERVER:22, entering by wan0 (internet): $1
xdp-edge: add this row to $SITE${2:+, to its rows}:
${2:-rows:
}  - {name: ssh-admin, service: SSH, l4: tcp, ports: 22, source: $CLIENT, destination: $SERVER}
xdp-edge: nothing was changed; --force does it all the same"
}

# the lines to paste, out of the last refusal
paste_rows() {
	grep -E '^(rows:|  - )' "$WORK/stderr" >>"$SITE"
}

by_hand() {
	SSH_CONNECTION=$CONNECTION xe "$@"
}

case_session() {
	check "an SSH session" equal "$(session 'echo $SSH_CONNECTION' | sed -E 's/^([^ ]+) [0-9]+/\1 PORT/')" "$CLIENT PORT $SERVER 22"
	site enforce
	check "load is refused, and the row named" equal "$(said 1 typed load)" "$(refusal unmatched)"
	said 1 typed load >/dev/null
	check "nothing was loaded" equal "$(own_pins)" ""
	check "with a deadline too" equal "$(said 1 typed load --confirm-within 60s)" "$(refusal unmatched)"
	check "without the variable, by that of an ancestor" equal \
		"$(said 1 session "cd /; env -i XDP_EDGE_SPEC=${XDP_EDGE_SPEC:-} $XE -c $SITE load; exit \$?")" "$(refusal unmatched)"
	said 1 typed load >/dev/null || true
	paste_rows
	check "with the row pasted it loads" equal "$(said 0 typed load)" ""
	check "and says which connection it checked" equal "$(head -n 1 "$WORK/stdout" | sed -E "s/($CLIENT):[0-9]+/\1:PORT/")" \
		"checked: this SSH connection, $CLIENT:PORT to $SERVER:22, entering by wan0, passes by site/rows/ssh-admin"
	check "the session works on, and new ones do" equal "$(session 'echo alive')" "alive"
	check "and that by the row" test "$(stats '.rows[] | select(.id == "site/rows/ssh-admin") | .decided.packets')" -gt 10
	site enforce
	check "reload is refused" equal "$(said 1 typed reload)" "$(refusal unmatched)"
	check "and the old policy stays" equal "$(stats .generation) $(session 'echo alive')" "1 alive"
	site rehearse
	check "rehearse is not" equal "$(said 0 typed reload)" ""
	check "reload --enforce is refused" equal "$(said 1 typed reload --enforce)" "$(refusal unmatched)"
	check "--force does it" equal "$(said 0 by_hand reload --enforce --force | head -n 1)" \
		"xdp-edge: the policy would drop the packets of this very SSH connection, $CLIENT:PORT to $SERVER:22, entering by wan0 (internet): unmatched"
	check "and it was right" test "$(session 'echo alive' 2>/dev/null)" == ""
	xe unload >/dev/null
	check "without a policy sessions work again" equal "$(session 'echo alive')" "alive"
}

case_reasons() {
	site enforce 'rows:' "  - {name: ssh-admin, service: x, l4: tcp, ports: 7, source: any, destination: access-edge}"
	check "a name that is taken is not proposed" equal "$(said 1 by_hand load | grep -c 'ssh-admin-2, ')" 1
	site enforce 'deny: [{name: drop-list, prefixes: [198.51.100.0/24]}]'
	check "a deny list" equal "$(said 1 by_hand load | sed 1d)" "xdp-edge: take the address out of that list
xdp-edge: nothing was changed; --force does it all the same"
	site enforce 'rows:' "  - {name: no, service: x, l4: tcp, ports: 22, source: any, destination: access-edge, verdict: deny}"
	check "a row of the operator's that denies" equal "$(said 1 by_hand load | sed 's/.*(internet): //')" "deny-row by site/rows/no
xdp-edge: change the verdict of that row
xdp-edge: nothing was changed; --force does it all the same"
	site enforce 'rows:' "  - {name: out, service: x, l4: tcp, ports: any, source: access-edge, destination: any}"
	check "a row of what the box itself sends: its packets are never seen" equal "$(said 1 by_hand load | head -n 1 | sed 's/.*: //')" \
		"unsolicited by site/rows/out"
	sed -i 's/wan0: internet/wan0: mirror/; s/lan0: lan/lan0: mirror/' "$SITE"
	sed -i 's/^mode:.*/mode: monitor/' "$SITE"
	check "a mirror drops all, in monitor too" equal "$(said 1 by_hand load | sed 1d)" "xdp-edge: nothing was changed; --force does it all the same"
}

case_forms() {
	site enforce
	check "nobody's session" equal "$(said 0 xe load)" ""
	check "which is said" equal "$(head -n 1 "$WORK/stdout")" \
		"no SSH connection found in this session's environment: not checked whether the policy cuts one off"
	check "by a reload too" equal "$(xe reload | head -n 1)" \
		"no SSH connection found in this session's environment: not checked whether the policy cuts one off"
	site rehearse
	check "in rehearse there is nothing to be cut off" equal "$(xe reload | grep -c SSH)" 0
	site enforce
	xe unload >/dev/null
	CONNECTION="::ffff:$CLIENT 50000 ::ffff:$SERVER 22"
	check "IPv4 in IPv6" equal "$(said 1 by_hand load)" "$(refusal unmatched)"
	CONNECTION="$CLIENT6 50000 $SERVER6 22"
	check "IPv6" equal "$(said 1 by_hand load | sed -n '1p;4p')" \
		"xdp-edge: the policy would drop the packets of this very SSH connection, [$CLIENT6]:50000 to [$SERVER6]:22, entering by wan0 (internet): unmatched
  - {name: ssh-admin, service: SSH, l4: tcp, ports: 22, source: \"$CLIENT6\", destination: \"$SERVER6\"}"
	said 1 by_hand load >/dev/null
	paste_rows
	check "IPv6, with the row" equal "$(said 0 by_hand load)" ""
	check "which connection that was, and the row" equal "$(head -n 1 "$WORK/stdout")" \
		"checked: this SSH connection, [$CLIENT6]:50000 to [$SERVER6]:22, entering by wan0, passes by site/rows/ssh-admin"
	xe unload >/dev/null
	site enforce
	CONNECTION="127.0.0.1 50000 127.0.0.1 22"
	check "by an interface that is not in the site" equal "$(said 0 by_hand load)" ""
	check "which is said" equal "$(head -n 1 "$WORK/stdout")" \
		"checked: this SSH connection, 127.0.0.1:50000 to 127.0.0.1:22, enters by lo, which the site does not name"
	xe unload >/dev/null
	CONNECTION="UNKNOWN 65535 UNKNOWN 65535"
	check "what cannot be read is said" equal "$(said 0 by_hand load | cut -d: -f1,2)" "xdp-edge: warning"
	xe unload >/dev/null
	CONNECTION="192.0.2.77 50000 192.0.2.78 22"
	check "what cannot be found is said" equal "$(said 0 by_hand load | cut -d: -f1,2)" "xdp-edge: warning"
	xe unload >/dev/null
	site enforce 'foreign: drop'
	sed -i "s/access-edge: .*/access-edge: 203.0.113.10/" "$SITE"
	CONNECTION="$CLIENT 50000 $SERVER 22"
	check "foreign: drop" equal "$(said 1 by_hand load)" "$(refusal foreign)"
	sed -i 's/^foreign.*//' "$SITE"
	check "foreign packets pass" equal "$(said 0 by_hand load)" ""
	check "which is said" equal "$(head -n 1 "$WORK/stdout")" \
		"checked: this SSH connection, $CLIENT:50000 to $SERVER:22, entering by wan0, passes by no row: neither end is protected"
	xe unload >/dev/null
}

# Kernels that have VLAN interfaces.
case_vlan() {
	ip link add link wan0 name wan0.7 type vlan id 7 2>/dev/null || return 0
	ip link set wan0.7 up
	ip addr add 192.0.2.1/24 dev wan0.7
	site enforce
	sed -i "s/access-edge: .*/access-edge: 192.0.2.1/; s/wan0: internet/wan0.7: internet/" "$SITE"
	CONNECTION="192.0.2.9 50000 192.0.2.1 22"
	check "by a VLAN" equal "$(said 1 by_hand load | head -n 1 | sed 's/.*entering/entering/')" "entering by wan0 vlan 7 (internet): unmatched"
	ip link del wan0.7
}

main() {
	SITE=$WORK/site.yaml
	nic wan0
	nic lan0
	echo 0 >/proc/sys/net/ipv6/conf/wan0/disable_ipv6
	ip addr add "$SERVER6/64" dev wan0 nodad
	start_sshd
	case_session
	case_reasons
	case_forms
	case_vlan
	check "nothing is left" equal "$(own_pins) $(dispatchers)$(xdp_on wan0)$(xdp_on lan0)" "xdp-edge "
	finish
}

main "$@"
