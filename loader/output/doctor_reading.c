// SPDX-License-Identifier: GPL-2.0-only
/* What readings of `stats -j` look like, for the doctor. */
#include "doctor_reading.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* More is none of ours, which has those NICs that are gone beside XE_MAX_NICS. */
#define NICS_MAX  1024
#define SIDES_MAX 16
#define LIST_MAX  65536 /* entries of other lists */
#define ROWS_MAX  1000000
#define CELLS_MAX 4000000 /* rows times NICs: each is remembered */

#define TIME_END 253402300800 /* 10000-01-01 */

enum kind { TEXT, COUNT, TIME, FLAG, SETTING, LIST, OBJECT, COUNTERS };

static const char *const kinds[] = {
	[TEXT] = "a text",
	[COUNT] = "a count: a whole number, 0 or more",
	[TIME] = "a time: whole seconds since 1970, before the year 10000",
	[FLAG] = "true or false",
	[SETTING] = "true, false or null",
	[LIST] = "a list",
	[OBJECT] = "an object",
	[COUNTERS] = "an object",
};

struct field {
	const char *key;
	enum kind kind;
	bool needed;		/* every version has it */
	const struct field *of; /* of an object, or of each entry; NULL: texts */
	size_t max;		/* entries of a list */
};

static const struct field counter[] = {
	{"packets", COUNT, true},
	{"bytes", COUNT, true},
	{0},
};

static const struct field interface[] = {
	{"name", TEXT, true},
	{"state", TEXT, false},
	{"ifindex", COUNT, true},
	{"mode", TEXT, true},
	{"sides", LIST, true, NULL, SIDES_MAX},
	{"packets", COUNT, true},
	{"bytes", COUNT, true},
	{0},
};

static const struct field row_interface[] = {
	{"name", TEXT, true},
	{"matched", COUNT, true},
	{"reply", COUNT, true},
	{"new", COUNT, true},
	{0},
};

static const struct field row[] = {
	{"id", TEXT, true},
	{"role", TEXT, true},
	{"service", TEXT, true},
	{"l4", TEXT, true},
	{"ports", TEXT, true},
	{"source", TEXT, true},
	{"destination", TEXT, true},
	{"active", FLAG, true},
	{"annotation", FLAG, false},
	{"forward_only", FLAG, false},
	{"verdict", TEXT, false},
	{"decided", OBJECT, true, counter},
	{"matched", OBJECT, true, counter},
	{"reply", OBJECT, true, counter},
	{"new", COUNT, true},
	{"conforming", COUNT, false},
	{"other", COUNT, false},
	{"interfaces", LIST, false, row_interface, NICS_MAX},
	{0},
};

static const struct field group[] = {
	{"name", TEXT, true},
	{"decided", OBJECT, true, counter},
	{0},
};

static const struct field miss[] = {
	{"miss", TEXT, true},
	{"interface", TEXT, true},
	{"packets", COUNT, true},
	{0},
};

static const struct field drop[] = {
	{"reason", TEXT, true},
	{"role", TEXT, true},
	{"interface", TEXT, true},
	{"packets", COUNT, true},
	{0},
};

static const struct field event[] = {
	{"name", TEXT, true},
	{"interface", TEXT, true},
	{"count", COUNT, true},
	{0},
};

static const struct field gap[] = {
	{"name", TEXT, true},
	{"state", TEXT, true},
	{0},
};

static const struct field fill[] = {
	{"live", COUNT, true},
	{"capacity", COUNT, true},
	{0},
};

static const struct field tables[] = {
	{"flows", OBJECT, false, fill},
	{0},
};

static const struct field nic[] = {
	{"name", TEXT, true},	   {"state", TEXT, true},
	{"driver", TEXT, true},	   {"up", SETTING, true},
	{"rxvlan", SETTING, true}, {"lro", SETTING, true},
	{"gro_hw", SETTING, true}, {0},
};

static const struct field suspect[] = {
	{"proto", COUNT, true},
	{"port", COUNT, true},
	{"interface", TEXT, true},
	{"packets", COUNT, true},
	{"estimated", FLAG, false},
	{"answer", FLAG, false},
	{0},
};

static const struct field reading_fields[] = {
	{"site", TEXT, false},
	{"loaded_at", TIME, false},
	{"read_at", TIME, false},
	{"monotonic_ms", COUNT, false},
	{"interfaces", LIST, true, interface, NICS_MAX},
	{"rows", LIST, false, row, ROWS_MAX},
	{"groups", LIST, false, group, ROWS_MAX},
	{"misses", COUNTERS, true, counter},
	{"missed_on", LIST, false, miss, LIST_MAX},
	{"total", OBJECT, true, counter},
	{"mode", TEXT, false},
	{"enforcing", FLAG, false},
	{"unconfirmed", FLAG, false},
	{"confirm_in", COUNT, false},
	{"not_enforced_on", LIST, false, gap, LIST_MAX},
	{"dropped", LIST, false, drop, LIST_MAX},
	{"would_drop", LIST, false, drop, LIST_MAX},
	{"events", LIST, false, event, LIST_MAX},
	{"tables", OBJECT, false, tables},
	{"nics", LIST, false, nic, NICS_MAX},
	{"suspects", LIST, false, suspect, LIST_MAX},
	{0},
};

