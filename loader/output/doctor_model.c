// SPDX-License-Identifier: GPL-2.0-only
/* Readings of `stats -j`, from wherever they come, for the doctor. */
#include "doctor_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../policy/addr.h"
#include "../policy/text.h"

#define GET(object, key) json_object_get(object, key)
/* NICs of a reading: more is none of ours, which has those that are gone beside XE_MAX_NICS. */
#define NICS_MAX 1024

/* --- values, whatever stands there ------------------------------------------------------------ */

static uint64_t number(const json_t *object, const char *key)
{
	const json_t *value = GET(object, key);
	json_int_t n = json_is_integer(value) ? json_integer_value(value) : 0;

	return n > 0 ? (uint64_t)n : 0;
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

long doctor_nic(const struct doctor_model *model, const char *name)
{
	for (size_t i = 0; i < model->n_nics; i++)
		if (!strcmp(model->nics[i].name, name))
			return (long)i;
	return -1;
}

bool doctor_nic_is(const struct doctor_nic *nic, unsigned sides)
{
	return nic->sides && !(nic->sides & ~sides);
}

bool doctor_end_has(const char *end, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = end; (at = strstr(at, word)); at += len)
		if ((at == end || at[-1] == ',') && (!at[len] || at[len] == ','))
			return true;
	return false;
}

/* The entry of a list whose texts at two keys (the second may be NULL) are those of `like`. */
static const json_t *same_entry(const json_t *list, const json_t *like, const char *key,
				const char *second, const char *third)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (list, i, entry)
		if (!strcmp(text(entry, key), text(like, key)) &&
		    (!second || !strcmp(text(entry, second), text(like, second))) &&
		    (!third || !strcmp(text(entry, third), text(like, third))))
			return entry;
	return NULL;
}

/* --- NICs ------------------------------------------------------------------------------------- */

static int tristate(const json_t *object, const char *key)
{
	const json_t *value = GET(object, key);

	return json_is_boolean(value) ? json_is_true(value) : -1;
}

static void read_facts(const json_t *last, struct doctor_nic *nic)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (GET(last, "nics"), i, entry) {
		if (strcmp(text(entry, "name"), nic->name))
			continue;
		nic->facts = (struct doctor_facts){
			.known = true,
			.state = text(entry, "state"),
			.driver = text(entry, "driver"),
			.up = tristate(entry, "up"),
			.rxvlan = tristate(entry, "rxvlan"),
			.lro = tristate(entry, "lro"),
			.gro_hw = tristate(entry, "gro_hw"),
		};
	}
}

static int read_nics(const json_t *first, const json_t *last, struct doctor_model *model)
{
	const json_t *list = GET(last, "interfaces"), *entry, *word;
	enum xe_side side;
	size_t i, j;

	if (json_array_size(list) > NICS_MAX)
		return -EINVAL;
	model->nics = calloc(json_array_size(list) + 1, sizeof(*model->nics));
	if (!model->nics)
		return -ENOMEM;
	json_array_foreach (list, i, entry) {
		struct doctor_nic *nic = &model->nics[model->n_nics++];

		nic->name = text(entry, "name");
		nic->attached = number(entry, "ifindex") != 0;
		nic->generic = !strcmp(text(entry, "mode"), "generic");
		nic->packets = count(
			model, same_entry(GET(first, "interfaces"), entry, "name", NULL, NULL),
			entry, "packets");
		json_array_foreach (GET(entry, "sides"), j, word)
			if (json_is_string(word) && !side_parse(json_string_value(word), &side))
				nic->sides |= 1u << side;
		read_facts(last, nic);
	}
	return 0;
}

