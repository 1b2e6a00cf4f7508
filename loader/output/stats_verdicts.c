// SPDX-License-Identifier: GPL-2.0-only
/* What verdicts came to, for people: drops by reason, what passed by name, what happened to tables.
 */
#include "stats.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "../policy/model.h"
#include "escape.h"
#include "table.h"

const char *stats_time_text(uint64_t seconds, char buf[STATS_TIME_MAX])
{
	time_t at = (time_t)seconds;
	struct tm tm;

	/* a clock that is far off has years that no calendar has */
	if (!localtime_r(&at, &tm) || !strftime(buf, STATS_TIME_MAX, "%Y-%m-%dT%H:%M:%S%z", &tm))
		snprintf(buf, STATS_TIME_MAX, "@%" PRIu64, seconds);
	return buf;
}

const char *stats_fill_text(const struct snapshot_fill *fill, char buf[STATS_FILL_MAX])
{
	if (fill->known)
		snprintf(buf, STATS_FILL_MAX, "%s%" PRIu64 " of %" PRIu64,
			 fill->about ? "about " : "", fill->live, fill->capacity);
	else
		snprintf(buf, STATS_FILL_MAX, "?");
	return buf;
}

/* "on wan0 (missing), lan0 (gone) and 3 more": NICs of which so many are named as are read. */
#define NICS_NAMED 4
struct nics_text {
	char *buf;
	size_t size, len, n;
};

/* Names are as anybody may have chosen them. */
static void nics_add(struct nics_text *to, const char *name, enum nic_state state)
{
	char shown[XE_IFNAME_MAX * 4];

	if (to->n++ >= NICS_NAMED)
		return;
	escape_terminal(name, strlen(name), shown, sizeof(shown));
	to->len += snprintf(to->buf + to->len, to->size - to->len, "%s %s (%s)",
			    to->n > 1 ? "," : "on", shown, nic_state_text(state));
}

static void nics_end(struct nics_text *to, const char *end)
{
	if (to->n > NICS_NAMED)
		to->len += snprintf(to->buf + to->len, to->size - to->len, " and %zu more",
				    to->n - NICS_NAMED);
	snprintf(to->buf + to->len, to->size - to->len, "%s", end);
}

const char *stats_lost_text(const struct snapshot *snapshot, char buf[STATS_LOST_MAX])
{
	struct nics_text nics = {.buf = buf, .size = STATS_LOST_MAX};
	char end[128];
	bool gone = false;

	nics.len = snprintf(buf, STATS_LOST_MAX, "nothing is counted ");
	for (size_t i = 0; i < snapshot->n_interfaces; i++) {
		enum nic_state state = snapshot_nic(snapshot, i);

		if (nic_state_is_lost(state))
			nics_add(&nics, snapshot->interfaces[i].name, state);
		gone |= state == NIC_GONE;
	}
	snprintf(end, sizeof(end),
		 ": what enters there passes; xdp-edge reload attaches the program again%s",
		 gone ? ", once what is gone is back" : "");
	nics_end(&nics, end);
	return nics.n ? buf : NULL;
}

/*
 * "not on wan0 (missing), lan0 (gone): everything passes there". Empty: on every NIC that it is
 * for.
 */
static void gaps_text(const struct snapshot_guard *guard, char *buf, size_t size)
{
	struct nics_text nics = {.buf = buf, .size = size};

	nics.len = snprintf(buf, size, "not ");
	for (size_t i = 0; i < guard->n_gaps; i++)
		if (snapshot_is_open(&guard->gaps[i]))
			nics_add(&nics, guard->gaps[i].name, guard->gaps[i].state);
	if (nics.n)
		nics_end(&nics, ": everything passes there");
	else if (!guard->nowhere)
		buf[0] = '\0';
	else
		snprintf(buf, size, "%s",
			 guard->n_gaps ? "every NIC is a mirror: nothing is filtered"
				       : "on no NIC: everything passes");
}

const char *stats_mode_text(const struct snapshot_guard *guard, char buf[STATS_MODE_MAX])
{
	char time[STATS_TIME_MAX], gaps[STATS_MODE_MAX / 4 * 3];

	switch (guard->mode) {
	case XE_MODE_MONITOR:
		return snprintf(buf, STATS_MODE_MAX, "monitor: everything passes"), buf;
	case XE_MODE_REHEARSE:
		return snprintf(buf, STATS_MODE_MAX,
				"rehearse: everything passes, what enforce would drop is counted"),
		       buf;
	default:
		break;
	}
	gaps_text(guard, gaps, sizeof(gaps));
	if (guard->unconfirmed && guard->confirm_in <= 0)
		snprintf(buf, STATS_MODE_MAX,
			 "enforce, not confirmed in time: rehearsing since %s, everything passes",
			 stats_time_text(guard->confirm_by, time));
	else if (guard->unconfirmed)
		snprintf(buf, STATS_MODE_MAX,
			 "enforce, unconfirmed: %.0f s left, then it rehearses (xdp-edge "
			 "confirm)%s%s",
			 guard->confirm_in, gaps[0] ? "; but " : "", gaps);
	else
		snprintf(buf, STATS_MODE_MAX, "enforce%s%s", gaps[0] ? ", but " : "",
			 gaps[0] ? gaps : ": what no row allows is dropped");
	return buf;
}

