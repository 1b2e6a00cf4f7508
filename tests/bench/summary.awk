# SPDX-License-Identifier: GPL-2.0-only
#
# From raw figures to tables: medians, ranges, ratios.
#
# awk -v DIR=OUT -f summary.awk tools.csv loads.csv rates.csv
#
# Prints the Markdown tables of the comparison, one for each number of rules. Writes into DIR summary.csv and the plots'
# data: packets.dat, cost.dat, load.dat, each line: "label" and one value for each number of rules, ? for none.
#
# The receiver's cost and all ratios are made within a round and the median is taken then: what one round suffered from the
# machine's other work, all tools of it suffered.

BEGIN {
	FS = ","
	label["xdp-drop"] = "XDP: drop at once"
	label["xdp-count"] = "XDP: parse, count, drop"
	label["xdp-edge"] = "xdp-edge"
	label["xdp-filter"] = "xdp-filter (addresses only)"
	label["skb-drop"] = "nftables: drop all at ingress"
	label["skb-drop-gro"] = "nftables: drop all, GRO on"
	label["nft-ingress-linear"] = "nftables ingress, linear"
	label["nft-ingress-set"] = "nftables ingress, sets"
	label["nft-ingress-map"] = "nftables ingress, verdict maps"
	label["nft-prerouting-linear"] = "nftables prerouting, linear"
	label["nft-prerouting-set"] = "nftables prerouting, sets"
	label["nft-prerouting-map"] = "nftables prerouting, verdict maps"
	label["iptables-legacy"] = "iptables-legacy raw, linear"
	label["iptables-nft"] = "iptables-nft raw, linear"
	label["ipset"] = "ipset + iptables-legacy raw"
}

FNR == 1 { file++; next }

file == 1 {
	if (!($1 in seen_size)) { seen_size[$1] = 1; sizes[n_sizes++] = $1 }
	if (!($2 in seen_tool)) { seen_tool[$2] = 1; tools[n_tools++] = $2 }
	state[$1, $2] = $3
	bytes[$1, $2] = $4
	check[$1, $2] = $5
}
file == 2 { n = ++loads[$1, $2]; load_wall[$1, $2, n] = $4; load_cpu[$1, $2, n] = $5 }
file == 3 {
	cost[$1, $2, $3] = $7
	if ($3 > rounds[$1]) rounds[$1] = $3
	dropped[$1, $2] += $5
}

# The median of value[1..count], which it sorts.
function median(value, count,    i, k, v) {
	for (i = 2; i <= count; i++) {
		v = value[i]
		for (k = i - 1; k > 0 && value[k] > v; k--)
			value[k + 1] = value[k]
		value[k + 1] = v
	}
	return count % 2 ? value[(count + 1) / 2] : (value[count / 2] + value[count / 2 + 1]) / 2
}

# Fill list[] with the tool's cost by rounds, less that of `less`, divided by that of `by`; either may be "". Returns how many.
function collect(size, tool, less, by,    r, n, value) {
	split("", list)
	for (r = 1; r <= rounds[size]; r++) {
		if (!((size, tool, r) in cost) || (less != "" && !((size, less, r) in cost)) || (by != "" && !((size, by, r) in cost)))
			continue
		value = cost[size, tool, r]
		if (less != "")
			value -= cost[size, less, r]
		if (by != "")
			value /= cost[size, by, r]
		list[++n] = value
	}
	return n
}

function load_median(size, tool, which,    i, n) {
	split("", list)
	n = loads[size, tool]
	for (i = 1; i <= n; i++)
		list[i] = which == "cpu" ? load_cpu[size, tool, i] : load_wall[size, tool, i]
	return n ? median(list, n) : ""
}

function mpps(ns) { return ns >= 100000 ? sprintf("%.4f", 1000 / ns) : ns >= 10000 ? sprintf("%.3f", 1000 / ns) : sprintf("%.2f", 1000 / ns) }
function nanoseconds(ns) { return ns >= 10000 ? sprintf("%.0f", ns) : sprintf("%.1f", ns) }
function mega(b) { return b == "" ? "–" : b < 100000 ? sprintf("%.2f", b / 1e6) : sprintf("%.1f", b / 1e6) }

