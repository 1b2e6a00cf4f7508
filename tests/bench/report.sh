#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The report, Markdown on stdout, from what run.sh has put into a directory: compare.md, plots, own.json or own.failed,
# parts.md. Environment: that of run.sh, and DURATION in seconds.
#
# report.sh DIRECTORY
# shellcheck disable=SC2016 # back quotes of Markdown
set -euo pipefail
work=$1

# version COMMAND...: its first line, or that it is not there.
version() {
	local said
	said=$("$@" 2>/dev/null | head -n 1) || true
	echo "${said:-not installed}"
}

setting() {
	cat "$1" 2>/dev/null || echo unknown
}

cpu_model() {
	awk -F': *' '$1 ~ /^model name/ { print $2; exit }' /proc/cpuinfo | grep . || uname -m
}

cache() {
	lscpu -B -C=NAME,ALL-SIZE 2>/dev/null | awk 'NR > 1 { printf "%s%s %d KiB", s, $1, $2 / 1024; s = ", " }'
}

mitigations() {
	local file name what list=
	for file in /sys/devices/system/cpu/vulnerabilities/{spectre_v2,retbleed,mds,meltdown}; do
		what=$(setting "$file")
		name=${file##*/}
		[[ $what == 'Not affected' ]] || list+="${list:+; }$name: ${what%%;*}"
	done
	echo "${list:-none needed}"
}

environment() {
	cat <<END
## Environment

| | |
|---|---|
| CPU | $(cpu_model), $(nproc) online$(! grep -qw hypervisor /proc/cpuinfo || echo ', a virtual machine') |
| caches (all CPUs) | $(cache) |
| mitigations | $(mitigations) |
| kernel | $(uname -srm); preemption: $(uname -v | grep -oE 'PREEMPT[_A-Z]*' || echo none) |
| BPF JIT | $(setting /proc/sys/net/core/bpf_jit_enable) (1: on), hardening $(setting /proc/sys/net/core/bpf_jit_harden) |
| NIC | veth, one queue; the sender's CPU ($CPU) receives |
| load when the report was written | $(cut -d' ' -f1-3 /proc/loadavg) |
| xdp-edge | $(version "$XE" --version) |
| nftables | $(version nft --version) |
| iptables | $(version iptables-legacy --version); $(version iptables-nft --version) |
| ipset | $(version ipset --version) |
| xdp-filter | xdp-tools $(version dpkg-query -W -f '${Version}' xdp-tools) |
| compilers | $(version clang --version); $(version gcc --version) |
| run | rules $SIZES; $ROUNDS rounds of $TIME s a tool, after one to warm up; $LOADS loads; seed $SEED; ${DURATION} s in all |

END
}

comparison() {
	cat <<'END'
## Beside other tools

Same rules, same packets, one core: a sender of our own writes the next packet of a trace into a frame and hands it to one
end of a veth pair; the other end serves it on the same CPU, and the tool counts and drops it. A figure is the CPU time of
both, so the first line is the floor that is the sender's and the driver's, and *receiver's cost* is what a tool adds to it.
Rounds are interleaved (every tool once a round, each time in another order); figures are medians, ratios and costs are taken
within a round. **Compare figures of one run only.**

END
	for name in packets cost load; do
		case $name in
		packets) alt='packets a second, by tool and number of rules' ;;
		cost) alt='CPU time a packet, without sender and driver' ;;
		load) alt='time to load the rules' ;;
		esac
		[[ ! -e $work/$name.svg ]] || printf '![%s](%s.svg)\n\n' "$alt" "$name"
	done
	cat "$work/compare.md"
	cat <<'END'
**The rules.** A rule is a source, a destination host, a protocol and a destination port; three of ten name a source prefix,
the others any. No two overlap, so that their order means nothing and every tool may use its fastest form: nftables two sets
(or verdict maps), one without and one with sources, ipset likewise. The trace hits all rules equally often with random
source hosts and ports; one packet of ten misses. IPv4, 64 bytes, at least 10,000 different packets.

**What differs.** xdp-edge counts four things a row and every kind of miss; it takes the packets as those of a mirror port, so
that it drops them all, and its rows say `reply: no`, since those of the others know no answers. xdp-filter knows addresses and ports, but no rule that joins them: it got the
destination addresses only, one lookup a packet. The lines *drop all* show what a packet costs the kernel's stack before any
rule. For the stack's tools GRO is off, which is the cheaper way here (by the difference of the two lines); on most NICs it is
on.

**Its counters.** After the last round each tool's own counters are compared with what the driver says was delivered: *exact,
every rule* means each rule's counter and that of the misses; *in sum*, that the tool counts no rules, or that a full ring lost
frames before it; anything else is shown as it is, and then the line is worthless.

**Loading** is the time of the tool's own command for all rules, median. For XDP it includes verifying and attaching the
program, some 0.2 s of which the kernel waits. **Memory** is what the kernel holds after that, as charged to a control group
in which only the loading command ran (BPF maps at their full size). Not charged there and added: iptables-legacy's counters
(16 bytes a rule a CPU); of ipset, the sizes that it gives itself. A dash: no control group could be made.

END
}

own() {
	echo "## xdp-edge's own benchmark"
	echo
	if [[ -e $work/own.failed ]]; then
		printf '`xdp-edge bench` failed: `%s`\n\n' "$(cat "$work/own.failed")"
		return
	fi
	if [[ ! -s $work/own.json ]]; then
		printf 'This build has no `xdp-edge bench`.\n\n'
		return
	fi
	cat <<'END'
`xdp-edge -c tests/bench/consolidated.yaml bench`: a consolidated Edge with the tables of every document on. Test runs of the
shipped program and of two floors that have its parser, the bare verdict and parse-and-count, in interleaved rounds, without a
NIC.

END
	[[ -z $QUICK ]] || printf 'Quick: the rows of the Edge document only.\n\n'
	jq -r -f "$(dirname "$0")/own.jq" "$work/own.json"
}

echo "# Benchmark of xdp-edge"
echo
[[ -z $QUICK ]] || printf '**A quick run: a look, not figures.**\n\n'
echo "\`${QUICK:+QUICK=1 }make bench\`, $(date -u +'%Y-%m-%d %H:%M') UTC. Raw figures: the CSV and JSON files beside this one."
echo
environment
[[ ! -e $work/compare.md ]] || comparison
[[ " $STEPS " != *' own '* ]] || own
[[ ! -e $work/parts.md ]] || cat "$work/parts.md"
