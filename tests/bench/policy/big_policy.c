// SPDX-License-Identifier: GPL-2.0-only
/*
 * A loaded policy of any size, without a NIC and without compiling one: the maps and pins of
 * `load`, rows from a site, atoms and match sets made up, every counter different from 0. For
 * measuring what reading, folding and storing cost beyond the policies that there are.
 *
 *   big_policy make SITE ATOMS MATCHES        leaves it loaded under the site's name
 *   big_policy read NAME TIMES                the first snapshot and each later one
 *   big_policy fold SITE ATOMS MATCHES TIMES  what a reload does beside compiling: `meta` (store
 * what atoms mean), `drain` (swap, wait for programs), `fold` (counters into totals, zero them)
 *   big_policy remove NAME
 *
 * Each time is a line `WHAT MS CPU_MS`: of the clock, and of the CPU, which what else runs here
 * does not lengthen.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/meta.h"
#include "kernel/object.h"
#include "kernel/reader.h"
#include "kernel/store.h"
#include "kernel/totals.h"
#include "policy/site.h"
#include "policy/spec.h"

#define EPOCH 1u

struct big {
	struct spec spec;
	struct site site;
	struct policy policy;
	struct nic *nics;
	size_t n_nics;
	struct xe_block_header block;
	struct compiled compiled;
	struct store store;
};

struct times {
	double clock, cpu; /* milliseconds */
};

static double milliseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static struct times times_now(void)
{
	return (struct times){milliseconds(CLOCK_MONOTONIC),
			      milliseconds(CLOCK_PROCESS_CPUTIME_ID)};
}

/* A line of output; what comes now begins. */
static void times_print(const char *what, struct times *since)
{
	struct times now = times_now();

	printf("%s %.3f %.3f\n", what, now.clock - since->clock, now.cpu - since->cpu);
	*since = times_now();
}

static int die(const char *what, int err)
{
	fprintf(stderr, "big_policy: %s: %s\n", what, strerror(-err));
	exit(1);
}

static size_t number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (!*text || *end || value < 1 || value > 1u << 28)
		die(text, -EINVAL);
	return value;
}

/* Row i decides atom i, with as many other rows behind it as the match sets have room for. */
static void make_up(struct big *big, size_t n_atoms, size_t n_matches)
{
	struct compiled *c = &big->compiled;
	size_t n_rows = big->policy.n_rows, each = n_matches / n_atoms;

	each = each < 1 ? 1 : each > n_rows ? n_rows : each;
	big->block = (struct xe_block_header){.abi = XE_ABI_VERSION, .size = sizeof(big->block)};
	c->block = &big->block;
	c->atoms = calloc(n_atoms, sizeof(*c->atoms));
	c->matches = calloc(n_atoms * each, sizeof(*c->matches));
	if (!c->atoms || !c->matches)
		die("atoms", -ENOMEM);
	c->n_atoms = n_atoms;
	for (size_t i = 0; i < n_atoms; i++) {
		if (i < XE_MISS_COUNT) {
			c->atoms[i] = (struct xe_atom){.row = XE_NO_ROW, .miss = i};
			continue;
		}
		c->atoms[i] = (struct xe_atom){
			.row = i % n_rows,
			.syn = i & 1,
			.first_match = c->n_matches,
			.n_matches = each,
		};
		for (size_t j = 0; j < each; j++)
			c->matches[c->n_matches++] = (struct xe_match){
				.row = (i + j * 7919) % n_rows,
				.sense = j & 1 ? XE_REPLY : XE_FORWARD,
			};
	}
}

static void read_site(struct big *big, const char *path)
{
	if (spec_load("maps/spec", &big->spec) || site_load(path, &big->spec, &big->site) ||
	    policy_resolve(&big->spec, &big->site, &big->policy) ||
	    nics_from_site(&big->site, &big->nics, &big->n_nics))
		exit(1);
}

