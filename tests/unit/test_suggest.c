// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suggested rows: pasted into the site as they are printed, read by the site's reader, compiled,
 * they decide the packets that they were made of.
 */
#include "input.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "output/suggest.h"
#include "policy/compile.h"
#include "policy/site.h"
#include "policy/spec.h"

#define SITE                                                   \
	"name: t\n"                                            \
	"tables: [lync2013-edge-nat, lync2013-director]\n"     \
	"roles:\n"                                             \
	"  access-edge: [203.0.113.10, \"2001:db8:16::10\"]\n" \
	"  av-edge: 203.0.113.30\n"                            \
	"  edge-internal: 172.25.33.10\n"                      \
	"  director: 10.0.1.20\n"                              \
	"  front-end: [10.0.1.11, 10.0.1.12]\n"                \
	"  internal-clients: 10.0.64.0/18\n"                   \
	"interfaces: {wan0: internet, dmz0: dmz-external, dmi0: dmz-internal, lan0: lan}\n"

enum { WAN, DMZ, DMI, LAN, N_NICS };
static const enum xe_side sides[N_NICS] = {XE_SIDE_INTERNET, XE_SIDE_DMZ_EXTERNAL,
					   XE_SIDE_DMZ_INTERNAL, XE_SIDE_LAN};

static struct spec spec;

/* A site as read from text, and compiled. */
struct world {
	struct site site;
	struct policy policy;
	struct nic *nics;
	size_t n_nics;
	struct compiled compiled;
};

static void world_open(struct world *w, const char *text)
{
	int err;

	input_write("site.yaml", text, strlen(text));
	input_capture();
	err = site_load("site.yaml", &spec, &w->site);
	if (err)
		print_error("%s\n%s", input_captured(), text);
	input_captured();
	assert_int_equal(err, 0);
	assert_int_equal(policy_resolve(&spec, &w->site, &w->policy), 0);
	assert_int_equal(nics_from_site(&w->site, &w->nics, &w->n_nics), 0);
	assert_int_equal(policy_compile(&w->policy, w->nics, w->n_nics, 0, &w->compiled), 0);
}

static void world_close(struct world *w)
{
	compiled_free(&w->compiled);
	nics_free(w->nics, w->n_nics);
	policy_free(&w->policy);
	site_free(&w->site);
}

/* --- what the program would have recorded ------------------------------------------------------
 */

#define SUSPECTS_MAX 512

static struct suspect suspects[SUSPECTS_MAX];
static struct tuple tuples[SUSPECTS_MAX]; /* a packet of each */
static size_t n_suspects;

static uint8_t address(const char *text, uint8_t *out)
{
	memset(out, 0, 16);
	if (inet_pton(AF_INET, text, out) == 1)
		return 4;
	assert_int_equal(inet_pton(AF_INET6, text, out), 1);
	return 6;
}

/* As bpf/suspects.h does. */
static struct suspect *record(int nic, const struct tuple *t, enum xe_reason reason,
			      uint64_t packets)
{
	struct suspect *s = &suspects[n_suspects];
	bool ports = t->proto == IPPROTO_TCP || t->proto == IPPROTO_UDP;

	assert_true(n_suspects < SUSPECTS_MAX);
	memset(s, 0, sizeof(*s));
	memcpy(s->key.saddr, t->saddr, 16);
	memcpy(s->key.daddr, t->daddr, 16);
	s->key.family = t->family;
	s->key.proto = t->proto;
	s->key.slot = nic;
	s->key.at_source = ports && !t->syn && t->sport < t->dport;
	s->key.port = !ports ? 0 : s->key.at_source ? t->sport : t->dport;
	s->seen = (struct xe_suspect){
		.packets = packets,
		.bytes = packets * 100,
		.first = 1000000000,
		.last = 2000000000,
		.reason = reason,
		.syn = t->syn,
		.recorded = packets,
	};
	tuples[n_suspects++] = *t;
	return s;
}

