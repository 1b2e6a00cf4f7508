// SPDX-License-Identifier: GPL-2.0-only
/* Sites of many rows and of long prefix lists; see large_site.h. */
#include "large_site.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../loader/policy/diag.h"
#include "../../loader/policy/site.h"

/* Room for the files of one site. */
struct scratch {
	char dir[64];
};

static bool scratch_open(struct scratch *s)
{
	strcpy(s->dir, "/tmp/large-site-XXXXXX");
	if (mkdtemp(s->dir))
		return true;
	perror(s->dir);
	return false;
}

static void scratch_close(struct scratch *s)
{
	static const char *const names[] = {"rules", "site.yaml", "0", "1", "2", "3", "4", "5"};
	char path[96];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", s->dir, names[i]);
		unlink(path);
	}
	rmdir(s->dir);
}

/* A file of the scratch directory to write into. */
static FILE *scratch_file(const struct scratch *s, const char *name, const char *mode)
{
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	file = fopen(path, mode);
	if (!file)
		perror(path);
	return file;
}

/* Warnings are wanted: prefixes stand twice. Errors are not. */
static bool load(const struct scratch *s, const struct spec *spec, struct site *out)
{
	static char messages[65536];
	char path[96];
	int err;

	snprintf(path, sizeof(path), "%s/site.yaml", s->dir);
	diag_capture(messages, sizeof(messages));
	err = site_load(path, spec, out);
	diag_end();
	diag_capture(NULL, 0);
	if (err)
		printf("%s", messages);
	return !err;
}

/* --- rule sets -------------------------------------------------------------------------------- */

static const char edge[] = "tables: [lync2013-edge-nat, sfb-internal/ipsec-exceptions]\n"
			   "roles:\n"
			   "  access-edge: [203.0.113.10, \"2001:db8:16::10\"]\n"
			   "  av-edge: 203.0.113.12\n"
			   "  edge-internal: 172.25.33.10\n"
			   "  front-end: 128.0.0.0/6\n"
			   "  im-partners: 64.0.0.0/2\n";

bool large_rule_set(struct rng *rng, const struct spec *spec, const struct rule_set *set,
		    struct site *out)
{
	char command[512];
	struct scratch s;
	bool ok = false;
	FILE *file;

	if (!scratch_open(&s))
		return false;
	snprintf(command, sizeof(command),
		 "tests/bench/rules.py %s %u --seed %u >%s/rules && "
		 "scripts/import-classbench.py %s/rules --site rules --interface wan0=internet "
		 "--interface dmz0=dmz-external %s -o %s/site.yaml",
		 set->kind, set->rules, rng_below(rng, 1u << 31), s.dir, s.dir,
		 set->replies ? "--replies" : "", s.dir);
	if (system(command) != 0) {
		printf("failed: %s\n", command);
		goto out;
	}
	if (set->edge) {
		file = scratch_file(&s, "site.yaml", "a");
		if (!file)
			goto out;
		fputs(edge, file);
		if (fclose(file) != 0)
			goto out;
	}
	ok = load(&s, spec, out);
out:
	scratch_close(&s);
	return ok;
}

/* --- prefix lists ----------------------------------------------------------------------------- */

#define LISTS 6

static const char lists_site[] =
	"name: lists\n"
	"roles:\n"
	"  access-edge: [198.51.100.77, \"2001:db8:ffff::77\"]\n"
	"  im-partners: {file: 0}\n"
	"  messenger-clients: {file: 1}\n"
	"  front-end: {file: 2}\n"
	"  reverse-proxy: {file: 3}\n"
	"interfaces: {wan0: internet, dmz0: dmz-external, dmz1: dmz-internal, lan0: lan}\n"
	"rows:\n"
	"- {name: a, l4: tcp, ports: any, source: im-partners, destination: any}\n"
	"- {name: b, l4: tcp, ports: any, source: messenger-clients, destination: any, reply: no}\n"
	"- {name: c, l4: tcp, ports: any, source: front-end, destination: any}\n"
	"- {name: d, l4: tcp, ports: any, source: any, destination: reverse-proxy}\n"
	"- {name: e, l4: tcp, ports: any, source: {file: 4}, destination: any}\n"
	"- {name: f, l4: tcp, ports: any, source: any, reply: no,\n"
	"   destination: [{file: 5}, 192.0.2.0/24]}\n"
	"- {name: g, l4: tcp, ports: 1-65535, source: any, destination: im-partners, reply: yes}\n"
	"- {name: h, l4: tcp, ports: 1-65535, source: any, destination: messenger-clients}\n";

