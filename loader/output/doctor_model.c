// SPDX-License-Identifier: GPL-2.0-only
/* Readings of `stats -j`, from wherever they come, for the doctor. */
#include "doctor_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../policy/addr.h"
#include "../policy/text.h"
#include "doctor_reading.h"

#define GET(object, key) json_object_get(object, key)

/* --- values ----------------------------------------------------------------------------------- */

static uint64_t number(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(GET(object, key));
}

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(GET(object, key));

	return value ? value : "";
}

static bool flag(const json_t *object, const char *key)
{
	return json_is_true(GET(object, key));
}

static uint64_t less(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

/* One number of the later reading, and what it is more than in the earlier one. */
static struct doctor_count count(const struct doctor_model *model, const json_t *first,
				 const json_t *last, const char *key)
{
	struct doctor_count result = {.in[SINCE_LOAD] = number(last, key)};

	if (model->recent)
		result.in[RECENT] = less(result.in[SINCE_LOAD], number(first, key));
	return result;
}

/* The same of a number within an object. */
static struct doctor_count count_in(const struct doctor_model *model, const json_t *first,
				    const json_t *last, const char *object, const char *key)
{
	return count(model, GET(first, object), GET(last, object), key);
}

struct doctor_count doctor_less(struct doctor_count a, struct doctor_count b)
{
	for (int w = 0; w < DOCTOR_WINDOWS; w++)
		a.in[w] = less(a.in[w], b.in[w]);
	return a;
}

struct doctor_count doctor_sum(struct doctor_count a, struct doctor_count b)
{
	for (int w = 0; w < DOCTOR_WINDOWS; w++)
		a.in[w] += b.in[w];
	return a;
}

bool doctor_is_share(uint64_t part, uint64_t of, unsigned permille)
{
	return (unsigned __int128)part * 1000 >= (unsigned __int128)of * permille;
}

struct doctor_count doctor_greater(struct doctor_count a, struct doctor_count b)
{
	for (int w = 0; w < DOCTOR_WINDOWS; w++)
		if (b.in[w] > a.in[w])
			a.in[w] = b.in[w];
	return a;
}

bool doctor_is_young(const struct doctor_model *model, uint64_t seconds)
{
	return model->loaded_at && model->read_at >= model->loaded_at &&
	       model->read_at - model->loaded_at < seconds;
}

/* A NIC by name, or -1. */
static long nic_named(const struct doctor_model *model, const char *name)
{
	const json_t *index = GET(model->nic_named, name);

	return index ? (long)json_integer_value(index) : -1;
}

bool doctor_nic_is(const struct doctor_nic *nic, unsigned sides)
{
	return nic->sides && !(nic->sides & ~sides);
}

bool doctor_end_has(const char *end, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = end; len && (at = strstr(at, word)); at += len)
		if ((at == end || at[-1] == ',') && (!at[len] || at[len] == ','))
			return true;
	return false;
}

/* --- what the earlier reading has of the same ------------------------------------------------- */

/* Entries of a list by their texts at these keys. */
struct earlier {
	const char *keys[3]; /* NULL: fewer */
	json_t *entries;
};

#define KEY_MAX (3 * (XE_TEXT_MAX + 1))

static const char *earlier_key(const struct earlier *earlier, const json_t *entry,
			       char key[KEY_MAX])
{
	size_t used = 0;

	for (int i = 0; i < 3 && earlier->keys[i]; i++)
		used += (size_t)snprintf(key + used, KEY_MAX - used, "%.*s\n", XE_TEXT_MAX - 1,
					 text(entry, earlier->keys[i]));
	return key;
}

/* 0 or -ENOMEM; free `entries` by json_decref(), also after a failure. */
static int earlier_open(const json_t *list, struct earlier *earlier)
{
	const json_t *entry;
	char key[KEY_MAX];
	size_t i;

	earlier->entries = json_object();
	if (!earlier->entries)
		return -ENOMEM;
	json_array_foreach (list, i, entry)
		if (json_object_set_nocheck(earlier->entries, earlier_key(earlier, entry, key),
					    (json_t *)entry))
			return -ENOMEM;
	return 0;
}

static const json_t *earlier_entry(const struct earlier *earlier, const json_t *like)
{
	char key[KEY_MAX];

	return GET(earlier->entries, earlier_key(earlier, like, key));
}

/* --- NICs ------------------------------------------------------------------------------------- */

static int tristate(const json_t *object, const char *key)
{
	const json_t *value = GET(object, key);

	return json_is_boolean(value) ? json_is_true(value) : -1;
}

