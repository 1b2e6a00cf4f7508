// SPDX-License-Identifier: GPL-2.0-only
/* Reader of the site file: what is read, and the exact words of every refusal. */
#include "input.h"

#include <errno.h>

#include "policy/addr.h"
#include "policy/limit.h"
#include "policy/site.h"
#include "policy/spec.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A whole site in three lines, for the cases that are about one more key. */
#define ROLES	   "roles: {public: 203.0.113.10}\n"
#define INTERFACES "interfaces: {wan0: internet}\n"
#define GOOD	   "name: s\ntables: [alpha]\n" ROLES INTERFACES

static struct spec spec;

static int setup(void **state)
{
	if (input_setup(state))
		return -1;
	return spec_load(input_path("tests/fixtures/spec/small"), &spec);
}

static int teardown(void **state)
{
	spec_free(&spec);
	return input_teardown(state);
}

/* Loading `path` gives this error and these messages, and leaves nothing behind. */
static void expect_file_refusal(const char *path, int err, const char *messages)
{
	static const struct site empty;
	struct site site;
	int got;

	memset(&site, 0xaa, sizeof(site));
	input_capture();
	got = site_load(path, &spec, &site);
	assert_string_equal(input_captured(), messages);
	assert_int_equal(got, err);
	assert_memory_equal(&site, &empty, sizeof(site));
}

static void expect_refusal(const char *text, size_t len, const char *messages)
{
	input_write("f", text, len);
	expect_file_refusal("f", -EINVAL, messages);
}

struct refusal {
	const char *text, *messages;
};

static void expect_refusals(const struct refusal *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect_refusal(cases[i].text, strlen(cases[i].text), cases[i].messages);
}

/* Loading the text succeeds, with these warnings. */
static void load(const char *text, struct site *site, const char *warnings)
{
	input_write("f", text, strlen(text));
	input_capture();
	assert_int_equal(site_load("f", &spec, site), 0);
	assert_string_equal(input_captured(), warnings);
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

	end_text(&spec, end, text, sizeof(text));
	assert_string_equal(text, expected);
}

/* --- what is read ----------------------------------------------------------------------------- */

static void small_site(void **state)
{
	static const struct {
		const char *name;
		unsigned vlan;
		enum xe_side side;
		unsigned line;
	} interfaces[] = {
		{"wan0", 0, XE_SIDE_INTERNET, 11},
		{"trunk0", 10, XE_SIDE_LAN, 12},
		{"trunk0", 0, XE_SIDE_DMZ_INTERNAL, 13},
		{"br0.lan", 0, XE_SIDE_LAN, 14},
	};
	struct site site;
	char text[64];

	(void)state;
	input_capture();
	assert_int_equal(site_load(input_path("tests/fixtures/sites/small.yaml"), &spec, &site), 0);
	assert_string_equal(input_captured(), "");
	assert_string_equal(site.name, "small");
	assert_int_equal(site.mode, XE_MODE_MONITOR);
	assert_true(site.hairpin);
	assert_false(site.narrow_all);

	assert_int_equal(site.n_tables, 4);
	assert_string_equal(spec.tables[site.tables[0]].id, "beta/notes");
	assert_string_equal(spec.tables[site.tables[1]].id, "beta/empty");
	assert_string_equal(spec.tables[site.tables[2]].id, "alpha/outer");
	assert_string_equal(spec.tables[site.tables[3]].id, "alpha/inner");

	for (size_t i = 0; i < spec.n_roles; i++) {
		size_t expected = i == 0 ? 3 : i == 4 ? 1 : i == 6 ? 2 : 0;

		assert_int_equal(site.role_prefixes[i].n, expected);
	}
	prefix_text(&site.role_prefixes[0].v[0], text, sizeof(text));
	assert_string_equal(text, "10.0.0.10");
	prefix_text(&site.role_prefixes[6].v[1], text, sizeof(text));
	assert_string_equal(text, "2001:db8:c::/48");

	assert_int_equal(site.n_interfaces, COUNT(interfaces));
	for (size_t i = 0; i < COUNT(interfaces); i++) {
		assert_string_equal(site.interfaces[i].name, interfaces[i].name);
		assert_int_equal(site.interfaces[i].vlan, interfaces[i].vlan);
		assert_int_equal(site.interfaces[i].side, interfaces[i].side);
		assert_int_equal(site.interfaces[i].line, interfaces[i].line);
	}

	assert_int_equal(site.n_ports, 3);
	assert_int_equal(site.ports[0].row, spec_row(&spec, "alpha/outer/2"));
	assert_int_equal(site.ports[0].role, -1);
	assert_true(site.ports[0].has_ports);
	assert_ports(&site.ports[0].ports, "50000-50999");
	assert_int_equal(site.ports[0].match, MATCH_DESTINATION);
	assert_int_equal(site.ports[1].row, -1);
	assert_int_equal(site.ports[1].role, 0);
	assert_ports(&site.ports[1].ports, "3478,50000-51999");
	assert_int_equal(site.ports[1].match, MATCH_EITHER);
	assert_int_equal(site.ports[1].line, 17);
	assert_false(site.ports[2].has_ports);
	assert_int_equal(site.ports[2].match, MATCH_SOURCE);

	assert_int_equal(site.n_rows, 3);
	assert_string_equal(site.rows[0].id, "site/rows/agent");
	assert_int_equal(site.rows[0].table, -1);
	assert_int_equal(site.rows[0].number, 1);
	assert_int_equal(site.rows[0].role, 3);
	assert_string_equal(site.rows[0].service, "Agent “ß”");
	assert_string_equal(site.rows[0].app, "HTTP");
	assert_string_equal(site.rows[0].note, "of our own");
	assert_int_equal(site.rows[0].l4, L4_TCP);
	assert_ports(&site.rows[0].ports, "9100,9101");
	assert_ports(&site.rows[0].source_ports, "1024-65535");
	assert_end(&site.rows[0].source, "192.0.2.0/25,192.0.2.53");
	assert_end(&site.rows[0].destination, "inner");
	assert_int_equal(site.rows[0].line, 20);
	assert_string_equal(site.rows[0].file, site.path);
	assert_string_equal(site.rows[1].service, "any-to-any");
	assert_string_equal(site.rows[1].app, "");
	assert_int_equal(site.rows[1].l4, L4_TCP | L4_UDP | L4_OTHER);
	assert_int_equal(site.rows[1].role, 5);
	assert_ports(&site.rows[1].ports, "any");
	assert_ports(&site.rows[1].source_ports, "any");
	assert_end(&site.rows[1].source, "any");
	assert_int_equal(site.rows[2].number, 3);
	assert_int_equal(site.rows[2].role, 6);
	assert_end(&site.rows[2].source, "users");
	assert_end(&site.rows[2].destination, "10.1.0.2");

	for (size_t i = 0; i < spec.n_rows; i++)
		assert_int_equal(site.narrow_rows[i],
				 strncmp(spec.rows[i].id, "alpha/inner/", 12) == 0);
	site_free(&site);
	site_free(&site);
}

static void short_forms(void **state)
{
	struct site site;

	(void)state;
	/* CRLF, a byte order mark, no last newline; scalars for lists; the mode left out. */
	load("\xef\xbb\xbfname: s\r\ntables: alpha/inner\r\nroles:\r\n  deep: 2001:db8::/64\r\n"
	     "interfaces:\r\n  eth0: mirror\r\nnarrow: yes\r\nhairpin: false",
	     &site, "");
	assert_int_equal(site.n_tables, 1);
	assert_int_equal(site.role_prefixes[4].n, 1);
	assert_int_equal(site.interfaces[0].side, XE_SIDE_MIRROR);
	assert_true(site.narrow_all);
	assert_false(site.hairpin);
	assert_int_equal(site.n_ports, 0);
	assert_int_equal(site.n_rows, 0);
	site_free(&site);

	/* Rows of one's own are enough. Sections stand in any order. */
	load("rows:\n- {source: any, destination: public, l4: udp, ports: 53, name: dns}\n"
	     "narrow: no\n" ROLES INTERFACES "name: s\n",
	     &site, "");
	assert_int_equal(site.n_tables, 0);
	assert_int_equal(site.n_rows, 1);
	site_free(&site);

	/* A document stands for those of its tables that the site has. */
	load("name: s\ntables: alpha/inner\n" ROLES INTERFACES "narrow: alpha\n", &site, "");
	assert_true(site.narrow_rows[spec_row(&spec, "alpha/inner/1")]);
	assert_false(site.narrow_rows[spec_row(&spec, "alpha/outer/1")]);
	site_free(&site);
}

static void repeated_prefixes_are_one(void **state)
{
	struct site site;

	(void)state;
	load("name: s\ntables: alpha\nroles:\n  public: [10.0.0.1, 10.0.0.0/8,\n    10.0.0.1/32]\n"
	     "  inner: 10.0.0.1\n" INTERFACES,
	     &site, "f:5:5: 10.0.0.1: warning: stands twice in public; first on line 4\n");
	assert_int_equal(site.role_prefixes[0].n, 2);
	assert_int_equal(site.role_prefixes[3].n, 1);
	site_free(&site);
}