static struct suspect *seen(int nic, int proto, const char *source, uint16_t sport,
			    const char *destination, uint16_t dport, uint64_t packets)
{
	struct tuple t = {.proto = proto, .sport = sport, .dport = dport};

	t.family = address(source, t.saddr);
	assert_int_equal(address(destination, t.daddr), t.family);
	return record(nic, &t, XE_REASON_UNMATCHED, packets);
}

/* --- what is made of it ------------------------------------------------------------------------
 */

static struct xe_interface interfaces[N_NICS] = {
	{.name = "wan0"}, {.name = "dmz0"}, {.name = "dmi0"}, {.name = "lan0"}};
static struct proposals proposals;
static char *yaml;

static struct suggest_input input(const struct policy *policy)
{
	return (struct suggest_input){
		.name = "t",
		.policy = policy,
		.suspects = suspects,
		.n = n_suspects,
		.interfaces = interfaces,
		.n_interfaces = N_NICS,
		.real_ahead = 1700000000ll * 1000000000,
		.now = 1700000100,
	};
}

static void suggest(const struct policy *policy, size_t top)
{
	struct suggest_input in = input(policy);
	size_t size;
	FILE *out;

	proposals_free(&proposals);
	free(yaml);
	assert_int_equal(proposals_make(&in, &proposals), 0);
	out = open_memstream(&yaml, &size);
	assert_non_null(out);
	suggest_yaml(&in, &proposals, top, out);
	fclose(out);
}

static void has(const char *text)
{
	if (strstr(yaml, text))
		return;
	print_error("not in what was printed: %s\n%s", text, yaml);
	fail();
}

static void has_not(const char *text)
{
	if (!strstr(yaml, text))
		return;
	print_error("in what was printed: %s\n%s", text, yaml);
	fail();
}

/* The site with the output behind it. */
static void paste(const char *site, struct world *w)
{
	char *text;

	assert_true(asprintf(&text, "%s%s", site, yaml) > 0);
	world_open(w, text);
	free(text);
}

/* Which row decides a recorded packet; NULL: none. */
static const char *decides(const struct world *w, size_t i)
{
	uint32_t atom = compiled_classify(&w->compiled, sides[suspects[i].key.slot], &tuples[i]);
	uint32_t row = w->compiled.atoms[atom].row;

	return row == XE_NO_ROW ? NULL : w->policy.rows[row].row->id;
}

/* Every recorded packet is decided by a row that was suggested. */
static void all_decided(const char *site)
{
	struct world w;

	paste(site, &w);
	for (size_t i = 0; i < n_suspects; i++) {
		const char *id = decides(&w, i);

		if (!id || strncmp(id, "site/rows/seen-", 15)) {
			print_error("record %zu is decided by %s\n%s", i, id ? id : "no row", yaml);
			fail();
		}
	}
	world_close(&w);
}

static struct world base;

static int setup(void **state)
{
	if (input_setup(state))
		return -1;
	return spec_load(input_path("maps/spec"), &spec);
}

static int teardown(void **state)
{
	proposals_free(&proposals);
	free(yaml);
	spec_free(&spec);
	return input_teardown(state);
}

static int begin(void **state)
{
	(void)state;
	n_suspects = 0;
	world_open(&base, SITE);
	return 0;
}

static int end(void **state)
{
	(void)state;
	world_close(&base);
	return 0;
}

/* --- cases ------------------------------------------------------------------------------------ */

static void nothing(void **state)
{
	(void)state;
	suggest(&base.policy, 0);
	has("# Nothing that no row allows has been seen.\n");
	has_not("rows:");
}