/* --- the check -------------------------------------------------------------------------------- */

static int fault_at(struct doctor_fault *fault, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int fault_at(struct doctor_fault *fault, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(fault->why, sizeof(fault->why), fmt, args);
	va_end(args);
	return -EINVAL;
}

/* The path goes on by a key, or by an entry. Returns what it was long before. */
static size_t go_in(struct doctor_fault *fault, const char *key, size_t index)
{
	size_t used = strlen(fault->path);

	if (key)
		snprintf(fault->path + used, sizeof(fault->path) - used, "%s%s", used ? "." : "",
			 key);
	else
		snprintf(fault->path + used, sizeof(fault->path) - used, "[%zu]", index);
	return used;
}

static bool is_kind(const json_t *value, enum kind kind)
{
	switch (kind) {
	case TEXT:
		return json_is_string(value);
	case COUNT:
		return json_is_integer(value) && json_integer_value(value) >= 0;
	case TIME:
		return is_kind(value, COUNT) && json_integer_value(value) < TIME_END;
	case SETTING:
		return json_is_boolean(value) || json_is_null(value);
	case FLAG:
		return json_is_boolean(value);
	case LIST:
		return json_is_array(value);
	default:
		return json_is_object(value);
	}
}

static int check_kind(const json_t *value, enum kind kind, struct doctor_fault *fault)
{
	if (is_kind(value, kind))
		return 0;
	if (json_is_integer(value) && (kind == COUNT || kind == TIME))
		return fault_at(fault, "%" JSON_INTEGER_FORMAT " is not %s",
				json_integer_value(value), kinds[kind]);
	return fault_at(fault, "is not %s", kinds[kind]);
}

/* Recursion ends with the tables of fields, however deep the document is. */
static int check_fields(const json_t *object, const struct field *fields,
			struct doctor_fault *fault);

static int check_list(const json_t *list, const struct field *field, struct doctor_fault *fault)
{
	const json_t *entry;
	size_t i;

	if (json_array_size(list) > field->max)
		return fault_at(fault, "has %zu entries, more than %zu", json_array_size(list),
				field->max);
	json_array_foreach (list, i, entry) {
		size_t used = go_in(fault, NULL, i);
		int err = check_kind(entry, field->of ? OBJECT : TEXT, fault);

		if (!err && field->of)
			err = check_fields(entry, field->of, fault);
		if (err)
			return err;
		fault->path[used] = '\0';
	}
	return 0;
}

static int check_counters(const json_t *object, const struct field *field,
			  struct doctor_fault *fault)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value) {
		size_t used = go_in(fault, key, 0);
		int err = check_kind(value, OBJECT, fault);

		if (!err)
			err = check_fields(value, field->of, fault);
		if (err)
			return err;
		fault->path[used] = '\0';
	}
	return 0;
}

static int check_fields(const json_t *object, const struct field *fields,
			struct doctor_fault *fault)
{
	for (const struct field *field = fields; field->key; field++) {
		const json_t *value = json_object_get(object, field->key);
		size_t used = go_in(fault, field->key, 0);
		int err = 0;

		if (value)
			err = check_kind(value, field->kind, fault);
		else if (field->needed)
			err = fault_at(fault, "is missing");
		if (!err && value && field->kind == LIST)
			err = check_list(value, field, fault);
		if (!err && value && field->kind == OBJECT)
			err = check_fields(value, field->of, fault);
		if (!err && value && field->kind == COUNTERS)
			err = check_counters(value, field, fault);
		if (err)
			return err;
		fault->path[used] = '\0';
	}
	return 0;
}

int doctor_reading_check(const json_t *reading, struct doctor_fault *fault)
{
	struct doctor_fault own;
	size_t n_rows = json_array_size(json_object_get(reading, "rows"));
	size_t n_nics = json_array_size(json_object_get(reading, "interfaces"));
	int err;

	if (!fault)
		fault = &own;
	*fault = (struct doctor_fault){0};
	if (!json_is_object(reading) || !json_object_get(reading, "total") ||
	    !json_object_get(reading, "interfaces"))
		return fault_at(fault, "not a reading of xdp-edge -j stats");
	err = check_fields(reading, reading_fields, fault);
	if (err)
		return err;
	if (!json_object_get(reading, "rows") && !json_object_get(reading, "groups"))
		return fault_at(fault, "has neither rows nor groups");
	if (n_nics && n_rows > CELLS_MAX / n_nics)
		return fault_at(fault, "has %zu rows and %zu interfaces: too many", n_rows, n_nics);
	return 0;
}