static void read_facts(const json_t *last, struct doctor_model *model)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (GET(last, "nics"), i, entry) {
		long nic = nic_named(model, text(entry, "name"));

		if (nic < 0)
			continue;
		model->nics[nic].state = text(entry, "state");
		model->nics[nic].facts = (struct doctor_facts){
			.known = true,
			.driver = text(entry, "driver"),
			.up = tristate(entry, "up"),
			.rxvlan = tristate(entry, "rxvlan"),
			.lro = tristate(entry, "lro"),
			.gro_hw = tristate(entry, "gro_hw"),
		};
	}
}

/* Where none is attached, all are a replay's, which count. */
static void find_counting(struct doctor_model *model)
{
	bool live = false;

	for (size_t i = 0; i < model->n_nics; i++)
		live |= model->nics[i].attached;
	for (size_t i = 0; i < model->n_nics; i++) {
		struct doctor_nic *nic = &model->nics[i];

		nic->counts = (nic->attached || !live) && strcmp(nic->state, "missing") &&
			      strcmp(nic->state, "gone");
	}
}

static int read_nics(const json_t *first, const json_t *last, struct doctor_model *model)
{
	const json_t *list = GET(last, "interfaces"), *entry, *word;
	struct earlier earlier = {.keys = {"name"}};
	int err = earlier_open(GET(first, "interfaces"), &earlier);
	enum xe_side side;
	size_t i, j;

	model->nic_named = json_object();
	model->nics = calloc(json_array_size(list) + 1, sizeof(*model->nics));
	if (!model->nic_named || !model->nics)
		err = -ENOMEM;
	json_array_foreach (list, i, entry) {
		struct doctor_nic *nic = &model->nics[i];

		if (err)
			break;
		model->n_nics++;
		nic->name = text(entry, "name");
		nic->state = text(entry, "state");
		if (nic->state[0])
			model->has |= DOCTOR_STATES;
		/* of two that have had the name the first */
		if (nic_named(model, nic->name) < 0 &&
		    json_object_set_new(model->nic_named, nic->name, json_integer((json_int_t)i)))
			err = -ENOMEM;
		nic->attached = number(entry, "ifindex") != 0;
		nic->generic = !strcmp(text(entry, "mode"), "generic");
		nic->packets = count(model, earlier_entry(&earlier, entry), entry, "packets");
		json_array_foreach (GET(entry, "sides"), j, word)
			if (!side_parse(json_string_value(word), &side))
				nic->sides |= 1u << side;
	}
	read_facts(last, model);
	find_counting(model);
	json_decref(earlier.entries);
	return err;
}

static int read_misses(const json_t *first, const json_t *last, struct doctor_model *model)
{
	struct earlier earlier = {.keys = {"miss", "interface"}};
	int err = earlier_open(GET(first, "missed_on"), &earlier);
	const json_t *entry;
	size_t i;

	for (int miss = 0; miss < XE_MISS_COUNT; miss++)
		model->misses[miss] = count_in(model, GET(first, "misses"), GET(last, "misses"),
					       miss_text(miss), "packets");
	json_array_foreach (GET(last, "missed_on"), i, entry) {
		long nic = nic_named(model, text(entry, "interface"));
		enum xe_miss miss;

		if (!err && !miss_parse(text(entry, "miss"), &miss) && nic >= 0)
			model->nics[nic].misses[miss] =
				count(model, earlier_entry(&earlier, entry), entry, "packets");
	}
	json_decref(earlier.entries);
	return err;
}

/* --- rows ------------------------------------------------------------------------------------- */

#define FROM   "from "
#define EITHER " either way"

/* As effective_ports_text() writes them; a text that was cut tells nothing. */
static int read_ports(struct doctor_row *row)
{
	const char *from = strstr(row->ports_text, FROM), *why;
	char buf[XE_TEXT_MAX];
	size_t len = strlen(row->ports_text);
	int err;

	row->either =
		len > strlen(EITHER) && !strcmp(row->ports_text + len - strlen(EITHER), EITHER);
	if (row->either)
		len -= strlen(EITHER);
	else if (from == row->ports_text)
		return port_set_any(&row->ports);
	else if (from)
		len = (size_t)(from - row->ports_text) - 1;
	if (len >= sizeof(buf))
		return 0;
	memcpy(buf, row->ports_text, len);
	buf[len] = '\0';
	err = port_set_parse(buf, &row->ports, &why);
	return err == -ENOMEM ? err : 0;
}

/* A row's counts on each NIC: of both windows, or what the earlier reading had taken off RECENT. */
static void read_cells(const struct doctor_model *model, const json_t *entry, bool earlier,
		       struct doctor_cell *cell)
{
	const uint64_t reply = number(entry, "reply");
	const uint64_t now[] = {less(number(entry, "matched"), reply), reply, number(entry, "new")};
	struct doctor_count *const counts[] = {&cell->forward, &cell->reply, &cell->fresh};

