// SPDX-License-Identifier: GPL-2.0-only
/* A snapshot's figures as metrics; metrics.h says what each is. */
#include "metrics.h"

#include <errno.h>
#include <stdlib.h>

#include "../policy/model.h"
#include "exposition.h"
#include "stats.h"

struct metrics {
	struct exposition to;
	const struct snapshot *snapshot;
	bool zeros; /* 0 is said of every active row on every attached interface */
};

/* Begin a sample: every one says of which site it is. */
static void sample(struct metrics *m)
{
	exposition_sample(&m->to);
	exposition_label(&m->to, "site", m->snapshot->site);
}

static void one(struct metrics *m, const struct family *family, uint64_t value)
{
	exposition_family(&m->to, family);
	sample(m);
	exposition_count(&m->to, value);
}

static void one_time(struct metrics *m, const struct family *family, double seconds)
{
	exposition_family(&m->to, family);
	sample(m);
	exposition_seconds(&m->to, seconds);
}

static bool is_attached(const struct snapshot *snapshot, size_t interface)
{
	return interface < snapshot->n_interfaces && snapshot->interfaces[interface].ifindex;
}

/* --- the policy ------------------------------------------------------------------------------ */

static void policy_info(struct metrics *m)
{
	static const struct family family = {"xdp_edge", EXPOSITION_INFO, NULL,
					     "The policy that is loaded."};
	char generation[16];

	snprintf(generation, sizeof(generation), "%u", m->snapshot->generation);
	exposition_family(&m->to, &family);
	sample(m);
	exposition_label(&m->to, "version", XE_VERSION);
	exposition_label(&m->to, "mode", mode_text(m->snapshot->guard.mode));
	exposition_label(&m->to, "generation", generation);
	exposition_count(&m->to, 1);
}

static void policy_state(struct metrics *m)
{
	static const struct family enforcing = {
		"xdp_edge_enforcing", EXPOSITION_GAUGE, NULL,
		"Whether packets are dropped now, on every NIC of the site that is no mirror."};
	static const struct family deadline = {
		"xdp_edge_confirm_deadline_timestamp_seconds", EXPOSITION_GAUGE, "seconds",
		"When a policy that enforces goes back to rehearsing unless it is confirmed."};
	static const struct family baseline = {"xdp_edge_baseline_timestamp_seconds",
					       EXPOSITION_GAUGE, "seconds",
					       "Since when dropped and would_drop count."};
	static const struct family duration = {"xdp_edge_read_duration_seconds", EXPOSITION_GAUGE,
					       "seconds", "What reading the counters took."};
	const struct snapshot_guard *guard = &m->snapshot->guard;

	one(m, &enforcing, snapshot_enforces(guard));
	if (guard->unconfirmed)
		one_time(m, &deadline, guard->confirm_by);
	if (guard->verdicts)
		one_time(m, &baseline, guard->baseline_at);
	one_time(m, &duration, m->snapshot->read_seconds);
}

static void tables(struct metrics *m)
{
	static const struct family entries = {
		"xdp_edge_table_entries", EXPOSITION_GAUGE, NULL,
		"Entries that are alive in a table that remembers packets; of a large one counted "
		"in parts by the last readings, 64 at most, or told from a part that holds many."};
	static const struct family capacity = {
		"xdp_edge_table_capacity", EXPOSITION_GAUGE, NULL,
		"Entries that a table that remembers packets has room for."};
	const struct snapshot_guard *guard = &m->snapshot->guard;
	const struct {
		const char *name;
		const struct snapshot_fill *fill;
	} all[] = {
		{"flows", &guard->flows},
		{"fragments", &guard->fragments},
		{"buckets", &guard->buckets},
	};

	for (int is_capacity = 0; is_capacity < 2; is_capacity++) {
		exposition_family(&m->to, is_capacity ? &capacity : &entries);
		for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
			if (!all[i].fill->known)
				continue;
			sample(m);
			exposition_label(&m->to, "table", all[i].name);
			exposition_count(&m->to,
					 is_capacity ? all[i].fill->capacity : all[i].fill->live);
		}
	}
}

/* --- interfaces ------------------------------------------------------------------------------ */

/* "internet,lan" */
static void sides_label(struct metrics *m, const struct xe_interface *interface)
{
	char sides[128];
	size_t len = 0;

	sides[0] = '\0';
	for (int side = 0; side < XE_SIDE_COUNT; side++)
		if (interface->sides & 1u << side)
			len += snprintf(sides + len, sizeof(sides) - len, "%s%s", len ? "," : "",
					side_text(side));
	exposition_label(&m->to, "sides", sides);
}

