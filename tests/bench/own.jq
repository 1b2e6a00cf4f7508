# SPDX-License-Identifier: GPL-2.0-only
# Markdown from `xdp-edge -j bench`: the summary, features, many different packets, then every case.
def figure: if . == null then "–" else tostring end;
def summary(verdict; pass; count):
	"| \(verdict) | \(pass | figure) | \(count | figure) | \(.ipv4_ratio | figure) | \(.ipv4_added_ns | figure) | \(.ipv6_ratio | figure) | \(.ipv6_added_ns | figure) |";

"One packet over and over, medians over all cases that a row decides:",
"",
"| verdict | bare, ns | parse and count, ns | IPv4: ratio to parse and count | IPv4: ns added to bare | IPv6: ratio | IPv6: ns added |",
"|---|---|---|---|---|---|---|",
(.floor as $f | .summary | summary(.verdict; $f.pass_ns // $f.drop_ns; $f.count_ns // $f.count_drop_ns)),
(.floor as $f | .summary.drop // empty | summary("drop"; $f.drop_ns; $f.count_drop_ns)),
"",
([.cases[] | select(.kind == "feature")] | if length > 0 then
	"The site with its settings changed, the same packets for all, side by side:",
	"",
	"| setting: packet | verdict | parse and count, ns | xdp-edge, ns | ratio | ns added to bare |",
	"|---|---|---|---|---|---|",
	(.[] | "| \(.name) | \(.verdict) | \(.count_ns) | \(.ns_median) | \(.ratio) | \(.added_ns) |"),
	""
else empty end),
([.cases[] | select(.kind == "trace")] | if length > 0 then
	"Many different packets, one after the other, so that caches are cold:",
	"",
	"| NIC, IP | verdict | packets | atoms they belong to | bare, ns | parse and count, ns | xdp-edge, ns | ratio | ns added |",
	"|---|---|---|---|---|---|---|---|---|",
	(.[] | "| \(.interface), \(.family | figure) | \(.verdict) | \(.trace.tuples) | \(.trace.atoms | figure) | \(.pass_ns) | \(.count_ns) | \(.ns_median) | \(.ratio) | \(.added_ns) |"),
	""
else empty end),
"<details><summary>All \(.cases | length) cases</summary>",
"",
"| case | verdict | IP | ns, least | ns, median | ratio | ns added |",
"|---|---|---|---|---|---|---|",
(.cases[] | select(.trace or .kind == "feature" | not) | "| \(.name) | \(.verdict) | \(.family | figure) | \(.ns_min) | \(.ns_median) | \(.ratio) | \(.added_ns) |"),
"",
(.not_measured[] | "Not measured: \(.name): \(.reason)."),
"",
"</details>",
""