/* Sides of NICs are free: also a mirror beside a VLAN that is none. */
static void vlans_of_a_trunk(void **state)
{
	struct site site;

	(void)state;
	load("name: s\ntables: alpha\n" ROLES
	     "interfaces: {eth0: internet, eth0.4094: lan, eth0.x: mirror}\n",
	     &site, "");
	assert_int_equal(site.n_interfaces, 3);
	assert_int_equal(site.interfaces[1].vlan, 4094);
	assert_string_equal(site.interfaces[2].name, "eth0.x");
	assert_int_equal(site.interfaces[2].vlan, 0);
	site_free(&site);
}

/* --- what is refused: the frame --------------------------------------------------------------- */

static void bad_yaml(void **state)
{
	static const struct refusal cases[] = {
		{"", "f:1: empty file: nothing is set\n"},
		{"# nothing\n", "f:1: empty file: nothing is set\n"},
		{"---\n", "f:2:1: a mapping of name, roles, … expected, but nothing is written\n"},
		{"[a, b]\n", "f:1:1: a mapping of name, roles, … expected, not a list\n"},
		{"text\n",
		 "f:1:1: text: a mapping of name, roles, … expected, not a single value\n"},
		{"a: [1, 2\n", "f:2:1: did not find expected ',' or ']', while parsing a flow "
			       "sequence\n"},
		{"a: b: c\n", "f:1:5: mapping values are not allowed in this context\n"},
		{"\ta: b\n", "f:1:1: \\x09: a tab; write blanks\n"},
		{"a:\n  - b\n\t- c\n", "f:3:1: \\x09: a tab; write blanks\n"},
		{"a:\n# \xc3\xa9\n  {\xc3\xa9: x,\n\t@: d}\n",
		 "f:4:2: found character that cannot start any token, while scanning for the next "
		 "token\n"},
		{"a: *b\n", "f:1:4: found undefined alias\n"},
		{"name: !!str s\n", "f:1:7: tag:yaml.org,2002:str: tags are not read here\n"},
		{"name: !include /etc/passwd\n", "f:1:7: !include: tags are not read here\n"},
		{"%TAG ! tag:x,2000:\n--- a\n", "f:1:1: %TAG: tags are not read here\n"},
		{"%YAML 1.1\n%TAG ! tag:x,2000:\n--- a\n", "f:2:1: %TAG: tags are not read here\n"},
		{GOOD "---\n" GOOD, "f:5:1: a second document; one file holds one site\n"},
		{"a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n",
		 "f:1:19: lists nested more than 16 deep\n"},
	};

	(void)state;
	expect_refusals(cases, COUNT(cases));
}

static void bad_text(void **state)
{
#define TEXT(literal) literal, sizeof(literal) - 1
	(void)state;
	expect_refusal(TEXT("name: s\nroles: \0\n"),
		       "f:2:8: \\x00: NUL byte; this is not a text file\n");
	expect_refusal(TEXT("name: \xfc\n"), "f:1:7: \\xfc: not UTF-8\n");
	expect_refusal(TEXT("\xff\xfen\0a\0"), "f:1:1: UTF-16 text; save the file as UTF-8\n");
	expect_refusal(TEXT("name: \"a\\0b\"\ntables: alpha\n" ROLES INTERFACES),
		       "f:1:7: a: NUL inside a value\n");
	expect_refusal(TEXT("name: \"a\x1b[2J\"\n"),
		       "f:1:9: \\x1b: control characters are not allowed\n");
#undef TEXT
}

static void bad_keys(void **state)
{
	static const struct refusal cases[] = {
		{GOOD "interface: {}\n", "f:5:1: interface: unknown key; did you mean "
					 "interfaces?\n"},
		{GOOD "comment: x\n", "f:5:1: comment: unknown key\n"},
		{GOOD "<<: x\n", "f:5:1: <<: unknown key\n"},
		{GOOD "[a]: x\n", "f:5:1: a key expected, not a list\n"},
		{GOOD "? {a: b}\n: x\n", "f:5:3: a key expected, not a mapping (key: value)\n"},
		{GOOD "\"\": x\n", "f:5:1: a key expected, but nothing is written\n"},
		{GOOD "name: t\nname: u\n", "f:5:1: name: stands twice; first on line 1\n"
					    "f:6:1: name: stands twice; first on line 1\n"},
		{GOOD "\"\\e[31m\": x\n", "f:5:1: \\x1b[31m: unknown key\n"},
		{"tables: [alpha]\n" ROLES INTERFACES,
		 "f:1:1: name: missing: the site needs a name\n"},
	};

	(void)state;
	expect_refusals(cases, COUNT(cases));
}

static void bad_short_keys(void **state)
{
#define REST	   "tables: [alpha]\n" ROLES INTERFACES
#define NAME(text) "f:1:7: " text ": not a site name: a-z, 0-9 and -, 1..32 bytes, no - in front\n"
	static const struct refusal cases[] = {
		{"name: Edge1\n" REST, NAME("Edge1")},
		{"name: -edge\n" REST, NAME("-edge")},
		{"name: ../x\n" REST, NAME("../x")},
		{"name: a-name-of-thirty-three-bytes-0000\n" REST,
		 NAME("a-name-of-thirty-three-bytes-0000")},
		{"name: \n" REST, "f:1:6: a name expected, but nothing is written\n"},
		{"name: [a]\n" REST, "f:1:7: a name expected, not a list\n"},
		{GOOD "mode: mirror\n", "f:5:7: mirror: not a mode but a side of an interface; the "
					"mode is monitor, rehearse or enforce\n"},
		{GOOD "mode: Monitor\n", "f:5:7: Monitor: unknown mode; did you mean monitor?\n"},
		{GOOD "mode: enforced\n", "f:5:7: enforced: unknown mode; did you mean enforce?\n"},
		{GOOD "mode: drop\n",
		 "f:5:7: drop: unknown mode; it is monitor, rehearse or enforce\n"},
		{GOOD "mode: {}\n", "f:5:7: monitor, rehearse or enforce expected, not a mapping "
				    "(key: value)\n"},
		{GOOD "mode: [enforce]\n",
		 "f:5:7: monitor, rehearse or enforce expected, not a list\n"},
		{GOOD "mode:\n", "f:5:6: monitor, rehearse or enforce expected, but nothing is "
				 "written\n"},
		{GOOD "hairpin: 1\n", "f:5:10: 1: not yes or no\n"},
		{GOOD "hairpin: Yes\n", "f:5:10: Yes: not yes or no\n"},
		{GOOD "hairpin:\n", "f:5:9: yes or no expected, but nothing is written\n"},
	};
#undef NAME
#undef REST

	(void)state;
	expect_refusals(cases, COUNT(cases));
}

static void nothing_to_do(void **state)
{
	static const struct refusal cases[] = {
		{"name: s\n" ROLES INTERFACES,
		 "f:1:1: tables: no rows: nothing would be classified\n"},
		{"name: s\ntables: []\nrows: []\n" ROLES INTERFACES,
		 "f:1:1: tables: no rows: nothing would be classified\n"},
		{"name: s\ntables: beta/empty\n" ROLES INTERFACES,
		 "f:1:1: tables: no rows: nothing would be classified\n"},
		{"name: s\ntables: alpha\n" INTERFACES,
		 "f:1:1: roles: no role has an address: nothing would be classified\n"},
		{"name: s\ntables: alpha\nroles: {}\n" INTERFACES,
		 "f:1:1: roles: no role has an address: nothing would be classified\n"},
		{"name: s\ntables: alpha\n" ROLES,
		 "f:1:1: interfaces: no interface: nothing would be seen\n"},
		{"\nname: s\n", "f:2:1: tables: no rows: nothing would be classified\n"
				"f:2:1: roles: no role has an address: nothing would be "
				"classified\n"
				"f:2:1: interfaces: no interface: nothing would be seen\n"},
	};

	(void)state;
	expect_refusals(cases, COUNT(cases));
}

/* --- what is refused: the sections ------------------------------------------------------------ */

static void bad_tables(void **state)
{
#define SITE(tables) "name: s\n" ROLES INTERFACES "tables: " tables "\n"
	static const struct refusal cases[] = {
		{SITE("alpah"), "f:4:9: alpah: unknown document or table; did you mean alpha?\n"},
		{SITE("[alpha/inners]"),
		 "f:4:10: alpha/inners: unknown document or table; did you mean alpha/inner?\n"},
		{SITE("[alpha/inner/1]"),
		 "f:4:10: alpha/inner/1: unknown document or table; did you mean alpha/inner?\n"},
		{SITE("[gamma]"), "f:4:10: gamma: unknown document or table\n"},
		{SITE("[beta/notes,\n beta/notes]"),
		 "f:5:2: beta/notes: listed twice; first on line 4\n"},
		{SITE("[beta,\n beta/notes]"),
		 "f:5:2: beta/notes: listed twice; first on line 4\n"},
		{SITE("[beta/notes,\n beta]"),
		 "f:5:2: beta: beta/notes is listed twice; first on line 4\n"},
		{SITE("[[alpha]]"), "f:4:10: a document or table expected, not a list\n"},
		{SITE("{alpha: yes}"),
		 "f:4:9: a document or table expected, not a mapping (key: value)\n"},
		{SITE(""), "f:4:8: a document or table expected, but nothing is written\n"},
	};
#undef SITE

	(void)state;
	expect_refusals(cases, COUNT(cases));
}