static void interfaces(struct metrics *m)
{
	static const struct family info = {
		"xdp_edge_interface", EXPOSITION_INFO, NULL,
		"A NIC of the policy, and how the program was attached."};
	static const struct family attached = {
		"xdp_edge_interface_attached", EXPOSITION_GAUGE, NULL,
		"Whether the program is on the NIC now; left out where that may not be seen."};
	static const struct family gap = {"xdp_edge_interface_gap", EXPOSITION_GAUGE, NULL,
					  "A NIC where a policy that enforces does not."};
	const struct snapshot *snapshot = m->snapshot;

	exposition_family(&m->to, &info);
	for (size_t i = 0; i < snapshot->n_interfaces; i++) {
		const struct xe_interface *interface = &snapshot->interfaces[i];

		if (!is_attached(snapshot, i))
			continue;
		sample(m);
		exposition_label(&m->to, "interface", interface->name);
		exposition_label(&m->to, "mode", interface_mode_text(interface));
		exposition_label(&m->to, "dispatcher", interface->dispatcher ? "true" : "false");
		sides_label(m, interface);
		exposition_count(&m->to, 1);
	}
	exposition_family(&m->to, &attached);
	for (size_t i = 0; i < snapshot->n_interfaces; i++) {
		enum nic_state state = snapshot_nic(snapshot, i);

		if (!is_attached(snapshot, i) || state == NIC_UNKNOWN)
			continue;
		sample(m);
		exposition_label(&m->to, "interface", snapshot->interfaces[i].name);
		exposition_count(&m->to, !nic_state_is_lost(state));
	}
	exposition_family(&m->to, &gap);
	for (size_t i = 0; i < snapshot->guard.n_gaps; i++) {
		sample(m);
		exposition_label(&m->to, "interface", snapshot->guard.gaps[i].name);
		exposition_label(&m->to, "state", nic_state_text(snapshot->guard.gaps[i].state));
		exposition_count(&m->to, 1);
	}
}

/* --- rows ------------------------------------------------------------------------------------ */

/* Whether active rows on attached interfaces make few enough pairs to list them all. */
static bool lists_zeros(const struct snapshot *snapshot)
{
	size_t n_rows = 0, n_interfaces = 0;

	for (size_t i = 0; i < snapshot->n_rows; i++)
		n_rows += snapshot->rows[i].active != 0;
	for (size_t i = 0; i < snapshot->n_interfaces; i++)
		n_interfaces += is_attached(snapshot, i);
	return n_rows * n_interfaces <= METRICS_ZEROS_MAX;
}

/* Whether 0 is said of a row on an interface. */
static bool has_zeros(const struct metrics *m, size_t row, size_t interface)
{
	return m->zeros && m->snapshot->rows[row].active && is_attached(m->snapshot, interface);
}

/* What is decided, or matched, as a reply is a part of it. */
static uint64_t of_sense(uint64_t all, uint64_t reply, int sense)
{
	return sense == XE_REPLY ? reply : all - reply;
}

static uint64_t decided_packets(const struct stats_cell *cell, int sense)
{
	return of_sense(cell->decided.packets, cell->decided_reply.packets, sense);
}

static uint64_t decided_bytes(const struct stats_cell *cell, int sense)
{
	return of_sense(cell->decided.bytes, cell->decided_reply.bytes, sense);
}

static uint64_t decided_new(const struct stats_cell *cell, int part)
{
	(void)part;
	return cell->decided_new;
}

static uint64_t matched_packets(const struct stats_cell *cell, int sense)
{
	return of_sense(cell->matched.packets, cell->reply.packets, sense);
}

static uint64_t matched_new(const struct stats_cell *cell, int part)
{
	(void)part;
	return cell->new_flows;
}

static uint64_t payloads(const struct stats_cell *cell, int other)
{
	return other ? cell->payload.other : cell->payload.conforming;
}

/* A figure of a row on an interface, or one for each of two parts. */
struct row_figure {
	struct family family;
	uint64_t (*value)(const struct stats_cell *cell, int part);
	const char *label, *parts[2];
	bool of_payload; /* only of rows whose payload is looked at */
};

#define BY_SENSE                                               \
	"sense",                                               \
	{                                                      \
		[XE_FORWARD] = "forward", [XE_REPLY] = "reply" \
	}

static const struct row_figure row_figures[] = {
	{{"xdp_edge_row_packets", EXPOSITION_COUNTER, "packets", "Packets that the row decides."},
	 decided_packets,
	 BY_SENSE},
	{{"xdp_edge_row_bytes", EXPOSITION_COUNTER, "bytes",
	  "Bytes of packets that the row decides."},
	 decided_bytes,
	 BY_SENSE},
	{{"xdp_edge_row_new_flows", EXPOSITION_COUNTER, NULL,
	  "TCP connection attempts that the row decides."},
	 decided_new},
	{{"xdp_edge_row_matched_packets", EXPOSITION_COUNTER, "packets",
	  "Packets that the row matches, deciding or not; not to be added up over rows."},
	 matched_packets,
	 BY_SENSE},
	{{"xdp_edge_row_matched_new_flows", EXPOSITION_COUNTER, NULL,
	  "TCP connection attempts that the row matches; not to be added up over rows."},
	 matched_new},
	{{"xdp_edge_row_payload_packets", EXPOSITION_COUNTER, "packets",
	  "Payloads of packets that the row decides, by whether they look like its protocol."},
	 payloads,
	 "payload",
	 {"conforming", "other"},
	 true},
};