/* Every atom of every NIC, on every CPU. */
static void count(struct big *big, uint32_t generation)
{
	const struct store *store = &big->store;
	size_t per_value = store->counters_per_value;
	struct xe_counter *value = calloc(per_value * store->n_cpus, sizeof(*value));

	if (!value)
		die("counters", -ENOMEM);
	for (size_t i = 0; i < per_value * store->n_cpus; i++)
		value[i] = (struct xe_counter){1 + i % 5, 64 * (1 + i % 5)};
	for (size_t slot = 0; slot < big->n_nics; slot++)
		for (uint32_t i = 0; i < big->compiled.n_atoms; i += per_value) {
			uint32_t key =
				(store_counter_base(store, generation, slot) + i) / per_value;

			if (bpf_map_update_elem(store->counters_fd, &key, value, 0))
				die("counters", -errno);
		}
	free(value);
}

static void make(struct big *big, size_t n_atoms, size_t n_matches)
{
	struct store_sizes sizes = {
		.block_size = 8192,
		.n_slots = big->n_nics,
		.atoms_max = n_atoms,
		.totals_max = (big->policy.n_rows + XE_MISS_COUNT) * big->n_nics,
	};
	int err;

	make_up(big, n_atoms, n_matches);
	if (pins_lock() < 0 || store_create(big->site.name, &sizes, &big->store))
		exit(1);
	err = store_write_block(&big->store, 1, &big->compiled);
	if (!err)
		err = meta_write(big->site.name, 1, &big->policy, &big->compiled);
	if (!err)
		err = store_publish(&big->store, EPOCH, 1);
	for (size_t i = 0; !err && i < big->n_nics; i++) {
		struct xe_interface interface = {
			.ifindex = i + 1,
			.slot = i,
			.prog_id = 1,
			.sides = 1,
		};

		memcpy(interface.name, big->nics[i].name, sizeof(interface.name));
		err = store_write_interface(&big->store, i, &interface);
	}
	if (err)
		die("make", err);
	count(big, 1);
	big->store.control->loaded_at = time(NULL);
}

static void fold(struct big *big, size_t times)
{
	for (uint32_t generation = 2; generation < times + 2; generation++) {
		struct times since = times_now();
		struct meta old;
		int err;

		err = meta_read(big->site.name, generation - 1, &old);
		if (!err)
			err = totals_fit(&big->store, &old);
		if (!err)
			err = meta_write(big->site.name, generation, &big->policy, &big->compiled);
		times_print("meta", &since);
		if (!err)
			err = store_publish(&big->store, EPOCH, generation);
		times_print("drain", &since);
		if (!err)
			err = totals_fold(&big->store, &old);
		if (err)
			die("fold", err);
		times_print("fold", &since);
		meta_free(&old);
		count(big, generation);
	}
}

static void read_times(const char *name, size_t times)
{
	struct reader *reader;
	struct snapshot snapshot;
	struct times since = times_now();

	if (reader_open(name, &reader))
		exit(1);
	for (size_t i = 0; i < times; i++) {
		if (reader_snapshot(reader, &snapshot))
			exit(1);
		snapshot_free(&snapshot);
		times_print(i ? "again" : "first", &since);
	}
	reader_close(reader);
}

int main(int argc, char **argv)
{
	static struct big big;
	const char *verb = argc > 2 ? argv[1] : "";

	object_log_init(false);
	if (!strcmp(verb, "read") && argc == 4) {
		read_times(argv[2], number(argv[3]));
	} else if (!strcmp(verb, "remove") && argc == 3) {
		return pins_remove(argv[2]) ? 1 : 0;
	} else if ((!strcmp(verb, "make") && argc == 5) || (!strcmp(verb, "fold") && argc == 6)) {
		read_site(&big, argv[2]);
		make(&big, number(argv[3]), number(argv[4]));
		if (argc == 6)
			fold(&big, number(argv[5]));
	} else {
		fputs("usage: big_policy make SITE ATOMS MATCHES | read NAME TIMES |\n"
		      "       fold SITE ATOMS MATCHES TIMES | remove NAME\n",
		      stderr);
		return 2;
	}
	return 0;
}