static void bad_roles(void **state)
{
#define SITE(roles) "name: s\ntables: alpha\n" INTERFACES "roles:" roles "\n"
	static const struct refusal cases[] = {
		{SITE("\n  publik: 10.0.0.1"),
		 "f:5:3: publik: unknown role; did you mean public?\n"},
		{SITE("\n  sbc: 10.0.0.1"), "f:5:3: sbc: unknown role\n"},
		{SITE("\n  any: 10.0.0.1"), "f:5:3: any: is every address, not a role\n"},
		{SITE("\n  public: []"), "f:5:11: public: an empty list; leave it out\n"},
		{SITE("\n  public:"), "f:5:10: an address, a prefix or {file: PATH} expected, but "
				      "nothing is written\n"},
		{SITE("\n  public: {a: b}"), "f:5:11: an address, a prefix or {file: PATH} "
					     "expected, not a mapping (key: value)\n"},
		{SITE("\n  public: [10.0.0.1, [10.0.0.2]]"),
		 "f:5:22: an address, a prefix or {file: PATH} expected, not a list\n"},
		{SITE("\n  public: [10.0.0.1/8, 10.0.0, \"::ffff:1.2.3.4\",\n    public]"),
		 "f:5:12: 10.0.0.1/8: address bits set behind the prefix length; the network is "
		 "10.0.0.0/8\n"
		 "f:5:24: 10.0.0: not an IPv4 address\n"
		 "f:5:32: ::ffff:1.2.3.4: IPv4-mapped IPv6 address; write the IPv4 address\n"
		 "f:6:5: public: not an address or prefix\n"},
		{SITE("\n  public: 10.0.0.1\n  public: 10.0.0.2"),
		 "f:6:3: public: stands twice; first on line 5\n"},
		{SITE(" [public]"), "f:4:8: roles with their addresses expected, not a list\n"},
		{SITE(""), "f:4:7: roles with their addresses expected, but nothing is written\n"},
	};
#undef SITE

	(void)state;
	expect_refusals(cases, COUNT(cases));
}

static void bad_interfaces(void **state)
{
#define SITE(interfaces) "name: s\ntables: alpha\n" ROLES "interfaces:" interfaces "\n"
#define NAME(text) \
	"f:5:3: " text ": not an interface name: no spaces, '/', ':' or control characters\n"
	static const struct refusal cases[] = {
		{SITE("\n  wan0: interne"),
		 "f:5:9: interne: unknown side; did you mean internet?\n"},
		{SITE("\n  wan0: outside-of-us"),
		 "f:5:9: outside-of-us: unknown side; it is internet, dmz-external, dmz-internal, "
		 "lan or mirror\n"},
		{SITE("\n  wan0.10: mirror\n  wan0.20: mirror\n  wan0: lan"),
		 "f:7:9: lan: what a NIC receives is copies or it is not: mirror goes with no "
		 "other "
		 "side of the same NIC (line 5)\n"},
		{SITE("\n  wan0:"), "f:5:8: a side (internet, dmz-external, dmz-internal, lan "
				    "or mirror) expected, but nothing is written\n"},
		{SITE("\n  wan0: [lan]"), "f:5:9: a side (internet, dmz-external, dmz-internal, "
					  "lan or mirror) expected, not a list\n"},
		{SITE("\n  wan0.0: lan"), "f:5:3: wan0.0: VLAN is not 1..4094\n"},
		{SITE("\n  wan0.4095: lan"), "f:5:3: wan0.4095: VLAN is not 1..4094\n"},
		{SITE("\n  wan0.010: lan"), "f:5:3: wan0.010: VLAN is not 1..4094\n"},
		{SITE("\n  abcdefghijklmnop: lan"),
		 "f:5:3: abcdefghijklmnop: interface name is longer than 15 bytes\n"},
		{SITE("\n  a/b: lan"), NAME("a/b")},
		{SITE("\n  a b: lan"), NAME("a b")},
		{SITE("\n  a:b: lan"), NAME("a:b")},
		{SITE("\n  \"a\\e\": lan"), NAME("a\\x1b")},
		{SITE("\n  ..: lan"), "f:5:3: ..: not an interface name\n"},
		{SITE("\n  .: lan"), "f:5:3: .: not an interface name\n"},
		{SITE("\n  wan0.1: lan\n  wan0.2: lan\n  wan0.1: lan"),
		 "f:7:3: wan0.1: stands twice; first on line 5\n"},
		{SITE(" wan0"),
		 "f:4:13: wan0: interfaces with their sides expected, not a single value\n"},
	};
#undef NAME
#undef SITE

	(void)state;
	expect_refusals(cases, COUNT(cases));
}

static void too_many_interfaces(void **state)
{
	char text[8192];
	struct site site;

	(void)state;
	strcpy(text, "name: s\ntables: alpha\n" ROLES "interfaces:\n");
	for (int i = 0; i < XE_MAX_NICS; i++)
		sprintf(text + strlen(text), "  e%d: lan\n  e%d.7: lan\n", i, i);
	load(text, &site, "");
	assert_int_equal(site.n_interfaces, 2 * XE_MAX_NICS);
	site_free(&site);
	strcat(text, "  f: lan\n  e0.8: lan\n  f.8: lan\n");
	expect_refusal(text, strlen(text), "f:133:3: f: more than 64 interfaces\n");
}

static void bad_rows(void **state)
{
#define ROW(row) GOOD "rows:\n- " row "\n"
#define OK	 "name: r, l4: tcp, ports: 80, source: any, destination: public"
	static const struct refusal cases[] = {
		{GOOD "rows: {}\n", "f:5:7: a list of rows expected, not a mapping (key: value)\n"},
		{ROW("x"), "f:6:3: x: a row (name, l4, ports, …) expected, not a single value\n"},
		{ROW("{}"), "f:6:3: name: missing in this row\n"
			    "f:6:3: l4: missing in this row\n"
			    "f:6:3: source: missing in this row\n"
			    "f:6:3: destination: missing in this row\n"},
		{ROW("{" OK ", port: 1}"), "f:6:67: port: unknown key; did you mean ports?\n"},
		{ROW("{" OK ", l4: udp}"), "f:6:67: l4: stands twice; first on line 6\n"},
		{ROW("{name: Row, l4: any, source: any, destination: any}"),
		 "f:6:10: Row: not a row name: a-z, 0-9 and -, 1..48 bytes, no - in front\n"},
		{ROW("{" OK "}\n- {" OK "}"), "f:7: site/rows/r: stands twice; first on line 6\n"},
		{ROW("{name: r, l4: icmp, source: any, destination: any}"),
		 "f:6:17: icmp: l4 is tcp, udp, tcp+udp or any\n"},
		{ROW("{name: r, l4: tcp, source: any, destination: any}"),
		 "f:6:3: ports: missing in this row; write any for every port\n"},
		{ROW("{name: r, l4: tcp+udp, source: any, destination: any}"),
		 "f:6:3: ports: missing in this row; write any for every port\n"},
		{ROW("{name: r, l4: tcp, ports: 65536, source: any, destination: any}"),
		 "f:6:29: 65536: port is not 0..65535\n"},
		{ROW("{name: r, l4: tcp, ports: [80, -1, 0x50], source: any, destination: any}"),
		 "f:6:34: -1: not a port: signs and open ranges are not read\n"
		 "f:6:38: 0x50: not a port, a range lo-hi, a list a,b or any\n"},
		{ROW("{name: r, l4: tcp, ports: [], source: any, destination: any}"),
		 "f:6:29: an empty list; ports expected\n"},
		{ROW("{name: r, l4: tcp, ports: 80, source_ports: 9-8, source: any, "
		     "destination: any}"),
		 "f:6:47: 9-8: range is reversed\n"},
		{ROW("{name: r, l4: any, source: user, destination: any}"),
		 "f:6:30: user: unknown role; did you mean users?\n"},
		{ROW("{name: r, l4: any, source: 10.0.0.1/8, destination: any}"),
		 "f:6:30: 10.0.0.1/8: address bits set behind the prefix length; the network is "
		 "10.0.0.0/8\n"},
		{ROW("{name: r, l4: any, source: 10, destination: any}"),
		 "f:6:30: 10: not an IPv4 address\n"},
		{ROW("{name: r, l4: any, source: [users], destination: any}"),
		 "f:6:31: users: a list holds addresses only; write one role, or any, without a "
		 "list\n"},
		{ROW("{name: r, l4: any, source: [10.0.0.1, any], destination: any}"),
		 "f:6:41: any: a list holds addresses only; write one role, or any, without a "
		 "list\n"},
		{ROW("{name: r, l4: any, source: [], destination: any}"),
		 "f:6:30: source: an empty list; leave it out\n"},
		{ROW("{name: r, l4: any, source: {a: b}, destination: any}"),
		 "f:6:30: an address, a prefix or {file: PATH} expected, not a mapping (key: "
		 "value)\n"},
		{ROW("{" OK ", reply: maybe}"), "f:6:74: maybe: not yes or no\n"},
		{ROW("{" OK ", reply: \"\"}"),
		 "f:6:74: yes or no expected, but nothing is written\n"},
		{ROW("{" OK ", reply: [no]}"), "f:6:74: yes or no expected, not a list\n"},
		{ROW("{" OK ", replies: no}"),
		 "f:6:67: replies: unknown key; did you mean reply?\n"},
		{ROW("{" OK ", role: nobody}"), "f:6:73: nobody: unknown role\n"},
		{ROW("{" OK ", service: \"\"}"),
		 "f:6:76: service expected, but nothing is written\n"},
		{ROW("{" OK ", app: [HTTP]}"), "f:6:72: app expected, not a list\n"},
	};
#undef OK
#undef ROW

	(void)state;
	expect_refusals(cases, COUNT(cases));
}