static void row_sample(struct metrics *m, const struct row_figure *figure, int part, size_t row,
		       size_t interface, uint64_t value)
{
	const struct xe_row *about = &m->snapshot->rows[row];

	sample(m);
	exposition_label(&m->to, "row", about->id);
	exposition_label(&m->to, "role", stats_role(about));
	exposition_label(&m->to, "service", stats_service(about));
	exposition_label(&m->to, "interface", m->snapshot->interfaces[interface].name);
	if (figure->label)
		exposition_label(&m->to, figure->label, figure->parts[part]);
	exposition_count(&m->to, value);
}

static void row_samples(struct metrics *m, const struct row_figure *figure, size_t row)
{
	const struct snapshot *snapshot = m->snapshot;
	const struct stats_cell *cell = snapshot_cells(snapshot, row);

	for (size_t i = 0; i < snapshot->n_interfaces; i++, cell++) {
		for (int part = 0; part < (figure->label ? 2 : 1); part++) {
			uint64_t value = figure->value(cell, part);

			if (value || has_zeros(m, row, i))
				row_sample(m, figure, part, row, i, value);
		}
	}
}

/* Of a policy that is too large to list every pair: one sample of an active row that decides none.
 */
static void silent_row_sample(struct metrics *m, const struct row_figure *figure, size_t row)
{
	const struct snapshot *snapshot = m->snapshot;
	size_t first = 0;

	if (!snapshot->rows[row].active || snapshot_row(snapshot, row).decided.packets)
		return;
	while (first < snapshot->n_interfaces && !is_attached(snapshot, first))
		first++;
	if (first < snapshot->n_interfaces)
		row_sample(m, figure, XE_FORWARD, row, first, 0);
}

static void row_family(struct metrics *m, const struct row_figure *figure)
{
	const struct snapshot *snapshot = m->snapshot;

	exposition_family(&m->to, &figure->family);
	for (size_t row = 0; row < snapshot->n_rows; row++) {
		if (figure->of_payload && snapshot->rows[row].payload == XE_PAYLOAD_NONE)
			continue;
		row_samples(m, figure, row);
		if (figure->value == decided_packets && !m->zeros)
			silent_row_sample(m, figure, row);
	}
}

static void row_infos(struct metrics *m)
{
	static const struct family family = {"xdp_edge_row", EXPOSITION_INFO, NULL,
					     "A row of the policy that is active."};

	exposition_family(&m->to, &family);
	for (size_t i = 0; i < m->snapshot->n_rows; i++) {
		const struct xe_row *row = &m->snapshot->rows[i];

		if (!row->active)
			continue;
		sample(m);
		exposition_label(&m->to, "row", row->id);
		exposition_label(&m->to, "role", row->role);
		exposition_label(&m->to, "service", row->service);
		exposition_label(&m->to, "l4", row->l4);
		exposition_label(&m->to, "ports", row->ports);
		exposition_label(&m->to, "source", row->source);
		exposition_label(&m->to, "destination", row->destination);
		exposition_label(&m->to, "verdict", row->verdict);
		exposition_count(&m->to, 1);
	}
}

static void rows(struct metrics *m)
{
	bool looks = m->snapshot->guard.features & XE_FEATURE_PAYLOAD;

	row_infos(m);
	for (size_t i = 0; i < sizeof(row_figures) / sizeof(*row_figures); i++)
		if (looks || !row_figures[i].of_payload)
			row_family(m, &row_figures[i]);
}

/* --- what no row decides, and verdicts -------------------------------------------------------- */

/* A figure by name and interface: of each name one on every attached interface. */
struct named_figure {
	struct family packets, bytes; /* bytes: without a name if there are none */
	const char *label;
	int n;
	const char *(*text)(int name);
	struct xe_counter (*value)(const struct snapshot *snapshot, size_t interface, int name);
};

static const char *miss_name(int miss)
{
	return miss_text(miss);
}

static struct xe_counter miss_value(const struct snapshot *snapshot, size_t interface, int miss)
{
	if (interface == snapshot->n_interfaces)
		return (struct xe_counter){};
	return snapshot->misses[miss * snapshot->n_interfaces + interface];
}

static const char *exempt_name(int exempt)
{
	return exempt_text(exempt);
}

static struct xe_counter exempt_value(const struct snapshot *snapshot, size_t interface, int exempt)
{
	return snapshot_exempt(snapshot, interface, exempt);
}