static void read_misses(const json_t *first, const json_t *last, struct doctor_model *model)
{
	const json_t *entry, *before = GET(first, "missed_on");
	size_t i;

	for (int miss = 0; miss < XE_MISS_COUNT; miss++)
		model->misses[miss] = count_in(model, GET(first, "misses"), GET(last, "misses"),
					       miss_text(miss), "packets");
	json_array_foreach (GET(last, "missed_on"), i, entry) {
		long nic = doctor_nic(model, text(entry, "interface"));
		enum xe_miss miss;

		if (!miss_parse(text(entry, "miss"), &miss) && nic >= 0)
			model->nics[nic].misses[miss] =
				count(model, same_entry(before, entry, "miss", "interface", NULL),
				      entry, "packets");
	}
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

static struct doctor_cell read_cell(const struct doctor_model *model, const json_t *first,
				    const json_t *last)
{
	struct doctor_cell cell = {
		.reply = count(model, first, last, "reply"),
		.fresh = count(model, first, last, "new"),
	};

	cell.forward = doctor_less(count(model, first, last, "matched"), cell.reply);
	return cell;
}

static int read_row_nics(const struct doctor_model *model, const json_t *first, const json_t *last,
			 struct doctor_row *row)
{
	const json_t *list = GET(last, "interfaces"), *entry;
	size_t i;

	if (!(model->has & DOCTOR_ROW_NICS))
		return 0;
	row->on = calloc(model->n_nics + 1, sizeof(*row->on));
	if (!row->on)
		return -ENOMEM;
	json_array_foreach (list, i, entry) {
		long nic = doctor_nic(model, text(entry, "name"));

		if (nic >= 0)
			row->on[nic] = read_cell(
				model,
				same_entry(GET(first, "interfaces"), entry, "name", NULL, NULL),
				entry);
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
	json_t *by_id = json_object();
	size_t i;
	int err = by_id ? 0 : -ENOMEM;

	if (json_is_array(list))
		model->has |= DOCTOR_ROWS;
	if (GET(json_array_get(list, 0), "interfaces"))
		model->has |= DOCTOR_ROW_NICS;
	json_array_foreach (GET(first, "rows"), i, entry)
		if (json_object_set(by_id, text(entry, "id"), (json_t *)entry))
			err = -ENOMEM;
	model->rows = calloc(json_array_size(list) + 1, sizeof(*model->rows));
	if (!model->rows)
		err = -ENOMEM;
	json_array_foreach (list, i, entry) {
		struct doctor_row *row = &model->rows[i];

		if (err)
			break;
		model->n_rows++;
		err = read_row(model, GET(by_id, text(entry, "id")), entry, row);
		if (!row->all.forward.in[SINCE_LOAD] && !row->all.reply.in[SINCE_LOAD])
			model->has |= DOCTOR_IDLE_ROWS;
	}
	json_decref(by_id);
	return err;
}

/* --- verdicts --------------------------------------------------------------------------------- */

static void read_drops(const json_t *first, const json_t *last, const char *key,
		       struct doctor_model *model)
{
	const json_t *entry, *before = GET(first, key);
	size_t i;

	json_array_foreach (GET(last, key), i, entry)
		model->drops[model->n_drops++] = (struct doctor_drop){
			.reason = text(entry, "reason"),
			.role = text(entry, "role"),
			.nic = doctor_nic(model, text(entry, "interface")),
			.packets = count(model,
					 same_entry(before, entry, "reason", "role", "interface"),
					 entry, "packets"),
		};
}

static void read_events(const json_t *first, const json_t *last, struct doctor_model *model)
{
	const json_t *entry, *before = GET(first, "events");
	size_t i;

	json_array_foreach (GET(last, "events"), i, entry)
		for (int event = 0; event < XE_EVENT_COUNT; event++)
			if (!strcmp(text(entry, "name"), event_text(event)))
				model->events[event] = doctor_sum(
					model->events[event],
					count(model,
					      same_entry(before, entry, "name", "interface", NULL),
					      entry, "count"));
}

static int read_guard(const json_t *first, const json_t *last, struct doctor_model *model)
{
	const json_t *flows = GET(GET(last, "tables"), "flows");

	model->drops = calloc(json_array_size(GET(last, "dropped")) +
				      json_array_size(GET(last, "would_drop")) + 1,
			      sizeof(*model->drops));
	if (!model->drops)
		return -ENOMEM;
	if (mode_parse(text(last, "mode"), &model->mode))
		return 0;
	model->has |= DOCTOR_GUARD;
	model->enforcing = flag(last, "enforcing");
	model->unconfirmed = flag(last, "unconfirmed");
	model->confirm_in = number(last, "confirm_in");
	model->not_enforced_on = GET(last, "not_enforced_on");
	read_drops(first, last, "dropped", model);
	read_drops(first, last, "would_drop", model);
	read_events(first, last, model);
	model->flows = (struct doctor_fill){
		.known = json_is_object(flows),
		.live = number(flows, "live"),
		.capacity = number(flows, "capacity"),
	};
	return 0;
}

static int read_suspects(const json_t *last, struct doctor_model *model)
{
	const json_t *list = GET(last, "suspects"), *entry;
	size_t i;

	model->suspects = calloc(json_array_size(list) + 1, sizeof(*model->suspects));
	if (!model->suspects)
		return -ENOMEM;
	if (json_is_array(list))
		model->has |= DOCTOR_SUSPECTS;
	json_array_foreach (list, i, entry)
		model->suspects[model->n_suspects++] = (struct doctor_suspect){
			.proto = (unsigned)number(entry, "proto"),
			.port = (unsigned)number(entry, "port"),
			.nic = doctor_nic(model, text(entry, "interface")),
			.packets = number(entry, "packets"),
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
	if (!json_is_object(last) || !json_is_object(GET(last, "total")) ||
	    !json_is_array(GET(last, "interfaces")) || (first && !json_is_object(first)))
		return -EINVAL;
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
	if (json_is_array(GET(last, "nics")))
		out->has |= DOCTOR_FACTS;
	if (json_is_object(GET(last, "misses")))
		out->has |= DOCTOR_MISSES;
	if (json_is_array(GET(last, "missed_on")))
		out->has |= DOCTOR_MISS_NICS;
	err = read_nics(first, last, out);
	if (!err)
		err = read_rows(first, last, out);
	if (!err)
		err = read_guard(first, last, out);
	if (!err)
		err = read_suspects(last, out);
	if (!err)
		read_misses(first, last, out);
	return err;
}

void doctor_model_free(struct doctor_model *model)
{
	for (size_t i = 0; i < model->n_rows; i++) {
		port_set_free(&model->rows[i].ports);
		free(model->rows[i].on);
	}
	free(model->rows);
	free(model->nics);
	free(model->drops);
	free(model->suspects);
	memset(model, 0, sizeof(*model));
}