static void texts_of_rows(void **state)
{
	char word[200], text[1024], messages[256];
	struct site site;

	(void)state;
	memset(word, 'w', sizeof(word));
	word[128] = '\0';
	snprintf(text, sizeof(text),
		 GOOD "rows: [{name: r, l4: any, source: any, destination: any, service: %s}]\n",
		 word);
	snprintf(messages, sizeof(messages), "f:5:67: %.64s…: service is longer than 127 bytes\n",
		 word);
	expect_refusal(text, strlen(text), messages);
	word[127] = '\0';
	snprintf(text, sizeof(text),
		 GOOD "rows: [{name: r, l4: any, source: any, destination: any, service: %s}]\n",
		 word);
	load(text, &site, "");
	assert_string_equal(site.rows[0].service, word);
	site_free(&site);
	/* Free text may hold anything but NUL: outputs escape it. */
	load(GOOD "rows: [{name: r, l4: any, source: any, destination: any, "
		  "service: \"\\e]0;x\\a%n</td>\"}]\n",
	     &site, "");
	assert_string_equal(site.rows[0].service, "\x1b]0;x\x07%n</td>");
	site_free(&site);
}

static void bad_ports(void **state)
{
#define SITE(ports) GOOD "ports:\n  " ports "\n"
	static const struct refusal cases[] = {
		{GOOD "ports: 80\n",
		 "f:5:8: 80: rows or roles with their ports expected, not a single value\n"},
		{SITE("alpha/outer/4: 80"),
		 "f:6:3: alpha/outer/4: unknown row; did you mean alpha/outer/1?\n"},
		{SITE("alpha/outer: 80"), "f:6:3: alpha/outer: unknown row; did you mean "
					  "alpha/outer/1?\n"},
		{SITE("beta/notes/1: 80"),
		 "f:6:3: beta/notes/1: its table is not among this site's tables\n"},
		{SITE("publi: 80-90"), "f:6:3: publi: unknown role; did you mean public?\n"},
		{SITE("any: 80-90"), "f:6:3: any: is every address, not a role\n"},
		{SITE("deep: 80-90"),
		 "f:6:3: deep: no row of this role has a range of ports; name the row instead\n"},
		{SITE("phones: 80-90"),
		 "f:6:3: phones: no row of this role has a range of ports; name the row instead\n"},
		{SITE("public: 60000-50000"), "f:6:11: 60000-50000: range is reversed\n"},
		{SITE("public: []"), "f:6:11: an empty list; ports expected\n"},
		{SITE("public: {}"), "f:6:11: neither ports nor match is set\n"},
		{SITE("public: {port: 80}"), "f:6:12: port: unknown key; did you mean ports?\n"
					     "f:6:11: neither ports nor match is set\n"},
		{SITE("public: {match: both}"),
		 "f:6:19: both: match is destination, source or either\n"},
		{SITE("public: {match: [either]}"),
		 "f:6:19: destination, source or either expected, not a list\n"},
		{SITE("alpha/inner/4: {match: either}"),
		 "f:6:3: alpha/inner/4: match is destination only: alpha/inner/4 already limits "
		 "source ports\n"},
		{SITE("inner: {ports: 60000-60099, match: source}"),
		 "f:6:3: inner: match is destination only: alpha/inner/4 already limits source "
		 "ports\n"},
		{SITE("public: 80-90\n  public: 80-90"),
		 "f:7:3: public: stands twice; first on line 6\n"},
	};
#undef SITE
	struct site site;

	(void)state;
	expect_refusals(cases, COUNT(cases));
	/* The row's own entry wins, so the role's meets no row that limits source ports. */
	load(GOOD "ports: {inner: {match: either}, alpha/inner/4: 60000-60099}\n", &site, "");
	assert_int_equal(site.n_ports, 2);
	site_free(&site);
	/* match: destination is no limit of its own. */
	load(GOOD "ports: {alpha/inner/4: {match: destination, ports: any}}\n", &site, "");
	site_free(&site);
	/* Ranges of the operator's own rows count. */
	load(GOOD "rows: [{name: r, l4: udp, ports: 7000-7999, source: any, destination: deep}]\n"
		  "ports: {deep: 7000-7099}\n",
	     &site, "");
	site_free(&site);
}

static void bad_narrow(void **state)
{
	static const struct refusal cases[] = {
		{GOOD "narrow: maybe\n", "f:5:9: maybe: unknown row, table or document\n"},
		{GOOD "narrow: [alpha/inner/11]\n",
		 "f:5:10: alpha/inner/11: unknown row, table or document; did you mean "
		 "alpha/inner/1?\n"},
		{GOOD "narrow: [alpha/inner/3]\n",
		 "f:5:10: alpha/inner/3: the row has nothing to be narrowed to\n"},
		{GOOD "narrow: [beta/notes/1]\n",
		 "f:5:10: beta/notes/1: its table is not among this site's tables\n"},
		{GOOD "narrow: [beta/notes]\n",
		 "f:5:10: beta/notes: beta/notes is not among this site's tables\n"},
		{GOOD "narrow: [beta]\n", "f:5:10: beta: is not among this site's tables\n"},
		{GOOD "narrow: [yes]\n", "f:5:10: yes: unknown row, table or document\n"},
		{GOOD "narrow: {a: b}\n",
		 "f:5:9: a row, table or document expected, not a mapping (key: value)\n"},
	};

	(void)state;
	expect_refusals(cases, COUNT(cases));
}

/* --- verdicts --------------------------------------------------------------------------------- */

/* What holds where nothing is said. */
static void defaults_of_verdicts(void **state)
{
	static const struct state_config expected = {
		.flows = 262144,
		.fragments = 4096,
		.sources = 65536,
		.life = {[XE_LIFE_NEW] = 30,
			 [XE_LIFE_CLOSING] = 10,
			 [XE_LIFE_TCP] = 7440,
			 [XE_LIFE_UDP] = 300,
			 [XE_LIFE_OTHER] = 60,
			 [XE_LIFE_FRAGMENT] = 30},
	};
	struct site site;

	(void)state;
	load(GOOD "rows: [{name: r, l4: any, source: any, destination: public}]\n", &site, "");
	assert_int_equal(site.mode, XE_MODE_MONITOR);
	assert_memory_equal(&site.state, &expected, sizeof(expected));
	assert_true(site.suggest);
	assert_false(site.payload || site.drop_foreign || site.drop_non_ip || site.drop_echo ||
		     site.pass_orphans);
	assert_int_equal(site.n_verdicts + site.n_deny + site.n_nats, 0);
	assert_false(site.rows[0].has_verdict);
	assert_int_equal(site.rows[0].verdict.kind, VERDICT_ALLOW);
	site_free(&site);

	/* One key of state leaves the others as they are. */
	load(GOOD "state: {flows: 1}\n", &site, "");
	assert_int_equal(site.state.flows, 1);
	assert_int_equal(site.state.sources, 65536);
	assert_int_equal(site.state.life[XE_LIFE_TCP], 7440);
	assert_false(site.state.off);
	site_free(&site);
}

