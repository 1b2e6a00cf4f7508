// SPDX-License-Identifier: GPL-2.0-only
/*
 * Effective rows: order, stand-ins, narrowing, the site's ports, what is inactive and why; the
 * example sites.
 */
#include "input.h"

#include <errno.h>

#include "policy/addr.h"
#include "policy/resolve.h"
#include "policy/row_text.h"
#include "policy/site.h"
#include "policy/spec.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct spec small, shipped;
static struct site site;
static struct policy policy;

static int setup(void **state)
{
	if (input_setup(state))
		return -1;
	return spec_load(input_path("tests/fixtures/spec/small"), &small) ||
	       spec_load(input_path("maps/spec"), &shipped);
}

static int teardown(void **state)
{
	spec_free(&small);
	spec_free(&shipped);
	return input_teardown(state);
}

/* A site of the small spec, resolved. */
static void resolve(const char *text)
{
	char whole[4096];

	snprintf(whole, sizeof(whole), "name: s\ninterfaces: {wan0: internet}\n%s", text);
	input_write("f", whole, strlen(whole));
	assert_int_equal(site_load("f", &small, &site), 0);
	assert_int_equal(policy_resolve(&small, &site, &policy), 0);
}

static void done(void)
{
	policy_free(&policy);
	site_free(&site);
}

static const struct effective_row *row(const char *id)
{
	for (size_t i = 0; i < policy.n_rows; i++) {
		if (strcmp(policy.rows[i].row->id, id) == 0)
			return &policy.rows[i];
	}
	fail_msg("no row %s", id);
	return NULL;
}