	for (size_t i = 0; i < sizeof(now) / sizeof(*now); i++)
		if (earlier)
			counts[i]->in[RECENT] = less(counts[i]->in[RECENT], now[i]);
		else
			*counts[i] = (struct doctor_count){{now[i], model->recent ? now[i] : 0}};
}

static int read_row_nics(const struct doctor_model *model, const json_t *first, const json_t *last,
			 struct doctor_row *row)
{
	const json_t *const readings[] = {last, first};

	if (!(model->has & DOCTOR_ROW_NICS))
		return 0;
	row->on = calloc(model->n_nics + 1, sizeof(*row->on));
	if (!row->on)
		return -ENOMEM;
	for (int earlier = 0; earlier < 2; earlier++) {
		const json_t *entry;
		size_t i;

		json_array_foreach (GET(readings[earlier], "interfaces"), i, entry) {
			long nic = nic_named(model, text(entry, "name"));

			if (nic >= 0)
				read_cells(model, entry, earlier, &row->on[nic]);
		}
	}
	return 0;
}

static int read_row(const struct doctor_model *model, const json_t *first, const json_t *last,
		    struct doctor_row *row)
{
	struct doctor_count matched, reply;
	int err;

	row->id = text(last, "id");
	row->role = text(last, "role");
	row->service = text(last, "service");
	row->ports_text = text(last, "ports");
	row->source = text(last, "source");
	row->destination = text(last, "destination");
	row->verdict = text(last, "verdict");
	row->active = flag(last, "active");
	row->forward_only = flag(last, "forward_only");
	/* older readings do not say it: the one table of that kind is known by its name */
	row->annotation = GET(last, "annotation") ? flag(last, "annotation")
						  : strstr(row->id, "/ipsec-exceptions/") != NULL;
	if (l4_parse(text(last, "l4"), &row->l4))
		row->l4 = 0;
	err = read_ports(row);
	matched = count_in(model, first, last, "matched", "packets");
	reply = count_in(model, first, last, "reply", "packets");
	row->all = (struct doctor_cell){
		.forward = doctor_less(matched, reply),
		.reply = reply,
		.fresh = count(model, first, last, "new"),
	};
	row->forward_bytes = doctor_less(count_in(model, first, last, "matched", "bytes"),
					 count_in(model, first, last, "reply", "bytes"));
	row->conforming = count(model, first, last, "conforming");
	row->other = count(model, first, last, "other");
	return err ? err : read_row_nics(model, first, last, row);
}

static int read_rows(const json_t *first, const json_t *last, struct doctor_model *model)
{
	const json_t *list = GET(last, "rows"), *entry;
	struct earlier earlier = {.keys = {"id"}};
	int err = earlier_open(GET(first, "rows"), &earlier);
	size_t i;

	if (list)
		model->has |= DOCTOR_ROWS | DOCTOR_ROW_NICS;
	json_array_foreach (list, i, entry)
		if (!GET(entry, "interfaces"))
			model->has &= ~(unsigned)DOCTOR_ROW_NICS;
	model->rows = calloc(json_array_size(list) + 1, sizeof(*model->rows));
	if (!model->rows)
		err = -ENOMEM;
	json_array_foreach (list, i, entry) {
		struct doctor_row *row = &model->rows[i];

		if (err)
			break;
		model->n_rows++;
		err = read_row(model, earlier_entry(&earlier, entry), entry, row);
		if (!row->all.forward.in[SINCE_LOAD] && !row->all.reply.in[SINCE_LOAD])
			model->has |= DOCTOR_IDLE_ROWS;
	}
	json_decref(earlier.entries);
	return err;
}

/* --- verdicts --------------------------------------------------------------------------------- */

static int read_drops(const json_t *first, const json_t *last, const char *key,
		      struct doctor_model *model)
{
	struct earlier earlier = {.keys = {"reason", "role", "interface"}};
	int err = earlier_open(GET(first, key), &earlier);
	const json_t *entry;
	size_t i;

	json_array_foreach (GET(last, key), i, entry) {
		if (err)
			break;
		model->drops[model->n_drops++] = (struct doctor_drop){
			.reason = text(entry, "reason"),
			.role = text(entry, "role"),
			.nic = nic_named(model, text(entry, "interface")),
			.packets = count(model, earlier_entry(&earlier, entry), entry, "packets"),
		};
	}
	json_decref(earlier.entries);
	return err;
}