/* A site that says all there is to say of verdicts. */
#define ALL_VERDICTS                                                                             \
	GOOD "mode: enforce\n"                                                                   \
	     "foreign: drop\nnon-ip: drop\necho: drop\nfragments: pass\n"                        \
	     "suggest: no\npayload: yes\n"                                                       \
	     "state: {flows: 67108864, fragments: 1, sources: 2, tcp: 2h, udp: 5m, other: 1s,\n" \
	     "        new: 168h, closing: 604800s, fragment: 10080m}\n"                          \
	     "nat: {203.0.113.10: 10.0.0.10, \"2001:db8::1\": \"fd00::1\"}\n"                    \
	     "verdicts:\n"                                                                       \
	     "- {row: alpha/outer/2, verdict: deny}\n"                                           \
	     "- {table: alpha/inner, limit: 50/s burst 100 per source}\n"                        \
	     "- {role: public, limit: 90/m per source, limit_on: packets}\n"                     \
	     "- {row: alpha/outer/1, verdict: allow}\n"                                          \
	     "deny:\n"                                                                           \
	     "- {name: drop-list, prefixes: [192.0.2.0/24, \"2001:db8:1::/48\"]}\n"              \
	     "- {name: one, prefixes: 198.51.100.7}\n"                                           \
	     "rows:\n"                                                                           \
	     "- {name: a, l4: any, source: any, destination: public, verdict: deny}\n"           \
	     "- {name: b, l4: any, source: any, destination: public, limit: 1/h per source}\n"   \
	     "- {name: c, l4: any, source: any, destination: public, verdict: allow}\n"          \
	     "- {name: d, l4: any, source: any, destination: public, verdict: limit,\n"          \
	     "   limit: 4294967295/s burst 4294967295 per source, limit_on: new-flows}\n"

static void all_keys_of_verdicts(void **state)
{
	static const uint32_t lives[XE_LIFE_COUNT] = {
		[XE_LIFE_NEW] = 604800, [XE_LIFE_CLOSING] = 604800, [XE_LIFE_TCP] = 7200,
		[XE_LIFE_UDP] = 300,	[XE_LIFE_OTHER] = 1,	    [XE_LIFE_FRAGMENT] = 604800,
	};
	char address[64], verdict[VERDICT_TEXT_MAX];
	const struct deny_list *list;
	struct site site;

	(void)state;
	load(ALL_VERDICTS, &site, "");
	assert_int_equal(site.mode, XE_MODE_ENFORCE);
	assert_int_equal(site.mode_line, 5);
	assert_true(site.drop_foreign && site.drop_non_ip && site.drop_echo && site.pass_orphans &&
		    site.payload);
	assert_false(site.suggest);

	assert_int_equal(site.state.flows, STATE_MAX);
	assert_int_equal(site.state.fragments, 1);
	assert_int_equal(site.state.sources, 2);
	assert_memory_equal(site.state.life, lives, sizeof(lives));

	assert_int_equal(site.n_nats, 2);
	prefix_text(&site.nats[0].outside, address, sizeof(address));
	assert_string_equal(address, "203.0.113.10");
	prefix_text(&site.nats[1].inside, address, sizeof(address));
	assert_string_equal(address, "fd00::1");
	assert_int_equal(site.nats[1].line, 14);

	assert_int_equal(site.n_verdicts, 4);
	assert_int_equal(site.verdicts[0].row, spec_row(&spec, "alpha/outer/2"));
	assert_int_equal(site.verdicts[0].table, -1);
	assert_int_equal(site.verdicts[0].role, -1);
	assert_int_equal(site.verdicts[0].verdict.kind, VERDICT_DENY);
	assert_int_equal(site.verdicts[0].line, 16);
	assert_int_equal(site.verdicts[1].table, spec_table(&spec, "alpha/inner"));
	assert_int_equal(site.verdicts[1].row, -1);
	assert_int_equal(site.verdicts[1].verdict.kind, VERDICT_LIMIT);
	assert_int_equal(site.verdicts[1].verdict.limit.interval, 20000000);
	assert_int_equal(site.verdicts[1].verdict.limit.burst, 100);
	assert_false(site.verdicts[1].verdict.limit.packets);
	assert_int_equal(site.verdicts[2].role, spec_role(&spec, "public"));
	assert_int_equal(site.verdicts[2].verdict.limit.interval, 666666666);
	assert_int_equal(site.verdicts[2].verdict.limit.burst, 90);
	assert_true(site.verdicts[2].verdict.limit.packets);
	verdict_text(&site.verdicts[2].verdict, verdict);
	assert_string_equal(verdict, "limit 90/m burst 90 per source, every packet");
	assert_int_equal(site.verdicts[3].verdict.kind, VERDICT_ALLOW);

	assert_int_equal(site.n_deny, 2);
	list = &site.deny[0];
	assert_string_equal(list->name, "drop-list");
	assert_int_equal(list->prefixes.n, 2);
	assert_string_equal(list->row.id, "site/deny/drop-list");
	assert_string_equal(list->row.service, "deny list");
	assert_string_equal(list->row.app, "");
	assert_int_equal(list->row.table, -1);
	assert_int_equal(list->row.role, -1);
	assert_int_equal(list->row.number, 1);
	assert_int_equal(list->row.line, 21);
	assert_int_equal(list->row.l4, L4_TCP | L4_UDP | L4_OTHER);
	assert_ports(&list->row.ports, "any");
	assert_ports(&list->row.source_ports, "any");
	assert_end(&list->row.source, "192.0.2.0/24,2001:db8:1::/48");
	assert_end(&list->row.destination, "any");
	assert_int_equal(list->row.verdict.kind, VERDICT_DENY);
	assert_end(&site.deny[1].row.source, "198.51.100.7");

	for (size_t i = 0; i < site.n_rows; i++)
		assert_true(site.rows[i].has_verdict);
	assert_int_equal(site.rows[0].verdict.kind, VERDICT_DENY);
	assert_int_equal(site.rows[1].verdict.kind, VERDICT_LIMIT);
	assert_int_equal(site.rows[1].verdict.limit.interval, 3600000000000ull);
	assert_int_equal(site.rows[1].verdict.limit.burst, 1);
	assert_int_equal(site.rows[2].verdict.kind, VERDICT_ALLOW);
	assert_int_equal(site.rows[3].verdict.kind, VERDICT_LIMIT);
	assert_int_equal(site.rows[3].verdict.limit.interval, 1);
	assert_int_equal(site.rows[3].verdict.limit.burst, UINT32_MAX);
	site_free(&site);

	load(GOOD "mode: rehearse\nstate: off\nrows:\n"
		  "- {name: a, l4: any, source: any, destination: public, limit: 9/s per source,\n"
		  "   limit_on: packets}\n",
	     &site, "");
	assert_int_equal(site.mode, XE_MODE_REHEARSE);
	assert_true(site.state.off);
	assert_int_equal(site.state.fragments, 4096); /* the table exists all the same */
	site_free(&site);

	/* Either word for what is not there, and where it says so. */
	load(GOOD "state: no\nsuggest: off\npayload: on\nhairpin: yes\nnarrow: on\n", &site, "");
	assert_true(site.state.off);
	assert_int_equal(site.state_line, 5);
	assert_int_equal(site.state_column, 8);
	assert_false(site.suggest);
	assert_true(site.payload && site.hairpin && site.narrow_all);
	site_free(&site);
	load(GOOD "state: off\nsuggest: no\npayload: yes\nhairpin: off\nnarrow: off\n", &site, "");
	assert_true(site.state.off);
	assert_false(site.suggest || site.hairpin || site.narrow_all);
	assert_true(site.payload);
	site_free(&site);
	load(GOOD "nat: {192.0.2.1: 10.0.0.1}\n", &site, "");
	assert_int_equal(site.state_line, 0);
	assert_int_equal(site.nats[0].line, 5);
	assert_int_equal(site.nats[0].column, 7);
	site_free(&site);
}