static void assert_ports(const struct port_set *set, const char *expected)
{
	char text[64];

	port_set_text(set, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void assert_end(const struct end *end, const char *expected)
{
	char text[128];

	end_text(&small, end, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void assert_ports_text(const char *id, size_t size, const char *expected)
{
	char text[128];

	memset(text, '#', sizeof(text));
	effective_ports_text(row(id), text, size);
	assert_string_equal(text, expected);
	assert_true(strlen(text) < size);
	assert_int_equal(text[size], '#');
}

/* Inactive rows name the role to give an address to; NULL: active. */
static void assert_missing(const char *id, const char *role)
{
	const struct effective_row *r = row(id);

	assert_int_equal(r->active, !role);
	assert_int_equal(r->missing, role ? spec_role(&small, role) : -1);
}

static void assert_verdict(const char *id, const char *expected)
{
	char text[VERDICT_TEXT_MAX];

	verdict_text(&row(id)->verdict, text);
	assert_string_equal(text, expected);
}

/* --- rows ------------------------------------------------------------------------------------- */

static void own_rows_come_first(void **state)
{
	static const char *const ids[] = {
		"site/rows/b",	 "site/rows/a",	  "alpha/inner/1", "alpha/inner/2", "alpha/inner/3",
		"alpha/inner/4", "alpha/inner/5", "alpha/inner/6", "beta/notes/1",  "alpha/outer/1",
		"alpha/outer/2", "alpha/outer/3", "alpha/outer/5", "alpha/outer/6"};

	(void)state;
	resolve("tables: [alpha/inner, beta, alpha/outer]\nroles: {public: 10.0.0.1}\n"
		"rows:\n- {name: b, l4: any, source: any, destination: any}\n"
		"- {name: a, l4: any, source: any, destination: any}\n");
	assert_int_equal(policy.n_rows, COUNT(ids));
	for (size_t i = 0; i < COUNT(ids); i++)
		assert_string_equal(policy.rows[i].row->id, ids[i]);
	assert_true(row("beta/notes/1")->annotation);
	assert_false(row("alpha/outer/1")->annotation);
	assert_false(row("site/rows/a")->annotation);
	done();
}

static void kinds_of_rows(void **state)
{
	(void)state;
	resolve("tables: alpha\nroles: {public: 10.0.0.1}\n"
		"rows:\n- {name: far, l4: udp, ports: 1-9, source: any, destination: 192.0.2.1}\n"
		"- {name: near, l4: udp, ports: any, source: any, destination: users}\n"
		"- {name: one, l4: udp, ports: 9, source: any, destination: users}\n"
		"- {name: both, l4: udp, ports: 1-9, source: phones, destination: users}\n"
		"- {name: yes, l4: udp, ports: any, source: any, destination: users, reply: yes}\n"
		"- {name: no, l4: tcp, ports: 9, source: users, destination: 192.0.2.1, reply: "
		"no}\n"
		"- {name: dhcp, l4: udp, app: DHCP, ports: \"67,68\", source: users,\n"
		"   destination: public, reply: no}\n");
	assert_true(row("alpha/inner/3")->dhcp);
	assert_true(row("alpha/inner/3")->client_is_source);
	assert_false(row("alpha/inner/3")->forward_only);
	assert_true(row("alpha/inner/6")->dhcp);
	assert_false(row("alpha/inner/6")->client_is_source);
	assert_false(row("alpha/inner/6")->forward_only); /* but for DHCP it would be */
	assert_false(row("alpha/inner/1")->dhcp);
	assert_true(row("alpha/outer/6")->forward_only);
	assert_false(row("alpha/outer/2")->forward_only); /* protected */
	assert_false(row("site/rows/far")->forward_only); /* no role */
	assert_true(row("site/rows/near")->forward_only);
	assert_false(row("site/rows/one")->forward_only);  /* one port */
	assert_false(row("site/rows/both")->forward_only); /* source named */
	assert_false(row("site/rows/yes")->forward_only);  /* the operator's word */
	assert_true(row("site/rows/no")->forward_only);
	assert_true(row("site/rows/dhcp")->forward_only);
	assert_true(row("site/rows/dhcp")->dhcp);
	done();
}

/* --- roles ------------------------------------------------------------------------------------ */

static void members_and_groups(void **state)
{
	(void)state;
	resolve("tables: alpha\nroles: {deep: 10.0.0.1}\n");
	assert_true(policy.holds[spec_role(&small, "deep")]);
	assert_true(policy.holds[spec_role(&small, "inner")]);
	assert_true(policy.holds[spec_role(&small, "group")]);
	assert_false(policy.holds[spec_role(&small, "other")]);
	assert_false(policy.holds[spec_role(&small, "public")]);
	assert_int_equal(policy.own[spec_role(&small, "inner")]->n, 0);
	assert_int_equal(policy.own[spec_role(&small, "deep")]->n, 1);
	assert_missing("alpha/inner/1", NULL);
	assert_missing("alpha/inner/5", NULL);
	assert_missing("alpha/inner/3", "phones");
	assert_missing("alpha/outer/1", "public");
	assert_missing("alpha/outer/6", "users");
	done();
	/* The group's own address says nothing of its members. */
	resolve("tables: alpha\nroles: {group: 10.0.0.1}\n");
	assert_missing("alpha/inner/1", "inner");
	assert_missing("alpha/inner/5", "deep");
	done();
}

static void stand_ins(void **state)
{
	int proxy = spec_role(&small, "proxy"), public = spec_role(&small, "public");
	int backup = spec_role(&small, "backup"), phones = spec_role(&small, "phones");

	(void)state;
	resolve("tables: alpha\nroles: {public: 10.0.0.1, other: 10.0.0.2, deep: 10.0.0.3}\n");
	assert_int_equal(policy.stand_in[proxy], public);
	assert_int_equal(policy.stand_in[public], -1);
	assert_int_equal(policy.own[proxy]->n, 1);
	assert_true(policy.holds[proxy]);
	assert_missing("alpha/outer/5", NULL);
	/* A group stands in with all that it holds. */
	assert_int_equal(policy.stand_in[backup], spec_role(&small, "group"));
	assert_int_equal(policy.own[backup]->n, 2);
	/* A stand-in that holds nothing itself is none. */
	assert_int_equal(policy.stand_in[phones], -1);
	assert_false(policy.holds[phones]);
	assert_missing("alpha/inner/3", "phones");
	done();
	resolve("tables: alpha\nroles: {public: 10.0.0.1, proxy: 10.0.0.2}\n");
	assert_int_equal(policy.stand_in[proxy], -1);
	assert_ptr_equal(policy.own[proxy], &site.role_prefixes[proxy]);
	done();
}

/* --- narrowing -------------------------------------------------------------------------------- */

static void narrowing(void **state)
{
	(void)state;
	resolve("tables: alpha\nroles: {inner: 10.0.0.1, users: 10.0.0.2}\n");
	assert_end(&row("alpha/inner/1")->source, "any");
	assert_end(&row("alpha/inner/2")->destination, "any");
	done();
	resolve("tables: alpha\nroles: {inner: 10.0.0.1, users: 10.0.0.2}\nnarrow: yes\n");
	assert_end(&row("alpha/inner/1")->source, "group,users");
	assert_end(&row("alpha/inner/1")->destination, "inner");
	assert_missing("alpha/inner/1", NULL);
	assert_end(&row("alpha/outer/1")->source, "any");
	/* None of them holds anything: the first is missing. */
	assert_missing("alpha/inner/2", "deep");
	done();
	/* Only those that hold something make the union. */
	resolve("tables: alpha\nroles: {inner: 10.0.0.1}\nnarrow: [alpha/inner/1]\n");
	assert_end(&row("alpha/inner/1")->source, "group");
	assert_end(&row("alpha/inner/2")->destination, "any");
	done();
	resolve("tables: alpha\nroles: {inner: 10.0.0.1, other: 10.0.0.2}\nnarrow: alpha/inner\n");
	assert_end(&row("alpha/inner/1")->source, "group");
	assert_end(&row("alpha/inner/2")->destination, "other");
	assert_missing("alpha/inner/2", NULL);
	done();
}

/* --- ports ------------------------------------------------------------------------------------ */

static void site_ports(void **state)
{
	(void)state;
	resolve("tables: alpha\nroles: {public: 10.0.0.1}\n"
		"ports: {public: 50000-50999, alpha/outer/3: 52000-52999}\n"
		"rows:\n- {name: range, l4: udp, ports: 1-9, source: any, destination: public}\n"
		"- {name: one, l4: udp, ports: 9, source: any, destination: public}\n"
		"- {name: all, l4: udp, ports: any, source: any, destination: public}\n");
	assert_ports(&row("alpha/outer/1")->ports, "443");	   /* a single port stays */
	assert_ports(&row("alpha/outer/2")->ports, "50000-50999"); /* by role */
	assert_ports(&row("alpha/outer/3")->ports, "52000-52999"); /* by id, which wins */
	assert_ports(&row("alpha/outer/5")->ports, "5269");	   /* another role */
	assert_ports(&row("site/rows/range")->ports, "50000-50999");
	assert_ports(&row("site/rows/one")->ports, "9");
	assert_ports(&row("site/rows/all")->ports, "any");
	assert_int_equal(row("alpha/outer/2")->match, MATCH_DESTINATION);
	done();

	resolve("tables: alpha\nroles: {public: 10.0.0.1}\n"
		"ports:\n  public: {match: either}\n  alpha/outer/1: {match: source}\n"
		"  alpha/outer/3: {ports: 7-8, match: source}\n");
	assert_int_equal(row("alpha/outer/2")->match, MATCH_EITHER);
	assert_ports(&row("alpha/outer/2")->ports, "50000-59999");
	assert_ports(&row("alpha/outer/2")->source_ports, "any");
	assert_int_equal(row("alpha/outer/1")->match, MATCH_DESTINATION);
	assert_ports(&row("alpha/outer/1")->source_ports, "443");
	assert_ports(&row("alpha/outer/1")->ports, "any");
	assert_ports(&row("alpha/outer/3")->source_ports, "7,8");
	assert_ports(&row("alpha/outer/3")->ports, "any");
	assert_int_equal(row("alpha/outer/5")->match, MATCH_DESTINATION);
	done();

	/* 67,68 of DHCP is no range of a product; what a row says of source ports stays. */
	resolve("tables: alpha\nroles: {users: 10.0.0.1}\nports: {users: 5-9, inner: 6-7}\n");
	assert_ports(&row("alpha/inner/6")->ports, "67,68");
	assert_ports(&row("alpha/outer/6")->ports, "5-9");
	assert_true(row("alpha/outer/6")->forward_only);
	assert_ports(&row("alpha/inner/4")->ports, "6,7");
	assert_ports(&row("alpha/inner/4")->source_ports, "1024-65535");
	done();

	/* Forward-only is told from the row as written. */
	resolve("tables: alpha\nroles: {users: 10.0.0.1}\nports: {users: 9}\n");
	assert_ports(&row("alpha/outer/6")->ports, "9");
	assert_true(row("alpha/outer/6")->forward_only);
	done();
}

/* Which port is limited is part of the text, or `match: source` would look like `any`. */
static void texts_of_ports(void **state)
{
	char long_ports[700] = "";
	char text[2 * sizeof(long_ports) + 200];

	(void)state;
	resolve("tables: alpha\nroles: {public: 10.0.0.1, users: 10.0.0.2}\n"
		"ports:\n  alpha/outer/1: {ports: 50000-50999, match: source}\n"
		"  alpha/outer/3: {ports: 50000-50999, match: either}\n");
	assert_ports_text("alpha/outer/1", 120, "from 50000-50999");
	assert_ports_text("alpha/outer/2", 120, "50000-59999");
	assert_ports_text("alpha/outer/3", 120, "50000-50999 either way");
	assert_ports_text("alpha/inner/4", 120, "60000-60999 from 1024-65535");
	assert_ports_text("alpha/inner/3", 120, "67,68"); /* both ends */
	assert_ports_text("alpha/inner/6", 120, "67,68");
	/* too little room takes from the sets first, and never more than there is */
	assert_ports_text("alpha/outer/1", 16, "from …");
	for (size_t size = 1; size < 24; size++) {
		static const char *const ids[] = {"alpha/outer/1", "alpha/outer/3",
						  "alpha/inner/4"};

		for (size_t i = 0; i < COUNT(ids); i++) {
			memset(text, '#', sizeof(text));
			effective_ports_text(row(ids[i]), text, size);
			assert_true(strlen(text) < size);
			assert_int_equal(text[size], '#');
		}
	}
	done();

	for (unsigned i = 1; i <= 100; i++)
		sprintf(long_ports + strlen(long_ports), "%s%u", i > 1 ? "," : "", 2 * i);
	snprintf(text, sizeof(text),
		 "tables: alpha\nroles: {public: 10.0.0.1}\nports:\n"
		 "  alpha/inner/4: [%s]\n  alpha/outer/3: {ports: [%s], match: either}\n",
		 long_ports, long_ports);
	resolve(text);
	effective_ports_text(row("alpha/inner/4"), text, 128);
	assert_memory_equal(text, "2,4,6,8,", 8);
	assert_non_null(strstr(text, "… from 1024-65535"));
	effective_ports_text(row("alpha/outer/3"), text, 128);
	assert_non_null(strstr(text, "… either way"));
	assert_true(strlen(text) > 110 && strlen(text) < 128);
	done();
}

/* --- order ------------------------------------------------------------------------------------ */

static void order_of_the_match_set(void **state)
{
	static const struct {
		const char *id;
		unsigned named_ends, depth;
		uint64_t width;
	} cases[] = {
		{"alpha/outer/1", 1, 0, 65536},
		{"alpha/outer/2", 1, 0, 65536ull * 1000},  /* either: sport or dport */
		{"alpha/outer/3", 1, 0, 65536ull * 10000}, /* source: the same many pairs */
		{"alpha/inner/1", 2, 1 + 0, 65536},	   /* union: its least depth */
		{"alpha/inner/2", 2, 1 + 1, 65536},
		{"alpha/inner/3", 1, 0, 4},
		{"alpha/inner/4", 1, 1, 64512ull * 1000},
		{"alpha/inner/5", 2, 2 + 0, 65536},
		{"site/rows/literal", 2, 3 + 2, 65536},
		{"site/rows/wide", 0, 0, 65536ull * 65536},
	};

	(void)state;
	resolve("tables: alpha\nnarrow: yes\n"
		"roles: {public: 10.0.0.1, deep: 10.0.0.2, other: 10.0.0.3, users: 10.0.0.4, "
		"phones: 10.0.0.5}\n"
		"ports: {alpha/outer/2: {ports: 50000-50999, match: either}, "
		"alpha/outer/3: {match: source}}\n"
		"rows:\n- {name: literal, l4: tcp, ports: 1, source: 192.0.2.1, destination: "
		"deep}\n"
		"- {name: wide, l4: any, source: any, destination: any}\n");
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct effective_row *r = row(cases[i].id);

		assert_int_equal(r->named_ends, cases[i].named_ends);
		assert_int_equal(r->depth, cases[i].depth);
		assert_int_equal(r->width, cases[i].width);
	}
	done();
}

/* Row before table before role; rows of one's own: what they say themselves before their role. */
static void verdicts_by_precedence(void **state)
{
	static const struct {
		const char *id, *verdict;
	} cases[] = {
		{"alpha/outer/1", "allow"},			   /* row */
		{"alpha/outer/2", "limit 5/s burst 5 per source"}, /* table */
		{"alpha/outer/5", "limit 5/s burst 5 per source"},
		{"alpha/inner/1", "limit 9/m burst 2 per source, every packet"}, /* role inner */
		{"alpha/inner/3", "deny"},					 /* role phones */
		{"alpha/inner/5", "allow"}, /* deep is a member of inner: that is another role */
		{"beta/notes/1", "allow"},  /* annotations have none, its role has */
		{"site/rows/own", "allow"},
		{"site/rows/says-allow", "allow"},
		{"site/rows/by-role", "deny"},
		{"site/rows/limited", "limit 1/h burst 1 per source"},
	};

	(void)state;
	resolve("tables: [alpha, beta]\nroles: {public: 10.0.0.1}\n"
		"verdicts:\n- {role: public, verdict: deny}\n- {role: phones, verdict: deny}\n"
		"- {role: inner, limit: 9/m burst 2 per source, limit_on: packets}\n"
		"- {table: alpha/outer, limit: 5/s per source}\n"
		"- {row: alpha/outer/1, verdict: allow}\n"
		"rows:\n- {name: own, l4: any, source: any, destination: users}\n"
		"- {name: says-allow, l4: any, source: any, destination: public, verdict: allow}\n"
		"- {name: by-role, l4: any, source: any, destination: public}\n"
		"- {name: limited, l4: any, source: any, destination: public, limit: 1/h per "
		"source}\n");
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_verdict(cases[i].id, cases[i].verdict);
	done();
}

static void deny_lists_come_first(void **state)
{
	const struct effective_row *r;

	(void)state;
	resolve("roles: {public: 10.0.0.1}\ntables: alpha/outer\n"
		"rows: [{name: a, l4: any, source: any, destination: any}]\n"
		"verdicts: [{table: alpha/outer, verdict: deny}]\n"
		"deny: [{name: z, prefixes: [192.0.2.0/24, \"2001:db8::/32\"]},\n"
		"  {name: a, prefixes: 192.0.2.1}]\n");
	assert_int_equal(policy.n_rows, 2 + 1 + 5);
	assert_string_equal(policy.rows[0].row->id, "site/deny/z");
	assert_string_equal(policy.rows[1].row->id, "site/deny/a");
	assert_string_equal(policy.rows[2].row->id, "site/rows/a");
	for (size_t i = 0; i < policy.n_rows; i++)
		assert_int_equal(policy.rows[i].deny_list, i < 2);
	r = &policy.rows[0];
	assert_verdict("site/deny/z", "deny");
	assert_missing("site/deny/z", NULL);
	assert_end(&r->source, "192.0.2.0/24,2001:db8::/32");
	assert_end(&r->destination, "any");
	assert_ports(&r->ports, "any");
	assert_ports(&r->source_ports, "any");
	assert_int_equal(r->row->l4, L4_TCP | L4_UDP | L4_OTHER);
	assert_string_equal(r->row->service, "deny list");
	assert_false(r->annotation || r->dhcp || r->forward_only);
	done();
}

static void literal_ends_are_held(void **state)
{
	(void)state;
	resolve("rows: [{name: a, l4: any, source: 192.0.2.1, destination: [10.0.0.0/8, "
		"\"::/0\"]},\n"
		"  {name: b, l4: any, source: 192.0.2.1, destination: other}]\n"
		"roles: {public: 10.0.0.1}\n");
	assert_missing("site/rows/a", NULL);
	assert_missing("site/rows/b", "other");
	assert_end(&row("site/rows/a")->destination, "10.0.0.0/8,::/0");
	done();
}

static void end_texts_are_cut_between_items(void **state)
{
	char text[32];

	(void)state;
	resolve("rows: [{name: a, l4: any, source: [10.0.0.1, 10.0.0.2, 10.0.0.3], "
		"destination: public}]\nroles: {public: 10.0.0.1}\n");
	end_text(&small, &policy.rows[0].source, text, 27);
	assert_string_equal(text, "10.0.0.1,10.0.0.2,10.0.0.3");
	end_text(&small, &policy.rows[0].source, text, 26);
	assert_string_equal(text, "10.0.0.1,10.0.0.2…");
	end_text(&small, &policy.rows[0].source, text, 12);
	assert_string_equal(text, "10.0.0.1…");
	end_text(&small, &policy.rows[0].source, text, 4);
	assert_string_equal(text, "…");
	end_text(&small, &policy.rows[0].source, text, 3);
	assert_string_equal(text, "");
	end_text(&small, &policy.rows[0].destination, text, 7);
	assert_string_equal(text, "public");
	end_text(&small, &policy.rows[0].destination, text, 6);
	assert_string_equal(text, "…");
	done();
}

/* --- the example sites ------------------------------------------------------------------------ */

/* Each loads without a word, and together they show every row of every table at work. */
static void examples_cover_every_row(void **state)
{
	static const struct {
		const char *file;
		size_t rows, active;
	} examples[] = {
		{"maps/sites/consolidated-nat.yaml", 46, 46},
		{"maps/sites/single-address.yaml", 32, 32},
		{"maps/sites/scaled-hlb.yaml", 114, 103},
		{"maps/sites/mirror-port.yaml", 55, 44},
		{"maps/sites/internal-servers.yaml", 207, 207},
		{"maps/sites/enforce.yaml", 35, 35},
	};
	bool *covered = calloc(shipped.n_rows, sizeof(*covered));

	(void)state;
	assert_non_null(covered);
	for (size_t i = 0; i < COUNT(examples); i++) {
		size_t active = 0;

		input_capture();
		assert_int_equal(site_load(input_path(examples[i].file), &shipped, &site), 0);
		assert_string_equal(input_captured(), "");
		assert_int_equal(policy_resolve(&shipped, &site, &policy), 0);
		for (size_t k = 0; k < policy.n_rows; k++) {
			const struct effective_row *r = &policy.rows[k];

			active += r->active;
			if (r->active && r->row->table >= 0)
				covered[r->row - shipped.rows] = true;
		}
		assert_int_equal(policy.n_rows, examples[i].rows);
		assert_int_equal(active, examples[i].active);
		done();
	}
	for (size_t i = 0; i < shipped.n_rows; i++) {
		if (!covered[i])
			fail_msg("%s is active in no example", shipped.rows[i].id);
	}
	free(covered);
}

/* The single external address: each service on the port that its comment says. */
static void single_address_ports(void **state)
{
	(void)state;
	assert_int_equal(site_load(input_path("maps/sites/single-address.yaml"), &shipped, &site),
			 0);
	assert_int_equal(policy_resolve(&shipped, &site, &policy), 0);
	assert_ports(&row("lync2013-edge-nat/external/5")->ports, "5061");
	assert_ports(&row("lync2013-edge-nat/external/8")->ports, "444");
	assert_ports(&row("lync2013-edge-nat/external/15")->ports, "443");
	assert_ports(&row("lync2013-edge-nat/external/12")->ports, "50000-52999");
	assert_int_equal(row("lync2013-edge-nat/external/12")->match, MATCH_EITHER);
	done();
}

/* The filtered Edge: which rows are denied and limited, and what it remembers. */
static void enforce_verdicts(void **state)
{
	static const struct {
		const char *id, *verdict;
	} cases[] = {
		{"site/deny/scanners", "deny"},
		{"site/rows/admin-rdp", "allow"},
		{"lync2013-edge-nat/external/4", "allow"},
		{"lync2013-edge-nat/external/5", "limit 50/s burst 100 per source"},
		{"lync2013-edge-nat/external/6", "limit 20/s burst 40 per source"},
		{"lync2013-edge-nat/external/9", "allow"},
		{"lync2013-edge-nat/external/10", "deny"},
		{"lync2013-edge-nat/external/11", "deny"},
		{"lync2013-edge-nat/external/12", "deny"},
		{"lync2013-edge-nat/external/13", "allow"},
		{"lync2013-edge-nat/external/14", "limit 50/s burst 200 per source"},
		{"lync2013-edge-nat/external/15", "limit 50/s burst 100 per source"},
	};

	(void)state;
	assert_int_equal(site_load(input_path("maps/sites/enforce.yaml"), &shipped, &site), 0);
	assert_int_equal(policy_resolve(&shipped, &site, &policy), 0);
	assert_int_equal(site.mode, XE_MODE_ENFORCE);
	assert_int_equal(site.n_nats, 3);
	assert_int_equal(site.state.flows, STATE_FLOWS_DEFAULT);
	assert_int_equal(site.state.life[XE_LIFE_UDP], 300);
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_verdict(cases[i].id, cases[i].verdict);
	done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_rows_come_first),
		cmocka_unit_test(kinds_of_rows),
		cmocka_unit_test(members_and_groups),
		cmocka_unit_test(stand_ins),
		cmocka_unit_test(narrowing),
		cmocka_unit_test(site_ports),
		cmocka_unit_test(texts_of_ports),
		cmocka_unit_test(order_of_the_match_set),
		cmocka_unit_test(verdicts_by_precedence),
		cmocka_unit_test(deny_lists_come_first),
		cmocka_unit_test(literal_ends_are_held),
		cmocka_unit_test(end_texts_are_cut_between_items),
		cmocka_unit_test(examples_cover_every_row),
		cmocka_unit_test(single_address_ports),
		cmocka_unit_test(enforce_verdicts),
	};

	return cmocka_run_group_tests_name("resolve", tests, setup, teardown);
}