static const char *event_name(int event)
{
	return event_text(event);
}

static struct xe_counter event_value(const struct snapshot *snapshot, size_t interface, int event)
{
	return (struct xe_counter){.packets = snapshot_event(snapshot, interface, event)};
}

static const struct named_figure misses = {
	{"xdp_edge_miss_packets", EXPOSITION_COUNTER, "packets", "Packets that no row decides."},
	{"xdp_edge_miss_bytes", EXPOSITION_COUNTER, "bytes",
	 "Bytes of packets that no row decides."},
	"miss",
	XE_MISS_COUNT,
	miss_name,
	miss_value,
};

static const struct named_figure exemptions = {
	{"xdp_edge_exempt_packets", EXPOSITION_COUNTER, "packets",
	 "Packets that pass by their name, whatever the rows say."},
	{"xdp_edge_exempt_bytes", EXPOSITION_COUNTER, "bytes",
	 "Bytes of packets that pass by their name, whatever the rows say."},
	"name",
	XE_EXEMPT_COUNT,
	exempt_name,
	exempt_value,
};

static const struct named_figure events = {
	{"xdp_edge_events", EXPOSITION_COUNTER, NULL,
	 "What happened to the tables that remember packets."},
	{},
	"event",
	XE_EVENT_COUNT,
	event_name,
	event_value,
};

/* The interface behind the last stands for those that are gone. */
static void named_family(struct metrics *m, const struct named_figure *figure, bool bytes)
{
	const struct snapshot *snapshot = m->snapshot;

	exposition_family(&m->to, bytes ? &figure->bytes : &figure->packets);
	for (int name = 0; name < figure->n; name++) {
		for (size_t i = 0; i <= snapshot->n_interfaces; i++) {
			struct xe_counter value = figure->value(snapshot, i, name);

			if (!value.packets && !is_attached(snapshot, i))
				continue;
			sample(m);
			exposition_label(&m->to, figure->label, figure->text(name));
			exposition_label(&m->to, "interface", snapshot_interface(snapshot, i));
			exposition_count(&m->to, bytes ? value.bytes : value.packets);
		}
	}
}

static void named(struct metrics *m, const struct named_figure *figure)
{
	named_family(m, figure, false);
	if (figure->bytes.name)
		named_family(m, figure, true);
}

typedef struct xe_counter drop_sum(const struct snapshot *snapshot, int interface, int role,
				   enum xe_reason reason);

static void drop_family(struct metrics *m, const struct family *family, drop_sum *sum, bool bytes)
{
	const struct snapshot *snapshot = m->snapshot;

	exposition_family(&m->to, family);
	for (int reason = 0; reason < XE_REASON_COUNT; reason++) {
		for (size_t role = 0; role < snapshot->guard.n_roles; role++) {
			for (size_t i = 0; i <= snapshot->n_interfaces; i++) {
				struct xe_counter value = sum(snapshot, i, role, reason);

				if (!value.packets)
					continue;
				sample(m);
				exposition_label(&m->to, "reason", reason_text(reason));
				exposition_label(&m->to, "role", snapshot_role(snapshot, role));
				exposition_label(&m->to, "interface",
						 snapshot_interface(snapshot, i));
				exposition_count(&m->to, bytes ? value.bytes : value.packets);
			}
		}
	}
}

static void drops(struct metrics *m)
{
	static const struct family families[] = {
		{"xdp_edge_dropped_packets", EXPOSITION_COUNTER, "packets",
		 "Packets dropped, since the baseline."},
		{"xdp_edge_dropped_bytes", EXPOSITION_COUNTER, "bytes",
		 "Bytes of packets dropped, since the baseline."},
		{"xdp_edge_would_drop_packets", EXPOSITION_COUNTER, "packets",
		 "Packets passed that enforce would drop, since the baseline."},
		{"xdp_edge_would_drop_bytes", EXPOSITION_COUNTER, "bytes",
		 "Bytes of packets passed that enforce would drop, since the baseline."},
	};

	for (int i = 0; i < 4; i++)
		drop_family(m, &families[i], i < 2 ? snapshot_dropped : snapshot_would_drop, i % 2);
}

int metrics_write(const struct snapshot *snapshot, bool openmetrics, FILE *out)
{
	struct metrics m = {
		.to = {.out = out, .openmetrics = openmetrics},
		.snapshot = snapshot,
		.zeros = lists_zeros(snapshot),
	};

	policy_info(&m);
	policy_state(&m);
	tables(&m);
	interfaces(&m);
	rows(&m);
	named(&m, &misses);
	if (snapshot->guard.notes) {
		named(&m, &exemptions);
		named(&m, &events);
	}
	drops(&m);
	exposition_end(&m.to);
	return ferror(out) ? -EIO : 0;
}
