# SPDX-License-Identifier: GPL-2.0-only
#
# Do a tool's counters say what was delivered?
#
# awk -v SENT="DELIVERED DELIVERED ..." -v LOST=N -f verify.awk rules.txt hits.txt COUNTS
#
# SENT: packets of each run of the sender, which began at the start of the trace each time; LOST: frames that a full ring
# dropped, in all. Prints one of: `every rule` (each rule's counter and the misses are as the trace says); `sum` (frames were
# lost, or the tool counts no rules: only the sum could be checked, and it is right); `-` (it has no counters); or
# `WRONG: what`.

FILENAME == ARGV[1] { rule[$1] = $2 " " $3 " " $4 " " $5; n_rules++; next }
FILENAME == ARGV[2] { hit[n_trace++] = $1; next }
{ lines++ }
$1 == "total" { total_only = 1; sum += $2; next }
$1 == "miss" { got["miss"] += $2; sum += $2; next }
{ got[$1 " " $2 " " $3 " " $4] += $5; sum += $5; named++ }

END {
	rule[0] = "miss"
	n = split(SENT, sent)
	for (r = 1; r <= n; r++) {
		delivered += sent[r]
		whole += int(sent[r] / n_trace)
		part[sent[r] % n_trace]++
	}
	for (t = n_trace - 1; t >= 0; t--) {
		partly += part[t + 1] # runs whose last, partial turn held packet t
		want[rule[hit[t]]] += whole + partly
	}
	if (!lines)
		print "-"
	else if (sum != delivered)
		print "WRONG: delivered " delivered ", counted " sum
	else if (total_only || LOST)
		print "sum"
	else if (named != n_rules)
		print "WRONG: " n_rules " rules, counters of " named
	else {
		for (k in want)
			if (got[k] + 0 != want[k] && !wrong++)
				print "WRONG: " k ": delivered " want[k] ", counted " got[k] + 0
		if (!wrong)
			print "every rule"
	}
}
