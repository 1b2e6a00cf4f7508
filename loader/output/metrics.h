/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A snapshot as Prometheus scrapes it. Which figures there are, and what adds up to what:
 *
 * By row and interface {site, row, role, service, interface}, since the load:
 *   xdp_edge_row_packets_total, xdp_edge_row_bytes_total {sense="forward|reply"}: packets that the
 *     row decides, as what it says or as an answer to that. The two add up to what `stats` calls
 *     decided. A packet has one deciding row, in one sense, or one miss: over the rows and misses
 *     of an interface they add up to the packets that entered it. Dropped ones are among them.
 *   xdp_edge_row_new_flows_total: TCP connection attempts among what it decides forward.
 *   xdp_edge_row_matched_packets_total {sense}, xdp_edge_row_matched_new_flows_total: packets that
 *     the row matches, deciding or not; forward, or as an answer only; and connection attempts
 *     among them: `matched`, `reply` and `new` of `stats`. A packet counts for every row that it
 *     matches: add them up over interfaces, never over rows.
 *   xdp_edge_row_payload_packets_total {payload="conforming|other"}: where payloads are looked at,
 *     the payloads of packets that it decides.
 *   xdp_edge_row_info {l4, ports, source, destination, verdict}: 1; active rows, no interface.
 * By interface, since the load:
 *   xdp_edge_miss_packets_total, xdp_edge_miss_bytes_total {miss}: what no row decides
 *   xdp_edge_exempt_packets_total, xdp_edge_exempt_bytes_total {name}: what passes by name
 *   xdp_edge_events_total {event}: what happened to the tables that remember packets
 *   xdp_edge_interface_info {mode, dispatcher, sides}: 1; NICs of the policy, as attached once
 *   xdp_edge_interface_attached: 1, or 0 where the program is not on the NIC any more, whatever the
 *     mode; left out where that may not be seen: without CAP_SYS_ADMIN, if another program has come
 *     to libxdp's dispatcher, or gone, since the last load or reload
 *   xdp_edge_interface_gap {state}: 1; where a policy that enforces does not: missing, gone, mirror
 * By interface and role, since the baseline; a part of what rows and misses count:
 *   xdp_edge_dropped_packets_total, …_bytes_total {reason, role}
 *   xdp_edge_would_drop_packets_total, …_bytes_total {reason, role}
 * Of the policy:
 *   xdp_edge_info {version, mode, generation}: 1
 *   xdp_edge_enforcing: 1 if packets are dropped now, on every NIC of the site that is no mirror
 *   xdp_edge_confirm_deadline_timestamp_seconds: only of a policy that enforces to a deadline
 *   xdp_edge_baseline_timestamp_seconds
 *   xdp_edge_table_entries, xdp_edge_table_capacity {table="flows|fragments|buckets"}: those that
 *     there are and that may be read; entries of a large one are counted in parts by the last
 *     readings, 64 at most, or told from a part that holds many
 *   xdp_edge_read_duration_seconds: what reading the counters took
 *
 * Labels hold what site and tables say, nothing that a packet brings: their number is bounded by
 * the policy. A row that the site has dropped keeps its counts, with role and service
 * "(no longer in the site)".
 *
 * So that rate() and increase() see the first packet, figures by row begin with 0: every active row
 * on every attached interface, as long as that makes METRICS_ZEROS_MAX pairs at most. Of larger
 * policies only what has counted something is listed, and of an active row that decides nothing, 0
 * packets forward on the first interface. Misses, exemptions and events begin with 0 on every
 * attached interface; drops are listed where there are some.
 */
#ifndef XE_OUTPUT_METRICS_H
#define XE_OUTPUT_METRICS_H

#include <stdbool.h>
#include <stdio.h>

#include "snapshot.h"

#define METRICS_ZEROS_MAX 1024

/* What to call each format in Content-Type. */
#define METRICS_TEXT_TYPE	 "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/*
 * Write all of it as OpenMetrics 1.0.0, which ends with `# EOF`, or as Prometheus text 0.0.4. 0, or
 * -EIO if `out` has an error.
 */
int metrics_write(const struct snapshot *snapshot, bool openmetrics, FILE *out);

#endif
