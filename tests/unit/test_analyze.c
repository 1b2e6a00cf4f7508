// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the analysis says of rows and addresses, on a spec and a site small enough to check by eye;
 * and frames.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <arpa/inet.h>

#include <cmocka.h>

#include "../../loader/policy/addr.h"
#include "../../loader/policy/analyze.h"
#include "../../loader/policy/frame.h"
#include "../../loader/policy/site.h"
#include "../../loader/policy/spec.h"
#include "../../bpf/parse.h"

static const char roles_csv[] = "name,title,side,protected,member_of,stand_in,aliases\n"
				"edge,Edge,dmz-external,yes,,,\n"
				"proxy,Proxy,dmz-external,yes,,edge,\n"
				"servers,Servers,lan,yes,,,\n"
				"web,Web,lan,yes,servers,,\n"
				"idle,Idle,lan,yes,,,\n"
				"clients,Clients,internet,no,,,\n";

static const char tables_csv[] = "table,kind,title\n"
				 "doc/one,ports,One\n"
				 "doc/notes,annotation,Notes\n";

#define ROWS_TITLE "row,role,service,app,l4,source_ports,ports,source,destination,narrow_to,note\n"

static const char one_csv[] =
	ROWS_TITLE "1,edge,A,SIP,tcp,any,443,any,edge,,\n"
		   "2,proxy,B,SIP,tcp,any,443,any,proxy,,same addresses by stand-in\n"
		   "3,edge,C,SIP,tcp,any,443,clients,edge,,more precise than 1\n"
		   "4,edge,D,SIP,tcp,any,5061,any,edge,,\n"
		   "5,idle,E,SIP,tcp,any,443,any,idle,,inactive\n"
		   "6,web,F,HTTP,tcp,any,80,any,web,,not from the internet\n"
		   "7,web,G,HTTP,tcp,any,80,servers,web,,a group's member\n"
		   "8,idle,E,SIP,tcp,any,443,any,idle,,inactive twin\n"
		   "9,edge,H,SIP,udp,any,443,any,edge,,other protocol\n";

static const char notes_csv[] = ROWS_TITLE "1,edge,N,,tcp+udp,any,any,any,edge,,\n";

static const char site_yaml[] = "name: t\n"
				"mode: monitor\n"
				"tables: [doc/one, doc/notes]\n"
				"roles:\n"
				"  edge: [192.0.2.1, \"2001:db8::1\"]\n"
				"  web: 198.51.100.0/28\n"
				"  clients: 0.0.0.0/0\n"
				"interfaces: {wan0: internet}\n";

enum { ONE = 0, NOTES = 9 }; /* index of a table's row 0 + 1 */

static struct world {
	char dir[64];
	struct spec spec;
	struct site site;
	struct policy policy;
	struct nic *nics;
	size_t n_nics;
	struct compiled compiled;
	struct analysis analysis;
} w;

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", w.dir, name);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static int setup(void **state)
{
	char path[128];

	(void)state;
	strcpy(w.dir, "/tmp/test_analyze.XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	snprintf(path, sizeof(path), "%s/doc", w.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	put("roles.csv", roles_csv);
	put("tables.csv", tables_csv);
	put("doc/one.csv", one_csv);
	put("doc/notes.csv", notes_csv);
	put("site.yaml", site_yaml);
	assert_int_equal(spec_load(w.dir, &w.spec), 0);
	snprintf(path, sizeof(path), "%s/site.yaml", w.dir);
	assert_int_equal(site_load(path, &w.spec, &w.site), 0);
	assert_int_equal(policy_resolve(&w.spec, &w.site, &w.policy), 0);
	assert_int_equal(nics_from_site(&w.site, &w.nics, &w.n_nics), 0);
	assert_int_equal(policy_compile(&w.policy, w.nics, w.n_nics, 0, &w.compiled), 0);
	assert_int_equal(policy_analyze(&w.policy, &w.compiled, &w.analysis), 0);
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"doc/one.csv", "doc/notes.csv", "doc", "roles.csv",
					    "tables.csv",  "site.yaml",	    ""};

	(void)state;
	analysis_free(&w.analysis);
	compiled_free(&w.compiled);
	nics_free(w.nics, w.n_nics);
	policy_free(&w.policy);
	site_free(&w.site);
	spec_free(&w.spec);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", w.dir, names[i]);
		remove(path);
	}
	return 0;
}

