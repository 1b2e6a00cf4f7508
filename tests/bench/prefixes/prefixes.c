// SPDX-License-Identifier: GPL-2.0-only
/*
 * What many prefixes of one role cost: building the policy, its size, and nanoseconds a packet from
 * sources that are all different, beside the same site without them.
 *
 *   prefixes SITE ROLE DESTINATION FAMILY PREFIXES ROUNDS
 *
 * PREFIXES random ones are given to ROLE of SITE. IPv4: /16 to /32, 59 of 100 a /24 and six a host;
 * IPv6, in 2000::/3: half of them /48, the rest /32 to /64 and ten of 100 a host. Half of the
 * sources are in one of them, half anywhere; all send to DESTINATION, TCP 443. The kernel's
 * counters must then say what the same walk said in user space.
 *
 * One line: FAMILY PREFIXES BLOCK_BYTES COMPILE_SECONDS SMALL_SECONDS PASS COUNT LEAST MEDIAN ADDED
 * SMALL_ADDED HITS: seconds of CPU to compile the site with and without the prefixes; nanoseconds
 * of the bare verdict, of parse and count, of the program (least and median), by how much its
 * median round is above the bare verdict, and the same for the site without them on the same
 * packets; share of packets whose source is in a prefix, in percent.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/bench.h"
#include "kernel/object.h"
#include "policy/addr.h"
#include "policy/frame.h"
#include "policy/site.h"
#include "policy/spec.h"

#define SOURCES	   65536u
#define ROUNDS_MAX 1000

/* splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
static uint64_t rng_state = 1;

static uint64_t rng_next(void)
{
	uint64_t z = rng_state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

/* --- random prefixes ---------------------------------------------------------------------------
 */

static unsigned random_length(int family)
{
	unsigned percent = rng_next() % 100;

	if (family == 4)
		return percent < 59 ? 24 : percent < 65 ? 32 : 16 + rng_next() % 16;
	return percent < 50 ? 48 : percent < 60 ? 128 : 32 + rng_next() % 33;
}

static void random_address(int family, uint8_t *addr)
{
	uint64_t halves[2] = {rng_next(), rng_next()};

	memcpy(addr, halves, family == 4 ? 4 : 16);
	if (family == 6)
		addr[0] = 0x20 | (addr[0] & 0x1f);
	else if (!addr[0]) /* 0.0.0.0 is a client's that has no address yet */
		addr[0] = 1;
}

static struct prefix random_prefix(int family)
{
	struct prefix p = {.family = family, .prefixlen = random_length(family)};

	random_address(family, p.addr);
	for (unsigned bit = p.prefixlen; bit < (family == 4 ? 32 : 128); bit++)
		p.addr[bit / 8] &= ~(0x80 >> bit % 8);
	return p;
}

static void address_inside(const struct prefix *prefix, uint8_t *addr)
{
	random_address(prefix->family, addr);
	for (unsigned bit = 0; bit < prefix->prefixlen; bit++) {
		uint8_t mask = 0x80 >> bit % 8;

		addr[bit / 8] = (addr[bit / 8] & ~mask) | (prefix->addr[bit / 8] & mask);
	}
}

/* In order, with those that stand twice: the site's readers would leave these out. */
static int random_list(int family, size_t n, struct prefix_list *out)
{
	out->v = malloc((n + 1) * sizeof(*out->v));
	if (!out->v)
		return -ENOMEM;
	for (out->n = 0; out->n < n; out->n++)
		out->v[out->n] = random_prefix(family);
	qsort(out->v, n, sizeof(*out->v), prefix_compare);
	return 0;
}

/* --- two policies: the site as it is, and with the prefixes -------------------------------------
 */

struct variant {
	struct policy policy;
	struct nic *nics;
	size_t n_nics;
	struct compiled compiled;
	struct bench *kernel;
	double seconds; /* to compile it */
};

static int variant_make(struct variant *v, const struct spec *spec, const struct site *site)
{
	const struct compile_options options = {.max_memory = (size_t)1 << 30};
	double start;
	int err;

	if (policy_resolve(spec, site, &v->policy) || nics_from_site(site, &v->nics, &v->n_nics))
		return -EINVAL;
	start = cpu_seconds();
	err = policy_compile_with(&v->policy, v->nics, v->n_nics, 0, &options, &v->compiled);
	v->seconds = cpu_seconds() - start;
	return err ? err : bench_open(&v->compiled, 1ull << v->nics[0].slot, NULL, &v->kernel);
}

/* --- packets -----------------------------------------------------------------------------------
 */

struct packets {
	uint8_t (*headers)[TRACE_HEADER];
	struct tuple *tuples;
	unsigned hits;
};

static int packets_make(struct packets *p, const struct prefix_list *list, const struct tuple *to)
{
	p->headers = calloc(SOURCES, sizeof(*p->headers));
	p->tuples = calloc(SOURCES, sizeof(*p->tuples));
	if (!p->headers || !p->tuples)
		return -ENOMEM;
	for (uint32_t i = 0; i < SOURCES; i++) {
		struct tuple *tuple = &p->tuples[i];

		*tuple = *to;
		if (i % 2 && list->n)
			address_inside(&list->v[rng_next() % list->n], tuple->saddr);
		else
			random_address(to->family, tuple->saddr);
		p->hits += prefix_list_contains(list, to->family, tuple->saddr);
		if (frame_build(tuple, p->headers[i], TRACE_HEADER) < 0)
			return -EINVAL;
	}
	return 0;
}