static void roles_and_addresses(void **state)
{
	(void)state;
	seen(WAN, IPPROTO_TCP, "198.51.100.7", 40000, "203.0.113.10", 8443, 5)->seen.syn = 1;
	seen(LAN, IPPROTO_UDP, "10.0.64.5", 40000, "10.0.1.11", 9000, 3);
	seen(LAN, IPPROTO_UDP, "10.0.64.6", 40001, "10.0.1.12", 9000, 4);
	seen(WAN, IPPROTO_UDP, "2001:db8:9::1", 40000, "2001:db8:16::10", 9, 1);
	suggest(&base.policy, 0);
	has("# 4 kinds of packets that no row allows, 13 packets, the heaviest first: 3 of 3.\n"
	    "# Counts are exact");
	has("rows:\n\n"
	    "  # 7 packets, 700 bytes, unmatched, by lan0; first ");
	has("  # 2 sources: 10.0.64.6 (4), 10.0.64.5 (3)\n"
	    "  # 2 destinations: 10.0.1.12 (4), 10.0.1.11 (3)\n"
	    "  - name: seen-udp-9000-front-end\n"
	    "    service: udp 9000, as xdp-edge suggest saw it\n"
	    "    l4: udp\n"
	    "    ports: 9000\n"
	    "    source: internal-clients\n"
	    "    destination: front-end\n");
	has("  - name: seen-tcp-8443-access-edge\n");
	has("    source: 198.51.100.7\n    destination: access-edge\n");
	has("    source: \"2001:db8:9::1\"\n");
	assert_int_equal(proposals.n, 3);
	assert_true(proposals.v[1].syn);
	assert_false(proposals.v[0].syn);
	all_decided(SITE);

	/* the heaviest only */
	suggest(&base.policy, 1);
	has("the heaviest first: 1 of 3.");
	has("seen-udp-9000-front-end");
	has_not("8443");

	/* without the site: addresses, never any */
	suggest(NULL, 0);
	has("# Addresses stand for roles");
	has("    source: 10.0.64.6\n    destination: 10.0.1.12\n");
	has_not("front-end");
	has_not("any");
	all_decided(SITE);
}

static void outsiders(int n, int nic, const char *server)
{
	n_suspects = 0;
	for (int i = 0; i < n; i++) {
		char source[24];

		snprintf(source, sizeof(source), "198.51.100.%d", i + 1);
		seen(nic, IPPROTO_TCP, source, 40000, server, 8443, i + 1);
	}
	suggest(&base.policy, 0);
	assert_int_equal(proposals.n, 1);
	all_decided(SITE);
}

static void many_sources(void **state)
{
	(void)state;
	outsiders(7, WAN, "203.0.113.10");
	has("    source: [198.51.100.7, 198.51.100.6, 198.51.100.5, 198.51.100.4, 198.51.100.3, "
	    "198.51.100.2,\n      198.51.100.1]\n");
	outsiders(8, WAN, "203.0.113.10");
	has("  # 8 sources: 198.51.100.8 (8), 198.51.100.7 (7), 198.51.100.6 (6), 198.51.100.5 "
	    "(5), "
	    "…\n"
	    "  # any, since they are 8 or more that no role holds\n");
	has("    source: any\n");
	/* any from outside would not match an internal address: they are listed */
	outsiders(9, WAN, "10.0.1.20");
	has_not("any");
	outsiders(9, LAN, "10.0.1.20");
	has("    source: any\n");
	outsiders(32, DMZ, "10.0.1.20");
	has_not("heaviest:");

	/* more than are listed: said so */
	n_suspects = 0;
	for (int i = 0; i < 40; i++) {
		char source[24];

		snprintf(source, sizeof(source), "198.51.100.%d", i + 1);
		seen(WAN, IPPROTO_TCP, source, 40000, "10.0.1.20", 8443, 100 - i);
	}
	suggest(&base.policy, 0);
	has("  # 40 sources: ");
	has("  # the row lists the 32 heaviest: ");
	has("198.51.100.32]\n");
	has_not("198.51.100.33");

	/* one source, twice seen (by two NICs), is one source */
	n_suspects = 0;
	for (int i = 0; i < 8; i++)
		seen(i % 4, IPPROTO_TCP, "198.51.100.1", 40000, "203.0.113.10", 8443, 1);
	suggest(&base.policy, 0);
	has("    source: 198.51.100.1\n");
	has("8 packets, 800 bytes, unmatched, by wan0, dmz0, dmi0, lan0; ");
	assert_int_equal(proposals.v[0].source.n_addresses, 1);
	assert_int_equal(proposals.v[0].source.addresses[0].packets, 8);
	has_not("any");
}