static const struct row_report *one(int n)
{
	return &w.analysis.rows[ONE + n - 1];
}

static void expect_list(const struct row_list *list, size_t n, ...)
{
	va_list args;

	assert_int_equal(list->n, n);
	va_start(args, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(list->v[i], ONE + va_arg(args, int) - 1);
	va_end(args);
}

static void test_same_as(void **state)
{
	(void)state;
	assert_int_equal(w.policy.n_rows, 10);
	assert_int_equal(one(1)->same_as, -1);
	assert_int_equal(one(2)->same_as, ONE); /* proxy's addresses are edge's */
	assert_int_equal(one(3)->same_as, -1);	/* another source */
	assert_int_equal(one(4)->same_as, -1);	/* another port */
	assert_int_equal(one(5)->same_as, -1);
	assert_int_equal(one(8)->same_as, ONE + 5 - 1);
	assert_int_equal(one(9)->same_as, -1); /* another protocol */
	/* the group holds what its one member holds, but the source of 6 is any */
	assert_int_equal(one(7)->same_as, -1);
}

static void test_overlaps(void **state)
{
	(void)state;
	expect_list(&one(1)->overlaps, 2, 2, 3);
	expect_list(&one(2)->overlaps, 2, 1, 3);
	expect_list(&one(3)->overlaps, 2, 1, 2);
	/*
	 * 443 > 5061 would be a reply of 1 and forward of 4, but with an edge as source: spoofed
	 * here
	 */
	expect_list(&one(4)->overlaps, 0);
	expect_list(&one(5)->overlaps, 0);
	expect_list(&one(9)->overlaps, 0);
	expect_list(&w.analysis.rows[NOTES].overlaps, 0); /* annotations apart */
}

static void test_shadowed_by(void **state)
{
	(void)state;
	assert_true(one(1)->atoms > 0);
	expect_list(&one(1)->shadowed_by, 0);
	assert_int_equal(one(2)->atoms, 0);
	assert_true(one(2)->seen);
	expect_list(&one(2)->shadowed_by, 2, 1, 3);
	expect_list(&one(3)->shadowed_by, 0);
	expect_list(&one(5)->shadowed_by, 0);
	expect_list(&w.analysis.rows[NOTES].shadowed_by, 0);
}

static void test_seen(void **state)
{
	(void)state;
	assert_true(one(1)->seen);
	assert_false(one(5)->seen);
	assert_false(
		one(6)->seen); /* `any` opposite an inner address, entering from the internet */
	assert_false(one(7)->seen); /* its source would be spoofed here */
	assert_true(w.analysis.rows[NOTES].seen);
}

static void expect_address(const char *text, const char *roles_wanted, unsigned sides_wanted)
{
	bool roles[8];
	char got[128] = "";
	uint8_t addr[16];
	int family = strchr(text, ':') ? 6 : 4;

	assert_int_equal(inet_pton(family == 4 ? AF_INET : AF_INET6, text, addr), 1);
	address_roles(&w.policy, family, addr, roles);
	for (size_t i = 0; i < w.spec.n_roles; i++) {
		if (roles[i]) {
			strcat(got, w.spec.roles[i].name);
			strcat(got, " ");
		}
	}
	assert_string_equal(got, roles_wanted);
	assert_int_equal(address_sides(&w.policy, family, addr, roles), sides_wanted);
}

static void test_addresses(void **state)
{
	(void)state;
	/* a stand-in gives the role, no side beyond that of the role whose addresses they are */
	expect_address("192.0.2.1", "edge proxy ", 1u << XE_SIDE_DMZ_EXTERNAL);
	expect_address("2001:db8::1", "edge proxy ", 1u << XE_SIDE_DMZ_EXTERNAL);
	expect_address("2001:db8::2", "", 0);
	/* a member's address is the group's too; clients, unprotected, do not count there */
	expect_address("198.51.100.15", "servers web ", 1u << XE_SIDE_LAN);
	expect_address("198.51.100.16", "clients ", 1u << XE_SIDE_INTERNET);
}

static void test_roles_in_use(void **state)
{
	(void)state;
	assert_true(role_is_used(&w.policy, spec_role(&w.spec, "edge")));
	assert_true(role_is_used(&w.policy, spec_role(&w.spec, "web")));
	assert_true(role_is_used(&w.policy, spec_role(&w.spec, "clients")));
	assert_true(role_is_used(&w.policy, spec_role(&w.spec, "idle")));
}

static void test_shared_addresses(void **state)
{
	struct prefix_list *web = &w.site.role_prefixes[spec_role(&w.spec, "web")];
	struct shared_address *shared;
	struct prefix edge_too;
	const char *why;
	char text[64];
	size_t n;

	(void)state;
	assert_int_equal(policy_shared_addresses(&w.policy, &shared, &n), 0);
	assert_int_equal(n, 0); /* clients hold them all, but are not protected */
	free(shared);

	assert_int_equal(prefix_parse("192.0.2.0/24", &edge_too, &why), 0);
	assert_int_equal(prefix_list_add(web, &edge_too), 0);
	assert_int_equal(policy_shared_addresses(&w.policy, &shared, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(shared[0].role, spec_role(&w.spec, "edge"));
	assert_int_equal(shared[0].other, spec_role(&w.spec, "web"));
	prefix_text(&shared[0].prefix, text, sizeof(text));
	assert_string_equal(text, "192.0.2.1");
	free(shared);
}

/* --- many rows, made up: only what analysis looks at is there ----------------------------------
 */

static uint64_t seed = 1;

static unsigned draw(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

struct crowd {
	struct row *written;
	struct policy policy;
	struct compiled compiled;
	struct analysis analysis;
};

static struct port_set ports[3];
static int role_sets[4][2] = {{0}, {1}, {3}, {0, 1}};
static struct prefix_list literals[3];

static struct end draw_end(void)
{
	unsigned which = draw(8), n = which == 3 ? 2 : 1;

	if (which < 4)
		return (struct end){.kind = END_ROLES, .roles = role_sets[which], .n_roles = n};
	if (which < 7)
		return (struct end){.kind = END_PREFIXES, .prefixes = literals[which - 4]};
	return (struct end){.kind = END_ANY};
}

/* `n_large` of the atoms match half of all rows. */
static void crowd_make(struct crowd *c, size_t n_rows, size_t n_atoms, size_t n_large)
{
	struct effective_row *rows = calloc(n_rows, sizeof(*rows));
	size_t room = n_large * n_rows + n_atoms * 8;

	*c = (struct crowd){.policy = w.policy};
	c->written = calloc(n_rows, sizeof(*c->written));
	c->policy.rows = rows;
	c->policy.n_rows = n_rows;
	c->compiled.atoms = calloc(n_atoms, sizeof(*c->compiled.atoms));
	c->compiled.matches = calloc(room, sizeof(*c->compiled.matches));
	c->compiled.n_atoms = n_atoms;
	for (size_t i = 0; i < n_rows; i++) {
		c->written[i].l4 = draw(2) ? L4_TCP : L4_UDP;
		rows[i] = (struct effective_row){.row = &c->written[i],
						 .source = draw_end(),
						 .destination = draw_end(),
						 .ports = ports[draw(3)],
						 .source_ports = ports[0],
						 .active = true,
						 .annotation = draw(20) == 0,
						 .forward_only = draw(2)};
	}
	for (size_t i = 0; i < n_atoms; i++) {
		struct xe_atom *atom = &c->compiled.atoms[i];
		size_t step = i < n_large ? 2 : n_rows / 7 + 1;

		atom->row = XE_NO_ROW;
		atom->first_match = c->compiled.n_matches;
		for (size_t row = draw((unsigned)step); row < n_rows;
		     row += 1 + draw(2 * (unsigned)step - 1)) {
			c->compiled.matches[c->compiled.n_matches++].row = row;
			atom->n_matches++;
			/* rows by threes never decide */
			if (atom->row == XE_NO_ROW && !rows[row].annotation && row % 3)
				atom->row = row;
			assert_true(c->compiled.n_matches < room);
		}
	}
	assert_int_equal(policy_analyze(&c->policy, &c->compiled, &c->analysis), 0);
}

static void crowd_free(struct crowd *c)
{
	analysis_free(&c->analysis);
	free(c->written);
	free(c->policy.rows);
	free(c->compiled.atoms);
	free(c->compiled.matches);
}

static void expect_marked(const struct row_list *list, const bool *marked, size_t n_rows)
{
	size_t total = 0;

	for (size_t i = 0; i < n_rows; i++) {
		if (!marked[i])
			continue;
		if (total < ROW_LIST_MAX)
			assert_int_equal(list->v[total], i);
		total++;
	}
	assert_int_equal(list->total, total);
	assert_int_equal(list->n, total < ROW_LIST_MAX ? total : ROW_LIST_MAX);
}

/* One row's lists, atom by atom. */
static void expect_row(const struct crowd *c, size_t row)
{
	const struct row_report *report = &c->analysis.rows[row];
	bool *overlaps = calloc(c->policy.n_rows, 1), *shadows = calloc(c->policy.n_rows, 1);
	bool seen = false;
	size_t decides = 0;

	for (size_t i = 0; i < c->compiled.n_atoms; i++) {
		const struct xe_atom *atom = &c->compiled.atoms[i];
		const struct xe_match *matches = c->compiled.matches + atom->first_match;
		bool in = false;

		for (size_t j = 0; j < atom->n_matches; j++)
			in |= matches[j].row == row;
		decides += atom->row == row;
		seen |= in;
		if (!in || c->policy.rows[row].annotation)
			continue;
		for (size_t j = 0; j < atom->n_matches; j++)
			overlaps[matches[j].row] |=
				matches[j].row != row && !c->policy.rows[matches[j].row].annotation;
		if (atom->row != XE_NO_ROW)
			shadows[atom->row] = true;
	}
	if (decides)
		memset(shadows, 0, c->policy.n_rows);
	assert_int_equal(report->seen, seen);
	assert_int_equal(report->atoms, decides);
	expect_marked(&report->overlaps, overlaps, c->policy.n_rows);
	expect_marked(&report->shadowed_by, shadows, c->policy.n_rows);
	free(overlaps);
	free(shadows);
}

static bool same_end(const struct end *a, const struct end *b)
{
	if (a->kind != b->kind)
		return false;
	/* proxy has no address of its own: edge's stand in */
	if (a->kind == END_ROLES)
		return a->roles[0] <= 1 ? b->roles[0] <= 1 : a->roles[0] == b->roles[0];
	return a->kind == END_ANY || a->prefixes.v == b->prefixes.v;
}

static long first_same(const struct policy *policy, size_t row)
{
	const struct effective_row *a = &policy->rows[row];

	for (size_t i = 0; i < row; i++) {
		const struct effective_row *b = &policy->rows[i];

		if (a->row->l4 == b->row->l4 && a->annotation == b->annotation &&
		    a->forward_only == b->forward_only && a->ports.v == b->ports.v &&
		    same_end(&a->source, &b->source) && same_end(&a->destination, &b->destination))
			return (long)i;
	}
	return -1;
}

static void test_many_rows(void **state)
{
	static const char *const texts[3] = {"192.0.2.1", "192.0.2.0/24", "2001:db8::/32"};
	const char *why;
	struct crowd c;

	(void)state;
	assert_int_equal(port_set_parse("any", &ports[0], &why), 0);
	assert_int_equal(port_set_parse("80", &ports[1], &why), 0);
	assert_int_equal(port_set_parse("80,443", &ports[2], &why), 0);
	for (int i = 0; i < 3; i++) {
		struct prefix prefix;

		assert_int_equal(prefix_parse(texts[i], &prefix, &why), 0);
		assert_int_equal(prefix_list_add(&literals[i], &prefix), 0);
	}

	crowd_make(&c, 700, 400, 3);
	for (size_t row = 0; row < 700; row++) {
		expect_row(&c, row);
		assert_int_equal(c.analysis.rows[row].same_as, first_same(&c.policy, row));
	}
	crowd_free(&c);

	/* more than one round's worth of bits */
	crowd_make(&c, 40000, 3000, 2);
	for (size_t row = draw(100); row < 40000; row += 1 + draw(700))
		expect_row(&c, row);
	expect_row(&c, 39999);
	crowd_free(&c);

	for (int i = 0; i < 3; i++) {
		port_set_free(&ports[i]);
		prefix_list_free(&literals[i]);
	}
}

/* --- frames: the program's parser reads back what was put in --------------------------------- */

static void expect_frame(struct tuple tuple, int len, uint32_t l4)
{
	uint8_t frame[FRAME_MAX];
	struct cursor cursor = {.pos = frame};
	struct flow flow = {};
	__be16 type = 0;

	assert_int_equal(frame_build(&tuple, frame, sizeof(frame)), len);
	cursor.end = frame + len;
	assert_int_equal(parse_link(&cursor, &flow, &type), PARSE_OK);
	assert_int_equal(parse_network(&cursor, &flow, type), PARSE_OK);
	assert_int_equal(flow.family, tuple.family);
	assert_int_equal(flow.proto, tuple.proto);
	assert_int_equal(flow.l4, l4);
	if (tuple.family == 4) {
		assert_int_equal(ntohl(flow.saddr4), 0xc0000201);
		assert_int_equal(ntohl(flow.daddr4), 0xc6336402);
	} else {
		assert_int_equal(flow.saddr6.hi, 0x20010db800000000);
		assert_int_equal(flow.saddr6.lo, 1);
		assert_int_equal(flow.daddr6.lo, 2);
	}
	if (l4 <= XE_L4_UDP) {
		assert_int_equal(ntohs(flow.sport), tuple.sport);
		assert_int_equal(ntohs(flow.dport), tuple.dport);
	}
	assert_int_equal(frame_build(&tuple, frame, len - 1), -22);
}

static struct tuple tuple_of(int family, uint8_t proto, bool syn)
{
	struct tuple tuple = {
		.family = family, .proto = proto, .sport = 40000, .dport = 443, .syn = syn};

	inet_pton(family == 4 ? AF_INET : AF_INET6, family == 4 ? "192.0.2.1" : "2001:db8::1",
		  tuple.saddr);
	inet_pton(family == 4 ? AF_INET : AF_INET6, family == 4 ? "198.51.100.2" : "2001:db8::2",
		  tuple.daddr);
	return tuple;
}

static void test_frames(void **state)
{
	(void)state;
	expect_frame(tuple_of(4, IPPROTO_TCP, false), 54, XE_L4_TCP);
	expect_frame(tuple_of(4, IPPROTO_TCP, true), 54, XE_L4_TCP_SYN);
	expect_frame(tuple_of(4, IPPROTO_UDP, false), 42, XE_L4_UDP);
	expect_frame(tuple_of(4, IPPROTO_ESP, false), 34, XE_L4_ESP);
	expect_frame(tuple_of(4, IPPROTO_ICMP, false), 34, XE_L4_OTHER);
	expect_frame(tuple_of(6, IPPROTO_TCP, false), 74, XE_L4_TCP);
	expect_frame(tuple_of(6, IPPROTO_TCP, true), 74, XE_L4_TCP_SYN);
	expect_frame(tuple_of(6, IPPROTO_UDP, false), 62, XE_L4_UDP);
	expect_frame(tuple_of(6, IPPROTO_ICMPV6, false), 54, XE_L4_OTHER);
}

/* Whatever a sum covers adds up to 0xffff together with it (RFC 1071). */
static uint16_t sum_words(const uint8_t *data, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i += 2)
		sum += data[i] << 8 | data[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void test_checksums(void **state)
{
	uint8_t frame[FRAME_MAX];
	struct tuple tuple = tuple_of(4, IPPROTO_TCP, true);

	(void)state;
	assert_int_equal(frame_build(&tuple, frame, sizeof(frame)), 54);
	assert_int_equal(sum_words(frame + 14, 20, 0), 0xffff);
	assert_int_equal(sum_words(frame + 26, 28, IPPROTO_TCP + 20), 0xffff);
	tuple = tuple_of(6, IPPROTO_UDP, false);
	assert_int_equal(frame_build(&tuple, frame, sizeof(frame)), 62);
	assert_int_equal(sum_words(frame + 22, 40, IPPROTO_UDP + 8), 0xffff);
	tuple.family = 5;
	assert_int_equal(frame_build(&tuple, frame, sizeof(frame)), -22);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_shadowed_by),
		cmocka_unit_test(test_seen),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_roles_in_use),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_checksums),
		cmocka_unit_test(test_many_rows),
		cmocka_unit_test(test_shared_addresses), /* last: it changes the site */
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