static int read_events(const json_t *first, const json_t *last, struct doctor_model *model)
{
	struct earlier earlier = {.keys = {"name", "interface"}};
	int err = earlier_open(GET(first, "events"), &earlier);
	const json_t *entry;
	size_t i;

	json_array_foreach (GET(last, "events"), i, entry)
		for (int event = 0; !err && event < XE_EVENT_COUNT; event++)
			if (!strcmp(text(entry, "name"), event_text(event)))
				model->events[event] =
					doctor_sum(model->events[event],
						   count(model, earlier_entry(&earlier, entry),
							 entry, "count"));
	json_decref(earlier.entries);
	return err;
}

static int read_guard(const json_t *first, const json_t *last, struct doctor_model *model)
{
	const json_t *flows = GET(GET(last, "tables"), "flows");
	enum xe_mode mode;
	int err;

	model->drops = calloc(json_array_size(GET(last, "dropped")) +
				      json_array_size(GET(last, "would_drop")) + 1,
			      sizeof(*model->drops));
	if (!model->drops)
		return -ENOMEM;
	if (mode_parse(text(last, "mode"), &mode))
		return 0;
	model->has |= DOCTOR_GUARD;
	model->enforcing = flag(last, "enforcing");
	model->unconfirmed = flag(last, "unconfirmed");
	model->confirm_in = number(last, "confirm_in");
	model->not_enforced_on = GET(last, "not_enforced_on");
	model->flows = (struct doctor_fill){
		.known = flows,
		.live = number(flows, "live"),
		.capacity = number(flows, "capacity"),
	};
	err = read_drops(first, last, "dropped", model);
	if (!err)
		err = read_drops(first, last, "would_drop", model);
	return err ? err : read_events(first, last, model);
}

static int read_suspects(const json_t *last, struct doctor_model *model)
{
	const json_t *list = GET(last, "suspects"), *entry;
	size_t i;

	model->suspects = calloc(json_array_size(list) + 1, sizeof(*model->suspects));
	if (!model->suspects)
		return -ENOMEM;
	if (list)
		model->has |= DOCTOR_SUSPECTS;
	json_array_foreach (list, i, entry)
		model->suspects[model->n_suspects++] = (struct doctor_suspect){
			.proto = (unsigned)number(entry, "proto"),
			.port = (unsigned)number(entry, "port"),
			.nic = nic_named(model, text(entry, "interface")),
			.packets = number(entry, "packets"),
			.estimated = flag(entry, "estimated"),
			.answer = flag(entry, "answer"),
		};
	return 0;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void read_times(const json_t *first, const json_t *last, struct doctor_model *model)
{
	uint64_t ms = less(number(last, "monotonic_ms"), number(first, "monotonic_ms"));

	model->loaded_at = number(last, "loaded_at");
	model->read_at = number(last, "read_at");
	if (model->recent && number(first, "monotonic_ms"))
		model->seconds = (double)ms / 1000;
}

/* Older readings do not say when the policy was loaded; but what was unloaded counts from 0. */
static bool is_anew(const json_t *first, const json_t *last)
{
	uint64_t loaded = number(last, "loaded_at"), before = number(first, "loaded_at");

	return (loaded && before && loaded != before) ||
	       number(GET(last, "total"), "packets") < number(GET(first, "total"), "packets");
}

int doctor_model_read(const json_t *first, const json_t *last, struct doctor_model *out)
{
	int err;

	memset(out, 0, sizeof(*out));
	err = doctor_reading_check(last, NULL);
	if (!err && first)
		err = doctor_reading_check(first, NULL);
	if (err)
		return err;
	out->recent = first && first != last;
	/* loaded anew in between: there is nothing to compare */
	if (out->recent && is_anew(first, last)) {
		out->recent = false;
		out->anew = true;
	}
	if (!out->recent)
		first = NULL;
	out->site = text(last, "site");
	read_times(first, last, out);
	out->total = count_in(out, first, last, "total", "packets");
	if (GET(last, "nics"))
		out->has |= DOCTOR_FACTS | DOCTOR_STATES;
	if (GET(last, "missed_on"))
		out->has |= DOCTOR_MISS_NICS;
	err = read_nics(first, last, out);
	if (!err)
		err = read_rows(first, last, out);
	if (!err)
		err = read_guard(first, last, out);
	if (!err)
		err = read_suspects(last, out);
	if (!err)
		err = read_misses(first, last, out);
	return err;
}

void doctor_model_free(struct doctor_model *model)
{
	for (size_t i = 0; i < model->n_rows; i++) {
		port_set_free(&model->rows[i].ports);
		free(model->rows[i].on);
	}
	free(model->rows);
	json_decref(model->nic_named);
	free(model->nics);
	free(model->drops);
	free(model->suspects);
	memset(model, 0, sizeof(*model));
}