static void bad_verdicts(void **state)
{
#define ENTRY(text)   GOOD "verdicts: [{" text "}]\n"
#define LIMITED(text) ENTRY("role: public, limit: " text)
#define AT(column)    "f:5:" #column ": "
	static const struct refusal cases[] = {
		{GOOD "verdicts: deny\n",
		 AT(11) "deny: a list of verdicts expected, not a single value\n"},
		{GOOD "verdicts: {row: alpha/outer/1}\n",
		 AT(11) "a list of verdicts expected, not a mapping (key: value)\n"},
		{GOOD "verdicts: [deny]\n",
		 AT(12) "deny: a verdict (row, verdict, …) expected, not a single value\n"},
		{ENTRY("verdict: deny"), AT(12) "an entry names a row, a table or a role\n"},
		{ENTRY("row: alpha/outer/1"), AT(12) "neither verdict nor limit is set\n"},
		{ENTRY("row: alpha/outer/1, table: alpha/outer, verdict: deny"),
		 AT(40) "table: beside row: an entry names one row, table or role\n"},
		{ENTRY("table: alpha/outer, role: public, verdict: deny"),
		 AT(39) "role: beside table: an entry names one row, table or role\n"},
		{ENTRY("row: alpha/outer/7, verdict: deny"),
		 AT(18) "alpha/outer/7: unknown row; did you mean alpha/outer/1?\n"},
		{ENTRY("row: alpha/outer, verdict: deny"),
		 AT(18) "alpha/outer: unknown row; did you mean alpha/outer/1?\n"},
		{ENTRY("row: beta/notes/1, verdict: deny"),
		 AT(18) "beta/notes/1: its table is not among this site's tables\n"},
		{ENTRY("row: site/rows/x, verdict: deny"),
		 AT(18) "site/rows/x: a row of your own: write the verdict there\n"},
		{ENTRY("row: [alpha/outer/1], verdict: deny"),
		 AT(18) "a name expected, not a list\n"},
		{ENTRY("table: alpha/uoter, verdict: deny"),
		 AT(20) "alpha/uoter: unknown table; did you mean alpha/outer?\n"},
		{ENTRY("table: alpha, verdict: deny"),
		 AT(20) "alpha: a document; name one of its tables: outer, inner\n"},
		{ENTRY("table: beta/notes, verdict: deny"),
		 AT(20) "beta/notes: is not among this site's tables\n"},
		{ENTRY("role: pubilc, verdict: deny"),
		 AT(19) "pubilc: unknown role; did you mean public?\n"},
		{ENTRY("role: any, verdict: deny"), AT(19) "any: is every address, not a role\n"},
		{ENTRY("role: other, verdict: deny"),
		 AT(19) "other: no row of this site has it in its column role\n"},
		{"name: s\ntables: [alpha, beta]\n" ROLES INTERFACES
		 "verdicts: [{row: beta/notes/1, verdict: deny}, {table: beta/notes, limit: 1/s "
		 "per source}]\n",
		 AT(18) "beta/notes/1: an annotation: it decides nothing and takes no verdict\n" AT(
			 56) "beta/notes: annotations: they decide nothing and take no verdict\n"},
		{ENTRY("role: public, verdict: Deny"),
		 AT(36) "Deny: verdict is allow, deny or limit\n"},
		{ENTRY("role: public, verdict: limit"),
		 AT(36) "limit: of what? write limit: 50/s burst 100 per source\n"},
		{ENTRY("role: public, verdict: deny, limit: 5/s per source"),
		 AT(36) "deny: contradicts the limit\n"},
		{ENTRY("role: public, verdict: allow, limit: 5/s per source"),
		 AT(36) "allow: contradicts the limit\n"},
		{ENTRY("role: public, verdict: deny, limit_on: packets"),
		 AT(52) "limit_on: there is no limit\n"},
		{ENTRY("role: public, limit_on: packets"), AT(37) "limit_on: there is no limit\n"},
		{ENTRY("role: public, limit: 5/s per source, limit_on: syn"),
		 AT(60) "syn: limit_on is new-flows or packets\n"},
		{ENTRY("role: public, verdict: deny, why: x"), AT(42) "why: unknown key\n"},
		{GOOD "verdicts:\n- {role: public, verdict: deny}\n- {table: alpha/outer, verdict: "
		      "deny}\n- {role: public, verdict: deny}\n- {role: public, verdict: allow}\n",
		 "f:8:10: public: has its verdict on line 6\n"
		 "f:9:10: public: has its verdict on line 6\n"},
		{GOOD "verdicts:\n- {row: alpha/outer/1, verdict: deny}\n"
		      "- {row: alpha/outer/1, limit: 1/s per source}\n",
		 "f:7:9: alpha/outer/1: has its verdict on line 6\n"},
		/* Rates. */
		{LIMITED("0"), AT(34) "0: a rate of 0: write verdict: deny\n"},
		{LIMITED("00"),
		 AT(34) "00: not a rate as 50/s burst 100 per source; the rate is per "
			"/s, /m or /h\n"},
		{LIMITED("0/s per source"), AT(34) "0/s per source: a rate of 0: write verdict: "
						   "deny\n"},
		{LIMITED("-1/s per source"),
		 AT(34) "-1/s per source: the rate is not 1..4294967295\n"},
		{LIMITED("4294967296/s per source"),
		 AT(34) "4294967296/s per source: the rate is not 1..4294967295\n"},
		{LIMITED("99999999999999999999/s per source"),
		 AT(34) "99999999999999999999/s per source: the rate is not 1..4294967295\n"},
		{LIMITED("0x10/s per source"),
		 AT(34) "0x10/s per source: the rate is not 1..4294967295\n"},
		{LIMITED("1.5/s per source"),
		 AT(34) "1.5/s per source: the rate is not 1..4294967295\n"},
		{LIMITED("05/s per source"),
		 AT(34) "05/s per source: the rate is not 1..4294967295\n"},
		{LIMITED("5/s burst 0 per source"),
		 AT(34) "5/s burst 0 per source: a burst of 0 lets nothing pass\n"},
		{LIMITED("5/s burst 4294967296 per source"),
		 AT(34) "5/s burst 4294967296 per source: the burst is not 1..4294967295\n"},
		{LIMITED("1/h burst 4294967295 per source"),
		 AT(34) "1/h burst 4294967295 per source: after this burst the bucket takes more "
			"than a hundred years to be full again\n"},
		{LIMITED("5/s burst per source"),
		 AT(34) "5/s burst per source: the burst is not 1..4294967295\n"},
		{LIMITED("5/s burst"), AT(34) "5/s burst: a number expected behind burst\n"},
		{LIMITED("5/s"),
		 AT(34) "5/s: limits are counted for each source: end it with per source\n"},
		{LIMITED("5/s burst 9"), AT(34) "5/s burst 9: limits are counted for each source: "
						"end it with per source\n"},
		{LIMITED("5/s per"),
		 AT(34) "5/s per: limits are counted for each source: end it with per source\n"},
		{LIMITED("5/s per destination"),
		 AT(34) "5/s per destination: not a rate as 50/s burst 100 per source\n"},
		{LIMITED("5/s per source burst 9"),
		 AT(34) "5/s per source burst 9: not a rate as 50/s burst 100 per source\n"},
		{LIMITED("5 per source"), AT(34) "5 per source: not a rate as 50/s burst 100 per "
						 "source; the rate is per /s, /m or /h\n"},
		{LIMITED("5/d per source"), AT(34) "5/d per source: not a rate as 50/s burst 100 "
						   "per source; the rate is per /s, /m or /h\n"},
		{LIMITED("5/sec per source"), AT(34) "5/sec per source: not a rate as 50/s burst "
						     "100 per source; the rate is per /s, /m or "
						     "/h\n"},
		{LIMITED("/s per source"), AT(34) "/s per source: the rate is not 1..4294967295\n"},
		{LIMITED("\" \""), AT(34) " : not a rate as 50/s burst 100 per source\n"},
		{LIMITED("[5]"),
		 AT(34) "a rate as 50/s burst 100 per source expected, not a list\n"},
		{LIMITED(""), AT(34) "a rate as 50/s burst 100 per source expected, but nothing is "
				     "written\n"},
		/* Without flows nothing is new. */
		{ENTRY("role: public, limit: 5/s per source") "state: off\n",
		 AT(34) "new-flows: no flows are remembered (state: off): write limit_on: "
			"packets\n"},
		{ENTRY("role: public, limit: 5/s per source, limit_on: new-flows") "state: off\n",
		 AT(60) "new-flows: no flows are remembered (state: off): write limit_on: "
			"packets\n"},
		/* Rows of one's own. */
		{GOOD
		 "rows:\n- {name: r, l4: any, source: any, destination: public, verdict: deny,\n"
		 "   limit: 0/s per source}\n",
		 "f:7:11: 0/s per source: a rate of 0: write verdict: deny\n"
		 "f:6:65: deny: contradicts the limit\n"},
		{GOOD "state: off\nrows:\n- {name: r, l4: any, source: any, destination: public, "
		      "limit: 9/s per source}\n",
		 "f:7:63: new-flows: no flows are remembered (state: off): write limit_on: "
		 "packets\n"},
	};
#undef LIMITED
#undef ENTRY

	(void)state;
	expect_refusals(cases, COUNT(cases));
}