function thousands(n) { return n >= 1000 ? sprintf("%d,%03d", n / 1000, n % 1000) : n }

function table(size,    i, tool, n, ns, low, high, net, ratio, wall, cpu) {
	printf "### %s rules\n\n", thousands(size)
	print "| tool | million packets a second (slowest–fastest round) | time a packet, relative to xdp-edge | receiver's cost, ns a packet | loading: s (CPU s) | kernel memory, MB | its counters |"
	print "|---|---|---|---|---|---|---|"
	for (i = 0; i < n_tools; i++) {
		tool = tools[i]
		if (state[size, tool] != "ok") {
			printf "| %s | not measured, it said: `%s` | | | | | |\n", name(tool), state[size, tool]
			continue
		}
		n = collect(size, tool, "", "")
		if (!n) {
			printf "| %s | no round was long enough | | | | | |\n", name(tool)
			continue
		}
		ns = median(list, n)
		low = list[1]; high = list[n]
		n = collect(size, tool, "", "xdp-edge")
		ratio = n ? median(list, n) : ""
		n = collect(size, tool, "xdp-drop", "")
		net = n ? median(list, n) : ""
		wall = load_median(size, tool, "wall")
		cpu = load_median(size, tool, "cpu")
		printf "| %s | %s (%s–%s)%s | %s | %s | %.3f (%.3f) | %s | %s |\n", name(tool), mpps(ns), mpps(high), mpps(low),
			(dropped[size, tool] ? sprintf(", %d frames lost in front of it", dropped[size, tool]) : ""),
			(ratio == "" ? "–" : sprintf(ratio >= 100 ? "%.0f" : "%.2f", ratio)), (net == "" || tool == "xdp-drop" ? "–" : nanoseconds(net)),
			wall, cpu, mega(bytes[size, tool]), verdict(check[size, tool])
		printf "%s,%s,%.2f,%.2f,%.2f,%s,%s,%s,%s,%s,%s\n", size, tool, ns, low, high, net, ratio, wall, cpu, bytes[size, tool],
			check[size, tool] > (DIR "/summary.csv")
		packets[tool, size] = 1e9 / ns
		if (net > 0 && tool != "xdp-drop")
			net_cost[tool, size] = net
		if (!floor(tool))
			load_time[tool, size] = wall
	}
	print ""
}

function name(tool) { return tool == "xdp-edge" ? "**xdp-edge**" : label[tool] }
function floor(tool) { return tool ~ /^(xdp-drop|xdp-count|skb-)/ }
function verdict(text) {
	return text == "every rule" ? "exact, every rule" : text == "sum" ? "exact, in sum" : text == "-" ? "none" : "**" text "**"
}

function plot_data(file, value,    i, s, line, any) {
	for (i = 0; i < n_tools; i++) {
		line = "\"" label[tools[i]] "\""
		any = 0
		for (s = 0; s < n_sizes; s++) {
			any += (tools[i], sizes[s]) in value
			line = line " " ((tools[i], sizes[s]) in value ? value[tools[i], sizes[s]] : "?")
		}
		if (any || tools[i] == "xdp-edge")
			print line > file
	}
	close(file)
}

END {
	print "rules,tool,ns_median,ns_min,ns_max,receiver_ns,ratio_to_xdp_edge,load_s,load_cpu_s,kernel_bytes,check" > (DIR "/summary.csv")
	for (s = 0; s < n_sizes; s++)
		table(sizes[s])
	head = "tool"
	for (s = 0; s < n_sizes; s++)
		head = head " \"" thousands(sizes[s]) " rules\""
	files[1] = "packets"; files[2] = "cost"; files[3] = "load"
	for (i = 1; i <= 3; i++)
		print head > (DIR "/" files[i] ".dat")
	plot_data(DIR "/packets.dat", packets)
	plot_data(DIR "/cost.dat", net_cost)
	plot_data(DIR "/load.dat", load_time)
}