/* Once over the trace: each atom must have counted as many as the walk in user space says. */
static int check_counters(const struct variant *v, const struct packets *p)
{
	const struct bench_target target = {.program = BENCH_EDGE, .slot = v->nics[0].slot};
	uint64_t *expected = calloc(v->compiled.n_atoms, sizeof(*expected));
	uint64_t *counted = calloc(v->compiled.n_atoms, sizeof(*counted));
	double ns;
	int err = expected && counted ? 0 : -ENOMEM;

	if (!err)
		err = bench_trace_run(v->kernel, &target, SOURCES, &ns);
	if (!err)
		err = bench_counted(v->kernel, counted, v->compiled.n_atoms);
	for (uint32_t i = 0; !err && i < SOURCES; i++)
		expected[compiled_classify(&v->compiled, v->nics[0].side, &p->tuples[i])]++;
	for (size_t i = 0; !err && i < v->compiled.n_atoms; i++)
		if (expected[i] != counted[i]) {
			fprintf(stderr, "prefixes: atom %zu: %llu packets, not %llu\n", i,
				(unsigned long long)counted[i], (unsigned long long)expected[i]);
			err = -EPROTO;
		}
	free(expected);
	free(counted);
	return err;
}

/* --- measuring ---------------------------------------------------------------------------------
 */

struct series {
	double v[ROUNDS_MAX];
};

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double series_at(struct series *s, unsigned n, double share)
{
	qsort(s->v, n, sizeof(*s->v), compare);
	return s->v[(unsigned)(share * (n - 1))];
}

struct figures {
	struct series pass, count, many, added, small_added;
};

/* Every round runs all of them, so that whatever else the machine does falls on all alike. */
static int measure(const struct variant *many, const struct variant *small, unsigned rounds,
		   struct figures *f)
{
	unsigned slot = many->nics[0].slot;
	const struct bench_target pass = {.program = BENCH_PASS, .slot = slot};
	const struct bench_target count = {.program = BENCH_COUNT, .slot = slot};
	const struct bench_target edge = {.program = BENCH_EDGE, .slot = slot};

	for (unsigned i = 0; i < rounds; i++) {
		double small_pass, small_edge;
		int err = bench_trace_run(many->kernel, &pass, SOURCES, &f->pass.v[i]);

		if (!err)
			err = bench_trace_run(many->kernel, &count, SOURCES, &f->count.v[i]);
		if (!err)
			err = bench_trace_run(many->kernel, &edge, SOURCES, &f->many.v[i]);
		if (!err)
			err = bench_trace_run(small->kernel, &pass, SOURCES, &small_pass);
		if (!err)
			err = bench_trace_run(small->kernel, &edge, SOURCES, &small_edge);
		if (err)
			return err;
		f->added.v[i] = f->many.v[i] - f->pass.v[i];
		f->small_added.v[i] = small_edge - small_pass;
	}
	return 0;
}

static int run(struct spec *spec, struct site *site, int role, const struct tuple *to, size_t n,
	       unsigned rounds)
{
	static struct variant many, small;
	static struct figures f;
	struct prefix_list own = site->role_prefixes[role], list = {0};
	struct packets packets = {0};
	int err = random_list(to->family, n, &list);

	if (!err)
		err = variant_make(&small, spec, site);
	if (!err && n)
		site->role_prefixes[role] = list;
	if (!err)
		err = variant_make(&many, spec, site);
	if (!err)
		err = packets_make(&packets, &list, to);
	if (!err)
		err = bench_trace_load(small.kernel, packets.headers, SOURCES);
	if (!err)
		err = bench_trace_load(many.kernel, packets.headers, SOURCES);
	if (!err)
		err = check_counters(&many, &packets);
	if (!err)
		err = measure(&many, &small, rounds, &f);
	if (!err)
		printf("%d %zu %u %.3f %.3f %.1f %.1f %.1f %.1f %.1f %.1f %.0f\n", to->family, n,
		       many.compiled.block->size, many.seconds, small.seconds,
		       series_at(&f.pass, rounds, 0.5), series_at(&f.count, rounds, 0.5),
		       series_at(&f.many, rounds, 0), series_at(&f.many, rounds, 0.5),
		       series_at(&f.added, rounds, 0.5), series_at(&f.small_added, rounds, 0.5),
		       100.0 * packets.hits / SOURCES);
	bench_close(small.kernel);
	bench_close(many.kernel);
	site->role_prefixes[role] = own;
	return err;
}

static int role_find(const struct spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->n_roles; i++)
		if (!strcmp(spec->roles[i].name, name))
			return i;
	return -1;
}

int main(int argc, char **argv)
{
	struct tuple to = {.proto = IPPROTO_TCP, .sport = 40000, .dport = 443};
	const char *dir = getenv("XDP_EDGE_SPEC");
	struct spec spec;
	struct site site;
	int role, err;
	unsigned rounds;

	if (argc != 7) {
		fprintf(stderr, "usage: prefixes SITE ROLE DESTINATION FAMILY PREFIXES ROUNDS\n");
		return 2;
	}
	object_log_init(false);
	to.family = atoi(argv[4]);
	rounds = atoi(argv[6]);
	if (spec_load(dir ? dir : "maps/spec", &spec) || site_load(argv[1], &spec, &site))
		return 1;
	role = role_find(&spec, argv[2]);
	if (role < 0 || rounds < 1 || rounds > ROUNDS_MAX ||
	    inet_pton(to.family == 4 ? AF_INET : AF_INET6, argv[3], to.daddr) != 1) {
		fprintf(stderr, "prefixes: no such role, address or number of rounds\n");
		return 2;
	}
	err = run(&spec, &site, role, &to, strtoul(argv[5], NULL, 10), rounds);
	if (err)
		fprintf(stderr, "prefixes: %s\n", strerror(-err));
	return err ? 1 : 0;
}