static void bad_deny(void **state)
{
#define LIST(text) GOOD "deny: [{" text "}]\n"
	static const struct refusal cases[] = {
		{GOOD "deny: 192.0.2.1\n", AT(7) "expected: deny: [{name: NAME, file: PATH}]\n"},
		{GOOD "deny: {file: good}\n", AT(7) "expected: deny: [{name: NAME, file: PATH}]\n"},
		{GOOD "deny: [192.0.2.1]\n", AT(8) "192.0.2.1: a list (name, file or prefixes) "
						   "expected, not a single value\n"},
		{LIST("prefixes: 192.0.2.1"), AT(8) "name: missing in this list\n"},
		{LIST("name: a"), AT(8) "prefixes: missing in this list; or a file\n"},
		{LIST("name: A, prefixes: 192.0.2.1"),
		 AT(15) "A: not a name of a list: a-z, 0-9 and -, 1..48 bytes, no - in front\n"},
		{LIST("name: a, prefixes: []"), AT(28) "a: an empty list; leave it out\n"},
		{LIST("name: a, prefixes: 192.0.2.1/24"),
		 AT(28) "192.0.2.1/24: address bits set behind the prefix length; the network is "
			"192.0.2.0/24\n"},
		/* by parts it is not noticed, in one word it is */
		{LIST("name: a, prefixes: [192.0.2.1, 0.0.0.0/0, \"::/0\"]"),
		 AT(40) "0.0.0.0/0: denies every address\n" AT(51) "::/0: denies every address\n"},
		{LIST("name: a, prefixes: public"), AT(28) "public: not an address or prefix\n"},
		{LIST("name: a, prefix: 192.0.2.1"),
		 AT(18) "prefix: unknown key; did you mean prefixes?\n" AT(
			 8) "prefixes: missing in this list; or a file\n"},
		{LIST("name: a, prefixes: 192.0.2.1, file: x"),
		 AT(45) "file: beside prefixes: write it there, as an item {file: PATH}\n"},
		{LIST("name: a, file: none"), "none: cannot be read: No such file or directory\n"},
		{LIST("name: a, file: {file: x}"),
		 AT(24) "the path of a file expected, not a mapping (key: value)\n"},
		{GOOD "deny:\n- {name: a, prefixes: 192.0.2.1}\n- {name: b, prefixes: 192.0.2.1}\n"
		      "- {name: a, prefixes: 192.0.2.2}\n",
		 "f:8:10: a: stands twice; first on line 6\n"},
	};
#undef LIST
	static const struct refusal files[] = {
		/* Bad lines of a list name their own place, all of them. */
		{GOOD "deny: [{name: a, file: bad}]\n",
		 "bad:2: 192.0.2.300: not an IPv4 address\n"
		 "bad:5: 10.0.0.1 10.0.0.2: one address or prefix a line\n"},
		{GOOD "deny: [{name: a, file: empty}]\n", "empty: no address in it\n"},
		{GOOD "deny: [{name: a, file: all}]\n", "all:2: 0.0.0.0/0: denies every address\n"},
		{GOOD "deny: [{name: a, prefixes: [\"::/0\", {file: all}]}]\n",
		 "f:5:29: ::/0: denies every address\nall:2: 0.0.0.0/0: denies every address\n"},
	};
	static const char bad[] = "192.0.2.0/24\n192.0.2.300\n# 1\n\n10.0.0.1 10.0.0.2\n";
	static const char good[] = "192.0.2.0/24\n2001:db8::/32\n", all[] = "::1\n0.0.0.0/0\n";
	char big[16384] = GOOD "deny:\n";
	struct site site;

	(void)state;
	expect_refusals(cases, COUNT(cases));
	input_write("bad", bad, strlen(bad));
	input_write("empty", "# nothing today\n", 16);
	input_write("all", all, strlen(all));
	expect_refusals(files, COUNT(files));
	/* Good ones, beside one in the site. */
	input_write("good", good, strlen(good));
	load(GOOD "deny: [{name: a, file: good}, {name: b, prefixes: [{file: good}, 10.0.0.1]}]\n",
	     &site, "");
	assert_int_equal(site.deny[0].prefixes.n, 2);
	assert_int_equal(site.deny[1].prefixes.n, 3);
	site_free(&site);
	for (unsigned i = 0; i < 1025; i++)
		strcat(big, "- {}\n");
	expect_refusal(big, strlen(big), "f:6:1: more than 1024 lists\n");
}

static void bad_state(void **state)
{
#define STATE(text) GOOD "state: {" text "}\n"
	static const struct refusal cases[] = {
		{GOOD "state: on\n", AT(8) "on: not off, nor a mapping as {flows: 262144}\n"},
		{GOOD "state:\n", AT(7) "off, or flows and so on expected, but nothing is "
					"written\n"},
		{GOOD "state: [off]\n", AT(8) "off, or flows and so on expected, not a list\n"},
		{STATE("flow: 1"), AT(9) "flow: unknown key; did you mean flows?\n"},
		{STATE("flows: 0"), AT(16) "0: not a number 1..67108864\n"},
		{STATE("flows: 67108865"), AT(16) "67108865: not a number 1..67108864\n"},
		{STATE("flows: 1e6"), AT(16) "1e6: not a number 1..67108864\n"},
		{STATE("fragments: 4294967297"), AT(20) "4294967297: not a number 1..67108864\n"},
		{STATE("sources: -1"), AT(18) "-1: not a number 1..67108864\n"},
		{STATE("sources: []"), AT(18) "how many expected, not a list\n"},
		{STATE("tcp: 30"), AT(14) "30: not a duration as 30s, 5m or 2h\n"},
		{STATE("tcp: s"), AT(14) "s: not a duration as 30s, 5m or 2h\n"},
		{STATE("udp: 5 m"), AT(14) "5 m: not a duration as 30s, 5m or 2h\n"},
		{STATE("udp: 1d"), AT(14) "1d: not a duration as 30s, 5m or 2h\n"},
		{STATE("udp: 99999999999999999999s"),
		 AT(14) "99999999999999999999s: not a duration as 30s, 5m or 2h\n"},
		{STATE("new: 0s"), AT(14) "0s: the duration is not 1s to 168h\n"},
		{STATE("closing: 169h"), AT(18) "169h: the duration is not 1s to 168h\n"},
		{STATE("fragment: 604801s"), AT(19) "604801s: the duration is not 1s to 168h\n"},
		{STATE("other: -5s"), AT(16) "-5s: not a duration as 30s, 5m or 2h\n"},
	};
#undef STATE

	(void)state;
	expect_refusals(cases, COUNT(cases));
}

static void bad_nat(void **state)
{
#define NAT(text) GOOD "nat: {" text "}\n"
	static const struct refusal cases[] = {
		{GOOD "nat: [192.0.2.1]\n",
		 AT(6) "addresses with what they become expected, not a list\n"},
		{NAT("192.0.2.0/24: 10.0.0.0/24"),
		 AT(7) "192.0.2.0/24: a network; addresses are translated one by one\n" AT(
			 21) "10.0.0.0/24: a network; addresses are translated one by one\n"},
		{NAT("192.0.2.1: fd00::1"),
		 AT(18) "fd00::1: not of the same family as 192.0.2.1\n"},
		{NAT("public: 10.0.0.1"), AT(7) "public: not an address or prefix\n"},
		{NAT("192.0.2.1: []"), AT(18) "an address expected, not a list\n"},
		{NAT("192.0.2.1: 192.0.2.1"),
		 AT(18) "192.0.2.1: stands twice in nat; first on line 5\n"},
		{NAT("192.0.2.1: 10.0.0.1, 192.0.2.1: 10.0.0.2"),
		 AT(28) "192.0.2.1: stands twice; first on line 5\n"},
		{NAT("192.0.2.1: 10.0.0.1,\n  192.0.2.2: 10.0.0.1,\n  10.0.0.1: 10.0.0.9"),
		 "f:6:14: 10.0.0.1: stands twice in nat; first on line 5\n"
		 "f:7:3: 10.0.0.1: stands twice in nat; first on line 5\n"},
		{NAT("\"2001:db8::1\": \"fd00::1\", \"2001:db8:0::1\": \"fd00::2\""),
		 AT(33) "2001:db8:0::1: stands twice in nat; first on line 5\n"},
		{NAT("192.0.2.1: 10.0.0.1") "state: off\n",
		 AT(6) "nat: no flows are remembered (state: off), so nothing needs "
		       "translating\n"},
	};
#undef NAT

	(void)state;
	expect_refusals(cases, COUNT(cases));
}

static void bad_choices(void **state)
{
	static const struct refusal cases[] = {
		{GOOD "foreign: deny\n", AT(10) "deny: not pass or drop\n"},
		{GOOD "non-ip: yes\n", AT(9) "yes: not pass or drop\n"},
		{GOOD "echo:\n", AT(6) "pass or drop expected, but nothing is written\n"},
		{GOOD "fragments: drop\n", AT(12) "drop: not strict or pass\n"},
		{GOOD "suggest: keep\n", AT(10) "keep: not yes or no\n"},
		{GOOD "payload: [yes]\n", AT(10) "yes or no expected, not a list\n"},
	};
#undef AT

	(void)state;
	expect_refusals(cases, COUNT(cases));
}

/* Limits and durations read back as they are written. */
static void limits_read_back(void **state)
{
	static const char *const limits[] = {
		"1/s burst 1 per source",
		"50/s burst 100 per source",
		"300000/s burst 5 per source",
		"7/s burst 7 per source",
		"1/m burst 3 per source",
		"90/m burst 90 per source",
		"1/h burst 1 per source",
		"7/h burst 4000 per source",
		"1000000000/s burst 4294967295 per source",
	};
	static const char *const durations[] = {"1s", "59s", "1m", "90s", "2h", "124m", "168h"};
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT(limits); i++) {
		struct limit limit = {0};
		char text[LIMIT_TEXT_MAX];

		assert_int_equal(limit_parse(limits[i], &limit, &why), 0);
		limit_text(&limit, text);
		assert_string_equal(text, limits[i]);
	}
	/* Of every rate, whatever its text, the interval comes back. */
	for (uint64_t rate = 1; rate <= UINT32_MAX; rate = rate * 3 / 2 + 1) {
		static const char units[] = "smh";

		for (unsigned i = 0; i < 3; i++) {
			struct limit limit = {0}, again = {0};
			char text[LIMIT_TEXT_MAX];

			snprintf(text, sizeof(text), "%llu/%c burst 2 per source",
				 (unsigned long long)rate, units[i]);
			assert_int_equal(limit_parse(text, &limit, &why), 0);
			limit_text(&limit, text);
			assert_int_equal(limit_parse(text, &again, &why), 0);
			assert_int_equal(again.interval, limit.interval);
			assert_int_equal(again.burst, 2);
		}
	}
	for (size_t i = 0; i < COUNT(durations); i++) {
		char text[DURATION_TEXT_MAX];
		uint32_t seconds;

		assert_int_equal(duration_parse(durations[i], &seconds, &why), 0);
		duration_text(seconds, text);
		assert_string_equal(text, durations[i]);
	}
}