/* A VLAN's side is its own, and without one that of its NIC. */
static void sides_of_vlans(void **state)
{
	static const struct {
		uint16_t vlan;
		bool inside;
	} cases[] = {{10, true}, {11, false}, {0, false}};
	struct world w;

	(void)state;
	world_open(&w, SITE "hairpin: no\n");
	w.site.interfaces[LAN].side = XE_SIDE_INTERNET;
	w.site.interfaces[WAN].vlan = 10;
	w.site.interfaces[WAN].side = XE_SIDE_LAN;
	strcpy(w.site.interfaces[WAN].name, "lan0");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n_suspects = 0;
		for (int k = 0; k < 8; k++) {
			char source[24];

			snprintf(source, sizeof(source), "198.51.100.%d", k + 1);
			seen(LAN, IPPROTO_TCP, source, 40000, "10.0.1.20", 8443, 1)->key.vlan =
				cases[i].vlan;
		}
		suggest(&w.policy, 0);
		assert_int_equal(proposals.v[0].source.any, cases[i].inside);
	}
	world_close(&w);
}

static void many_destinations(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		char to[24];

		snprintf(to, sizeof(to), "192.0.2.%d", i + 1);
		seen(DMZ, IPPROTO_TCP, "203.0.113.30", 40000, to, 8080, 1);
	}
	suggest(&base.policy, 0);
	assert_int_equal(proposals.n, 1);
	has("  - name: seen-tcp-8080-any\n");
	has("    source: av-edge\n    destination: any\n");
	all_decided(SITE);
}

static void answers(void **state)
{
	(void)state;
	seen(DMZ, IPPROTO_TCP, "203.0.113.10", 8443, "198.51.100.7", 40000, 6);
	suggest(&base.policy, 0);
	has("    ports: 8443\n    source: 198.51.100.7\n    destination: access-edge\n");
	has("# only answers were seen");
	all_decided(SITE);
	/* with what they answer they are one row */
	seen(WAN, IPPROTO_TCP, "198.51.100.7", 40000, "203.0.113.10", 8443, 4);
	suggest(&base.policy, 0);
	assert_int_equal(proposals.n, 1);
	has("# 10 packets, 1000 bytes");
	has("# 6 of them are answers");
	all_decided(SITE);
}

/* What pasting would open too much, or would not help, is a comment. */
static void comments_only(void **state)
{
	struct suspect *s;

	(void)state;
	seen(WAN, 47, "198.51.100.7", 0, "203.0.113.10", 0, 3)->seen.reason = XE_REASON_IP_OTHER;
	for (int i = 0; i < 9; i++) {
		char source[24];

		snprintf(source, sizeof(source), "192.0.2.%d", i + 1);
		seen(WAN, IPPROTO_ICMP, source, 0, "203.0.113.10", 0, 1)->seen.reason =
			XE_REASON_IP_OTHER;
	}
	s = seen(WAN, IPPROTO_UDP, "198.51.100.9", 53, "203.0.113.10", 40000, 2);
	s->seen.reason = XE_REASON_UNSOLICITED;
	suggest(&base.policy, 0);
	has("  # ip protocol 47: only a row of any l4 matches it, which opens TCP and UDP");
	has("  # - name: seen-protocol-47-access-edge\n");
	has("  #   l4: any\n  #   source: 198.51.100.7\n  #   destination: access-edge\n");
	has("  # - name: seen-protocol-1-access-edge\n");
	has("  # udp replies from port 53 without a flow");
	has("  # 1 sender: 198.51.100.9 (2)\n  # 1 receiver: 203.0.113.10 (2)\n");
	has("unsolicited, by wan0");
	has_not("\nrows:");
	has_not("source: any");
	for (const char *line = yaml; line && *line; line = strchr(line, '\n') + 1)
		assert_true(*line == '\n' || *line == '#' || !strncmp(line, "  #", 3));
}