static const struct column drop_columns[] = {
	{"REASON", ALIGN_LEFT, false}, {"DROPPED", ALIGN_RIGHT, false},
	{"BYTES", ALIGN_RIGHT, false}, {"WOULD DROP", ALIGN_RIGHT, false},
	{"BYTES", ALIGN_RIGHT, false},
};

static const struct column drop_by_role_columns[] = {
	{"REASON", ALIGN_LEFT, false},	    {"ROLE", ALIGN_LEFT, true},
	{"DROPPED", ALIGN_RIGHT, false},    {"BYTES", ALIGN_RIGHT, false},
	{"WOULD DROP", ALIGN_RIGHT, false}, {"BYTES", ALIGN_RIGHT, false},
};

static const struct column drop_by_interface_columns[] = {
	{"REASON", ALIGN_LEFT, false},	    {"INTERFACE", ALIGN_LEFT, true},
	{"DROPPED", ALIGN_RIGHT, false},    {"BYTES", ALIGN_RIGHT, false},
	{"WOULD DROP", ALIGN_RIGHT, false}, {"BYTES", ALIGN_RIGHT, false},
};

static const struct column exempt_columns[] = {
	{"PASSED BY NAME", ALIGN_LEFT, false},
	{"PACKETS", ALIGN_RIGHT, false},
	{"BYTES", ALIGN_RIGHT, false},
};

static const struct column event_columns[] = {
	{"EVENT", ALIGN_LEFT, false},
	{"COUNT", ALIGN_RIGHT, false},
};

/* Lines without a packet are left out: most reasons never come up. */
static void drop_line(struct text_table *table, const struct snapshot *snapshot,
		      enum xe_reason reason, const char *part, int interface, int role)
{
	struct xe_counter dropped = snapshot_dropped(snapshot, interface, role, reason);
	struct xe_counter would = snapshot_would_drop(snapshot, interface, role, reason);

	if (!dropped.packets && !would.packets)
		return;
	table_style(table, STYLE_WARN);
	table_cell(table, reason_text(reason));
	if (part)
		table_cell(table, part);
	table_count(table, dropped.packets);
	table_count(table, dropped.bytes);
	table_count(table, would.packets);
	table_count(table, would.bytes);
}

static struct text_table *drops_table(const struct snapshot *snapshot, enum stats_by by)
{
	struct text_table *table = by == BY_ROLE	? table_new(drop_by_role_columns, 6)
				   : by == BY_INTERFACE ? table_new(drop_by_interface_columns, 6)
							: table_new(drop_columns, 5);

	for (int reason = 0; table && reason < XE_REASON_COUNT; reason++) {
		if (by == BY_ROLE)
			for (size_t i = 0; i < snapshot->guard.n_roles; i++)
				drop_line(table, snapshot, reason, snapshot_role(snapshot, i), -1,
					  i);
		else if (by == BY_INTERFACE)
			for (size_t i = 0; i <= snapshot->n_interfaces; i++)
				drop_line(table, snapshot, reason, snapshot_interface(snapshot, i),
					  i, -1);
		else
			drop_line(table, snapshot, reason, NULL, -1, -1);
	}
	return table;
}

static struct text_table *exempt_table(const struct snapshot *snapshot)
{
	struct text_table *table = table_new(exempt_columns, 3);

	for (int exempt = 0; table && exempt < XE_EXEMPT_COUNT; exempt++) {
		struct xe_counter counter = snapshot_exempt(snapshot, -1, exempt);

		if (!counter.packets)
			continue;
		table_cell(table, exempt_text(exempt));
		table_count(table, counter.packets);
		table_count(table, counter.bytes);
	}
	return table;
}

static struct text_table *events_table(const struct snapshot *snapshot)
{
	struct text_table *table = table_new(event_columns, 2);

	for (int event = 0; table && event < XE_EVENT_COUNT; event++) {
		uint64_t count = snapshot_event(snapshot, -1, event);

		if (!count)
			continue;
		table_cell(table, event_text(event));
		table_count(table, count);
	}
	return table;
}

/* Print, unless it is empty, and free. 0 or -ENOMEM. */
static int finish(struct text_table *table, FILE *out, unsigned width, bool colour)
{
	int err = table ? 0 : -ENOMEM;

	if (!err && table_rows(table)) {
		putc('\n', out);
		err = table_print(table, out, width, colour);
	}
	table_free(table);
	return err;
}

int stats_verdicts_table(const struct snapshot *snapshot, const struct stats_view *view, FILE *out,
			 unsigned width, bool colour)
{
	char mode[STATS_MODE_MAX], since[STATS_TIME_MAX];
	int err;

	if (!snapshot->guard.features && !snapshot->guard.verdicts)
		return 0;
	err = finish(drops_table(snapshot, view->by), out, width, colour);
	if (!err)
		err = finish(exempt_table(snapshot), out, width, colour);
	if (!err)
		err = finish(events_table(snapshot), out, width, colour);
	if (!err)
		fprintf(out, "\n%s; drops are counted since %s\n",
			stats_mode_text(&snapshot->guard, mode),
			stats_time_text(snapshot->guard.baseline_at, since));
	return err;
}