/* A few bytes changed, taken out, put in, or a part said twice: read, or refused with a reason. */
static void mutated_sites(void **state)
{
	static const char letters[] = "{}[]:,-&*\"'#/ \n0129azAZ\t\\\x80\xff";
	const char whole[] = ALL_VERDICTS;
	char text[2 * sizeof(whole)];
	unsigned good = 0, bad = 0;
	struct site site;

	(void)state;
	srand(4);
	for (unsigned round = 0; round < 4000; round++) {
		size_t len = sizeof(whole) - 1, at, n;

		memcpy(text, whole, len);
		for (int edits = 1 + rand() % 2; edits > 0; edits--) {
			at = (size_t)rand() % len;
			n = 1 + (size_t)rand() % 6;
			if (n > len - at)
				n = len - at;
			switch (rand() % 4) {
			case 0:
				text[at] = letters[(size_t)rand() % (sizeof(letters) - 1)];
				break;
			case 1:
				memmove(text + at, text + at + n, len - at - n);
				len -= n;
				break;
			case 2:
				memmove(text + at + n, text + at, len - at);
				len += n;
				break;
			default:
				memcpy(text + at, whole + (size_t)rand() % (sizeof(whole) - n - 1),
				       n);
			}
		}
		input_write("f", text, len);
		input_capture();
		if (site_load("f", &spec, &site)) {
			assert_string_not_equal(input_captured(), "");
			bad++;
		} else {
			input_captured();
			assert_true(site.state.flows >= 1 && site.state.flows <= STATE_MAX);
			for (size_t i = 0; i < site.n_verdicts; i++) {
				const struct verdict *verdict = &site.verdicts[i].verdict;

				assert_true(verdict->kind != VERDICT_LIMIT ||
					    (verdict->limit.interval && verdict->limit.burst));
			}
			good++;
		}
		site_free(&site);
	}
	assert_true(good > 20 && bad > 20); /* neither is all there is */
}

/* One run names the faults of all sections. */
static void all_sections_are_reported(void **state)
{
	static const char text[] = "name: S\ntables: x\nroles: {y: 1}\ninterfaces: {eth0: z}\n"
				   "rows: [w]\nports: {v: 1}\nnarrow: u\nhairpin: t\nmode: r\n";

	(void)state;
	expect_refusal(text, strlen(text),
		       "f:1:7: S: not a site name: a-z, 0-9 and -, 1..32 bytes, no - in front\n"
		       "f:9:7: r: unknown mode; it is monitor, rehearse or enforce\n"
		       "f:2:9: x: unknown document or table\n"
		       "f:3:9: y: unknown role\n"
		       "f:4:20: z: unknown side; it is internet, dmz-external, dmz-internal, lan "
		       "or mirror\n"
		       "f:5:8: w: a row (name, l4, ports, …) expected, not a single value\n"
		       "f:6:9: v: unknown role\n"
		       "f:7:9: u: unknown row, table or document\n"
		       "f:8:10: t: not yes or no\n");
}

/* --- files ------------------------------------------------------------------------------------ */

static void bad_files(void **state)
{
	struct site site;

	(void)state;
	expect_file_refusal("none", -ENOENT, "none: cannot be read: No such file or directory\n");
	expect_file_refusal(".", -EISDIR, ".: is a directory, not a regular file\n");
	expect_file_refusal("/dev/zero", -EINVAL, "/dev/zero: is a device, not a regular file\n");
	assert_int_equal(mkfifo("fifo", 0600), 0);
	expect_file_refusal("fifo", -EINVAL, "fifo: is a FIFO, not a regular file\n");
	input_write("f", GOOD, strlen(GOOD));
	assert_int_equal(symlink("f", "link"), 0);
	assert_int_equal(site_load("link", &spec, &site), 0);
	site_free(&site);
	input_write("big", "", 0);
	assert_int_equal(truncate("big", (64 << 20) + 1), 0);
	expect_file_refusal("big", -EFBIG, "big: larger than 64 MiB\n");
	chmod("f", 0);
	if (access("f", R_OK)) /* root may read anything */
		expect_file_refusal("f", -EACCES, "f: cannot be read: Permission denied\n");
	chmod("f", 0600);
}

static FILE *open_f(const char *head)
{
	FILE *file = fopen("f", "w");

	assert_non_null(file);
	fputs(head, file);
	return file;
}

/* Large sites are read in time that grows with their size, and faulty ones are given up soon. */
static void large_sites(void **state)
{
	struct site site;
	FILE *file;

	(void)state;
	file = open_f("name: s\ntables: alpha\n" INTERFACES "roles:\n  users:\n");
	for (unsigned i = 0; i < 100000; i++) /* in no order */
		fprintf(file, "  - 10.%u.%u.%u\n", i * 7919 % 100003 >> 16 & 255,
			i * 7919 % 100003 >> 8 & 255, i * 7919 % 100003 & 255);
	fclose(file);
	input_capture();
	assert_int_equal(site_load("f", &spec, &site), 0);
	assert_string_equal(input_captured(), "");
	assert_int_equal(site.role_prefixes[6].n, 100000);
	for (size_t i = 1; i < 100000; i++)
		assert_true(prefix_compare(&site.role_prefixes[6].v[i - 1],
					   &site.role_prefixes[6].v[i]) < 0);
	site_free(&site);

	file = open_f(GOOD "rows:\n");
	for (unsigned i = 0; i < 20000; i++)
		fprintf(file,
			"- {name: r%u, l4: udp, ports: %u, source: any, destination: public}\n", i,
			i);
	fclose(file);
	assert_int_equal(site_load("f", &spec, &site), 0);
	assert_int_equal(site.n_rows, 20000);
	site_free(&site);

	file = open_f(GOOD);
	for (unsigned i = 0; i < 100000; i++)
		fprintf(file, "key%u: x\n", i);
	fclose(file);
	input_capture();
	assert_int_equal(site_load("f", &spec, &site), -EINVAL);
	assert_non_null(strstr(input_captured(), "f: more errors follow, not shown\n"));

	file = open_f(GOOD "rows: [");
	for (unsigned i = 0; i < 600000; i++)
		fputs("a,a,", file);
	fclose(file);
	expect_file_refusal("f", -EINVAL, "f:5:2097128: more than 1048576 values\n");

	file = open_f("name: s\n");
	for (unsigned i = 0; i < 400000; i++)
		fprintf(file, "k%u: &a%u x\n", i, i);
	fclose(file);
	expect_file_refusal("f", -EINVAL, "f:258:7: a256: more than 256 anchors\n");

	/* Aliases do not multiply: the list is counted each time it is used. */
	file = open_f("name: s\ntables: alpha\n" INTERFACES "roles:\n  public: &a [");
	for (unsigned i = 0; i < 700000; i++)
		fprintf(file, "10.%u.%u.%u,", i >> 16, i >> 8 & 255, i & 255);
	fputs("]\n  inner: *a\n  deep: *a\n", file);
	fclose(file);
	expect_file_refusal("f", -EINVAL,
			    "f:5:11: deep: more than 2097152 addresses in the site\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_site),
		cmocka_unit_test(short_forms),
		cmocka_unit_test(repeated_prefixes_are_one),
		cmocka_unit_test(vlans_of_a_trunk),
		cmocka_unit_test(bad_yaml),
		cmocka_unit_test(bad_text),
		cmocka_unit_test(bad_keys),
		cmocka_unit_test(bad_short_keys),
		cmocka_unit_test(nothing_to_do),
		cmocka_unit_test(bad_tables),
		cmocka_unit_test(bad_roles),
		cmocka_unit_test(bad_interfaces),
		cmocka_unit_test(too_many_interfaces),
		cmocka_unit_test(bad_rows),
		cmocka_unit_test(texts_of_rows),
		cmocka_unit_test(bad_ports),
		cmocka_unit_test(bad_narrow),
		cmocka_unit_test(defaults_of_verdicts),
		cmocka_unit_test(all_keys_of_verdicts),
		cmocka_unit_test(bad_verdicts),
		cmocka_unit_test(bad_deny),
		cmocka_unit_test(bad_state),
		cmocka_unit_test(bad_nat),
		cmocka_unit_test(bad_choices),
		cmocka_unit_test(limits_read_back),
		cmocka_unit_test(mutated_sites),
		cmocka_unit_test(all_sections_are_reported),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(large_sites),
	};

	return cmocka_run_group_tests_name("site", tests, setup, teardown);
}
