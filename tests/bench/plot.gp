# SPDX-License-Identifier: GPL-2.0-only
#
# One horizontal bar chart: tools down, a bar for each number of rules, log scale, each bar with its value.
#
# gnuplot -e "data='FILE'; out='FILE'; heading='TEXT'; axis='TEXT'; format='svg'|'png'" plot.gp
#
# data: first line the word `tool` and a title for each column of values; then "label" and the values, ? where there is none.

set datafile missing '?'
stats data skip 1 using 0 nooutput
tools = int(STATS_records)
columns = int(system("awk 'NR == 1 { print gsub(/\"/, \"\") / 2 }' '" . data . "'"))

low = 1e300
high = 0
do for [c = 2 : columns + 1] {
	stats data skip 1 using c nooutput
	if (STATS_records > 0) {
		low = STATS_min < low ? STATS_min : low
		high = STATS_max > high ? STATS_max : high
	}
}
low = 10 ** floor(log10(low) - 0.05)

height = 130 + tools * (14 * columns + 12)
if (format eq 'svg') {
	set terminal svg size 980, height font 'DejaVu Sans,13' background 'white' noenhanced
} else {
	set terminal pngcairo size 980, height font 'DejaVu Sans,11' background 'white' noenhanced
}
set output out

bar = 0.8 / columns
others = "0x9ecae1 0x3182bd 0x08306b 0x6a51a3"
edge = "0xfdbe85 0xfd8d3c 0xd94701 0x8c2d04"
value_text(x) = x >= 1e6 ? sprintf("%.1f M", x / 1e6) : x >= 1e4 ? sprintf("%.0f k", x / 1e3) : \
	x >= 100 ? sprintf("%.0f", x) : x >= 1 ? sprintf("%.1f", x) : sprintf("%.3f", x)
middle(c) = -$0 + 0.4 - (c - 1.5) * bar
is_edge(name) = name eq 'xdp-edge'

set title heading
set xlabel axis
set logscale x
set xrange [low : high * 4]
set yrange [-tools + 0.4 : 0.6]
set format x '%.0s %c'
if (high < 1000) { set format x '%g' }
set grid x
set border 3
set tics nomirror
set ytics scale 0
set bmargin 5.5
set key at screen 0.65, screen (34.0 / height) center horizontal samplen 1.5 reverse Left
set style fill solid noborder

plot data skip 1 using (low):(-$0):ytic(1) with dots notitle, \
	for [c = 2 : columns + 1] data skip 1 using (is_edge(strcol(1)) ? NaN : column(c)):(middle(c)):(low):(column(c)): \
		(middle(c) - bar * 0.46):(middle(c) + bar * 0.46) with boxxyerror lc rgb int(word(others, c - 1)) notitle, \
	for [c = 2 : columns + 1] data skip 1 using (is_edge(strcol(1)) ? column(c) : NaN):(middle(c)):(low):(column(c)): \
		(middle(c) - bar * 0.46):(middle(c) + bar * 0.46) with boxxyerror lc rgb int(word(edge, c - 1)) notitle, \
	for [c = 2 : columns + 1] data skip 1 using (column(c)):(middle(c)):(value_text(column(c))) \
		with labels left offset 0.4, 0 font ',9' notitle, \
	for [c = 2 : columns + 1] data skip 1 using (valid(c) ? NaN : low):(middle(c)):("no figure") \
		with labels left offset 0.4, 0 font ',9' notitle, \
	for [c = 2 : columns + 1] NaN with boxes lc rgb int(word(others, c - 1)) \
		title system(sprintf("awk -F'\"' 'NR == 1 { print $%d }' '%s'", 2 * (c - 1), data))