static void mask(struct prefix *p)
{
	for (unsigned bit = p->prefixlen; bit < 128; bit++)
		p->addr[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
}

/* ::ffff:0:0/96 and what is in it is no IPv6 address that a site may give. */
static bool is_mapped(const struct prefix *p)
{
	static const uint8_t head[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	return p->family == 6 && p->prefixlen >= 96 && memcmp(p->addr, head, 12) == 0;
}

/* One of a length: anywhere, or inside or around one that is there. */
static struct prefix draw_prefix(struct rng *rng, uint8_t family, unsigned len,
				 const struct prefix *other)
{
	struct prefix p = {.family = family};

	if (other && rng_percent(rng, 70))
		p = *other;
	for (unsigned bit = other ? p.prefixlen : 0; bit < (family == 4 ? 32 : 128); bit++)
		if (rng_percent(rng, 50))
			p.addr[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
	p.prefixlen = (uint8_t)len;
	mask(&p);
	return p;
}

static void write_prefix(FILE *to, const struct prefix *p)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(p->family == 4 ? AF_INET : AF_INET6, p->addr, text, sizeof(text));
	fprintf(to, "%s/%u\n", text, p->prefixlen);
}

/* One prefix into one list; now and then also into others, its neighbour, or once more. */
static unsigned give(struct rng *rng, FILE *const *lists, const struct prefix *p)
{
	struct prefix beside = *p;
	unsigned n = 1;

	write_prefix(lists[rng_below(rng, LISTS)], p);
	for (; rng_percent(rng, 20); n++)
		write_prefix(lists[rng_below(rng, LISTS)], p);
	if (p->prefixlen > 0 && rng_percent(rng, 25)) {
		beside.addr[(p->prefixlen - 1) / 8] ^= (uint8_t)(0x80u >> (p->prefixlen - 1) % 8);
		if (!is_mapped(&beside)) {
			write_prefix(lists[rng_below(rng, LISTS)], &beside);
			n++;
		}
	}
	return n;
}

static void give_all(struct rng *rng, FILE *const *lists, unsigned n)
{
	struct prefix some[2][64] = {0};
	unsigned n_some[2] = {0}, given = 0;

	/* an empty file is refused */
	for (unsigned i = 0; i < LISTS; i++)
		fputs("192.0.2.1\n", lists[i]);
	for (unsigned round = 0; given < n; round++) {
		unsigned at = round % 160, f = at < 32 ? 0 : 1, k = rng_below(rng, 64);
		const struct prefix *other = k < n_some[f] ? &some[f][k] : NULL;
		struct prefix p = draw_prefix(rng, f ? 6 : 4, f ? at - 31 : at + 1, other);

		if (is_mapped(&p))
			continue;
		given += give(rng, lists, &p);
		some[f][n_some[f] < 64 ? n_some[f]++ : k] = p;
	}
}

bool large_prefix_lists(struct rng *rng, const struct spec *spec, unsigned n, struct site *out)
{
	FILE *lists[LISTS] = {0}, *site;
	struct scratch s;
	bool ok;

	if (!scratch_open(&s))
		return false;
	site = scratch_file(&s, "site.yaml", "w");
	ok = site && fputs(lists_site, site) >= 0;
	for (unsigned i = 0; i < LISTS; i++) {
		char name[4];

		snprintf(name, sizeof(name), "%u", i);
		lists[i] = scratch_file(&s, name, "w");
		ok = ok && lists[i];
	}
	if (ok)
		give_all(rng, lists, n);
	for (unsigned i = 0; i < LISTS; i++)
		ok = !(lists[i] && fclose(lists[i]) != 0) && ok;
	ok = !(site && fclose(site) != 0) && ok;
	ok = ok && load(&s, spec, out);
	scratch_close(&s);
	return ok;
}