static void scan(void **state)
{
	struct world w;

	(void)state;
	for (int i = 0; i < 100; i++)
		seen(WAN, IPPROTO_TCP, "198.51.100.7", 40000, "203.0.113.10", 8000 + i,
		     i == 70 ? 60 : 1);
	suggest(&base.policy, 0);
	assert_int_equal(proposals.n, 2);
	has("  # 99 ports between 8000 and 8099: a scan, or the range of a product.");
	has("  #   ports: 8000-8099\n");
	has("  - name: seen-tcp-8070-access-edge\n");
	paste(SITE, &w);
	assert_string_equal(decides(&w, 70), "site/rows/seen-tcp-8070-access-edge");
	assert_null(decides(&w, 71));
	world_close(&w);

	/* few enough ports are a row each */
	n_suspects = 0;
	for (int i = 0; i < PROPOSAL_PORTS_MAX; i++)
		seen(WAN, IPPROTO_TCP, "198.51.100.7", 40000, "203.0.113.10", 8000 + i, 1);
	suggest(&base.policy, 0);
	assert_int_equal(proposals.n, PROPOSAL_PORTS_MAX);
	all_decided(SITE);
}

/* Names are valid and nobody else's; the site's own rows stay in front. */
static void names(void **state)
{
	static const char rows[] =
		SITE "rows:\n"
		     "  - {name: seen-udp-9-access-edge, l4: udp, ports: 1, source: any, "
		     "destination: director}\n"
		     "  - {name: seen-udp-9-access-edge-2, l4: udp, ports: 2, source: any, "
		     "destination: director}\n";
	struct world with;
	char *list;

	(void)state;
	seen(WAN, IPPROTO_UDP, "198.51.100.7", 40000, "203.0.113.10", 9, 2);
	seen(LAN, IPPROTO_UDP, "10.0.1.20", 40000, "203.0.113.10", 9, 1);
	seen(DMZ, IPPROTO_UDP, "2001:db8:16::10", 40000, "2001:db8:1111:2222:3333:4444:5555:6666",
	     60000, 1);
	world_open(&with, rows);
	suggest(&with.policy, 0);
	world_close(&with);
	has("# The site has rows: these go behind them, without this line.\nrows:\n");
	has("- name: seen-udp-9-access-edge-3\n");
	has("- name: seen-udp-9-access-edge-4\n");
	has("- name: seen-udp-40000-access-edge\n");
	list = strstr(yaml, "\nrows:\n");
	memset(list, '\n', strlen("\nrows:\n"));
	all_decided(rows);
}

static void estimates(void **state)
{
	struct suspect *s = seen(WAN, IPPROTO_UDP, "198.51.100.7", 40000, "203.0.113.10", 9, 9000);

	(void)state;
	seen(WAN, IPPROTO_UDP, "198.51.100.8", 40000, "203.0.113.10", 10, 2);
	s->seen.recorded = 4;
	suggest(&base.policy, 0);
	has("# Estimates: packets came faster");
	has("  # about 9000 packets, ");
	has("  # 2 packets, ");
	has_not("Counts are exact");
}

/* A NIC's name is anybody's choice. */
static void foreign_names(void **state)
{
	struct suggest_input in;
	size_t size;
	char *text;
	FILE *out;

	(void)state;
	seen(WAN, IPPROTO_UDP, "198.51.100.7", 40000, "203.0.113.10", 9, 1);
	strcpy(interfaces[WAN].name, "w\033[2J\n\"x");
	suggest(&base.policy, 0);
	has("by w\\x1b[2J\\x0a\"x; ");
	all_decided(SITE);
	in = input(&base.policy);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	assert_int_equal(suggest_json(&in, &proposals, 0, false, out), 0);
	fclose(out);
	assert_non_null(strstr(text, "\"interfaces\":[\"w\\u001B[2J\\n\\\"x\"]"));
	assert_non_null(strstr(text, "\"row\":{\"name\":\"seen-udp-9-access-edge\",\"l4\":\"udp\","
				     "\"source\":[\"198.51.100.7\"],"
				     "\"destination\":\"access-edge\",\"ports\":\"9\"}"));
	assert_null(strchr(text, '\033'));
	free(text);
	strcpy(interfaces[WAN].name, "wan0");
}

static uint64_t random_state;

/* splitmix64 */
static uint32_t random_below(uint32_t n)
{
	uint64_t x = random_state += 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return (uint32_t)(x >> 33) % n;
}

static void random_tuple(struct tuple *t)
{
	static const char *const four[] = {
		"203.0.113.10", "203.0.113.30", "172.25.33.10", "10.0.1.20",
		"10.0.1.11",	"10.0.1.12",	"10.0.64.9",	"198.51.100.1",
		"198.51.100.2", "198.51.100.3", "198.51.100.4", "198.51.100.5",
		"198.51.100.6", "198.51.100.7", "198.51.100.8", "198.51.100.9"};
	static const char *const six[] = {"2001:db8:16::10", "2001:db8:9::1", "2001:db8:9::2"};
	static const uint16_t ports[] = {53, 443, 5061, 8443, 9000, 40000, 50001, 60000};

	*t = (struct tuple){0};
	if (random_below(8)) {
		t->family = address(four[random_below(16)], t->saddr);
		address(four[random_below(16)], t->daddr);
	} else {
		t->family = address(six[random_below(3)], t->saddr);
		address(six[random_below(3)], t->daddr);
	}
	t->proto = random_below(2) ? IPPROTO_TCP : IPPROTO_UDP;
	t->syn = t->proto == IPPROTO_TCP && random_below(2);
	t->sport = ports[random_below(8)];
	t->dport = ports[random_below(8)];
}

/* Whatever was unmatched is not any more. */
static void random_packets(void **state)
{
	size_t recorded = 0;

	(void)state;
	for (random_state = 1; random_state < 60; random_state++) {
		uint64_t seed = random_state;

		n_suspects = 0;
		for (int i = 0; i < 600 && n_suspects < 300; i++) {
			int nic = random_below(N_NICS);
			struct tuple t;
			uint32_t atom;

			random_tuple(&t);
			atom = compiled_classify(&base.compiled, sides[nic], &t);
			if (base.compiled.atoms[atom].row == XE_NO_ROW &&
			    base.compiled.atoms[atom].miss == XE_MISS_UNMATCHED)
				record(nic, &t, XE_REASON_UNMATCHED, 1 + random_below(100));
		}
		recorded += n_suspects;
		suggest(&base.policy, 0);
		all_decided(SITE);
		random_state = seed;
	}
	assert_true(recorded > 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing, begin, end),
		cmocka_unit_test_setup_teardown(roles_and_addresses, begin, end),
		cmocka_unit_test_setup_teardown(many_sources, begin, end),
		cmocka_unit_test_setup_teardown(sides_of_vlans, begin, end),
		cmocka_unit_test_setup_teardown(many_destinations, begin, end),
		cmocka_unit_test_setup_teardown(answers, begin, end),
		cmocka_unit_test_setup_teardown(comments_only, begin, end),
		cmocka_unit_test_setup_teardown(scan, begin, end),
		cmocka_unit_test_setup_teardown(names, begin, end),
		cmocka_unit_test_setup_teardown(estimates, begin, end),
		cmocka_unit_test_setup_teardown(foreign_names, begin, end),
		cmocka_unit_test_setup_teardown(random_packets, begin, end),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
