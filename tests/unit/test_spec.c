// SPDX-License-Identifier: GPL-2.0-only
/* Reader of the spec tables: what is read, and the exact words of every refusal. */
#include "input.h"

#include <errno.h>

#include "policy/addr.h"
#include "policy/csv_table.h"
#include "policy/spec.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define ROLES_HEADER  "name,title,side,protected,member_of,stand_in,aliases\n"
#define TABLES_HEADER "table,kind,title\n"
#define ROWS_HEADER   "row,role,service,app,l4,source_ports,ports,source,destination,narrow_to,note\n"

#define GOOD_ROLES                                                              \
	ROLES_HEADER "server,Server,lan,yes,,,\nclient,Client,internet,no,,,\n" \
		     "phone,Phone,lan,no,,client,\n"
#define GOOD_TABLES TABLES_HEADER "doc/table,ports,Title\n"
#define GOOD_ROWS   ROWS_HEADER "1,server,Web,HTTPS,tcp,any,443,any,server,,\n"

/* A spec in ./s of these three files; NULL: none. */
static void write_spec(const char *roles, const char *tables, const char *rows)
{
	mkdir("s", 0700);
	mkdir("s/doc", 0700);
	unlink("s/roles.csv");
	unlink("s/tables.csv");
	unlink("s/doc/table.csv");
	if (roles)
		input_write("s/roles.csv", roles, strlen(roles));
	if (tables)
		input_write("s/tables.csv", tables, strlen(tables));
	if (rows)
		input_write("s/doc/table.csv", rows, strlen(rows));
}

/* Loading ./s fails with these messages, and leaves nothing behind. */
static void expect_refusal(int err, const char *messages)
{
	static const struct spec empty;
	struct spec spec;
	int got;

	memset(&spec, 0xaa, sizeof(spec));
	input_capture();
	got = spec_load("s", &spec);
	assert_string_equal(input_captured(), messages);
	assert_int_equal(got, err);
	assert_memory_equal(&spec, &empty, sizeof(spec));
}

struct refusal {
	const char *text, *messages;
};

/* --- what is read ----------------------------------------------------------------------------- */

static void small_spec(void **state)
{
	struct spec spec;
	const struct row *row;

	(void)state;
	assert_int_equal(spec_load(input_path("tests/fixtures/spec/small"), &spec), 0);
	assert_int_equal(spec.n_roles, 9);
	assert_int_equal(spec.n_tables, 4);
	assert_int_equal(spec.n_rows, 12);

	assert_int_equal(spec_role(&spec, "deep"), 4);
	assert_int_equal(spec_role(&spec, "dee"), -1);
	assert_int_equal(spec_role(&spec, "any"), -1);
	assert_string_equal(spec.roles[4].title, "Inner server with one more duty");
	assert_int_equal(spec.roles[4].side, XE_SIDE_LAN);
	assert_int_equal(spec.roles[5].side, XE_SIDE_DMZ_INTERNAL);
	assert_true(spec.roles[4].is_protected);
	assert_false(spec.roles[6].is_protected);
	assert_int_equal(spec.roles[4].member_of, 3);
	assert_int_equal(spec.roles[2].member_of, -1);
	assert_int_equal(spec.roles[2].depth, 0);
	assert_int_equal(spec.roles[3].depth, 1);
	assert_int_equal(spec.roles[4].depth, 2);
	assert_int_equal(spec.roles[1].stand_in, 0);
	assert_int_equal(spec.roles[0].stand_in, -1);
	assert_true(spec_role_within(&spec, 4, 2));
	assert_false(spec_role_within(&spec, 2, 4));
	assert_false(spec_role_within(&spec, 2, 2));

	assert_int_equal(spec_table(&spec, "alpha/inner"), 1);
	assert_int_equal(spec_table(&spec, "alpha"), -1);
	assert_string_equal(spec.tables[1].document, "alpha");
	assert_string_equal(spec.tables[1].title, "Inner, with a comma");
	assert_false(spec.tables[1].annotation);
	assert_true(spec.tables[2].annotation);
	assert_int_equal(spec.tables[1].first_row, 5);
	assert_int_equal(spec.tables[1].n_rows, 6);
	assert_int_equal(spec.tables[3].n_rows, 0);

	assert_int_equal(spec_row(&spec, "alpha/outer/5"), 3);
	assert_int_equal(spec_row(&spec, "alpha/outer/4"), -1);
	assert_int_equal(spec_row(&spec, "alpha/outer/05"), -1);
	assert_int_equal(spec_row(&spec, "alpha/outer/"), -1);
	assert_int_equal(spec_row(&spec, "alpha/outer"), -1);
	assert_int_equal(spec_row(&spec, "alpha/oute/5"), -1);
	assert_int_equal(spec_row(&spec, "beta/empty/1"), -1);
	for (size_t i = 0; i < spec.n_rows; i++)
		assert_int_equal(spec_row(&spec, spec.rows[i].id), i);

	row = &spec.rows[spec_row(&spec, "alpha/inner/1")];
	assert_string_equal(row->id, "alpha/inner/1");
	assert_int_equal(row->table, 1);
	assert_int_equal(row->number, 1);
	assert_int_equal(row->role, 3);
	assert_string_equal(row->service, "Calls");
	assert_string_equal(row->app, "SIP");
	assert_int_equal(row->l4, L4_TCP);
	assert_int_equal(row->source.kind, END_ANY);
	assert_int_equal(row->destination.kind, END_ROLES);
	assert_int_equal(row->destination.n_roles, 1);
	assert_int_equal(row->destination.roles[0], 3);
	assert_int_equal(row->n_narrow_to, 2);
	assert_int_equal(row->narrow_to[0], 2);
	assert_int_equal(row->narrow_to[1], 6);
	assert_int_equal(row->line, 2);
	assert_string_equal(row->file, spec.tables[1].file);
	assert_non_null(strstr(row->file, "/tests/fixtures/spec/small/alpha/inner.csv"));

	row = &spec.rows[spec_row(&spec, "alpha/inner/3")];
	assert_true(row_is_dhcp(row));
	assert_false(row_has_range(row));
	assert_int_equal(port_set_count(&row->source_ports), 2);
	assert_int_equal(port_set_count(&row->ports), 2);
	assert_true(row_has_range(&spec.rows[spec_row(&spec, "alpha/outer/2")]));
	assert_false(row_has_range(&spec.rows[spec_row(&spec, "alpha/outer/1")]));
	assert_false(row_has_range(&spec.rows[spec_row(&spec, "beta/notes/1")]));
	assert_int_equal(spec.rows[spec_row(&spec, "beta/notes/1")].role, 3);
	assert_int_equal(spec.rows[spec_row(&spec, "beta/notes/1")].l4, L4_TCP | L4_UDP | L4_OTHER);
	spec_free(&spec);
	spec_free(&spec);
}

/* The tables of the project: all read, and as many rows as the documents have. */
static void shipped_spec(void **state)
{
	static const struct {
		const char *table;
		size_t rows;
	} expected[] = {
		{"lync2013-internal/required-server-ports", 52},
		{"lync2013-internal/hlb-hardware", 20},
		{"lync2013-internal/hlb-dns", 6},
		{"lync2013-internal/client-ports", 12},
		{"lync2013-director/firewall", 9},
		{"sfb-internal/required-server-ports", 53},
		{"sfb-internal/hlb-hardware", 20},
		{"sfb-internal/hlb-dns", 6},
		{"sfb-internal/client-ports", 12},
		{"sfb-internal/ipsec-exceptions", 15},
		{"lync2013-edge-nat/external", 16},
		{"lync2013-edge-nat/internal", 11},
		{"lync2013-edge-nat/federation", 1},
		{"lync2013-edge-nat/public-im", 6},
		{"lync2013-edge-nat/xmpp", 3},
	};
	struct spec spec;

	(void)state;
	assert_int_equal(spec_load(input_path("maps/spec"), &spec), 0);
	assert_int_equal(spec.n_tables, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++) {
		int table = spec_table(&spec, expected[i].table);

		assert_int_equal(table, i);
		assert_int_equal(spec.tables[table].n_rows, expected[i].rows);
		assert_int_equal(spec.tables[table].annotation,
				 strcmp(expected[i].table, "sfb-internal/ipsec-exceptions") == 0);
	}
	spec_free(&spec);
}

static void forms_of_text_that_are_accepted(void **state)
{
	static const char *const forms[] = {
		/* CRLF */
		"row,role,service,app,l4,source_ports,ports,source,destination,narrow_to,note\r\n"
		"1,server,Web,HTTPS,tcp,any,443,any,server,,\r\n",
		/* byte order mark, no last newline */
		"\xef\xbb\xbfrow,role,service,app,l4,source_ports,ports,source,destination,"
		"narrow_to,note\n1,server,Web,HTTPS,tcp,any,443,any,server,,",
		/* quotes everywhere, blank lines, blanks around unquoted cells */
		"\n" ROWS_HEADER "\n\n \n\"1\",\"server\",Web , HTTPS,\"tcp\",any,\"443\",any,"
		"server,\"\",\"\"\n\n",
		GOOD_ROWS,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		struct spec spec;

		write_spec(GOOD_ROLES, GOOD_TABLES, forms[i]);
		assert_int_equal(spec_load("s", &spec), 0);
		assert_int_equal(spec.n_rows, 1);
		assert_string_equal(spec.rows[0].service, "Web");
		assert_string_equal(spec.rows[0].app, "HTTPS");
		assert_string_equal(spec.rows[0].note, "");
		spec_free(&spec);
	}
}

static void lines_are_counted_through_quoted_newlines(void **state)
{
	struct spec spec;

	(void)state;
	write_spec(GOOD_ROLES, GOOD_TABLES,
		   ROWS_HEADER "1,server,\"A \"\"B\"\",\nC\",HTTPS,tcp,any,443,any,server,,\n\n"
			       "2,server,Web,HTTPS,tcp,any,443,any,server,,\n");
	assert_int_equal(spec_load("s", &spec), 0);
	assert_string_equal(spec.rows[0].service, "A \"B\",\nC");
	assert_int_equal(spec.rows[0].line, 2);
	assert_int_equal(spec.rows[1].line, 5);
	spec_free(&spec);
}

/* --- what is refused: rows -------------------------------------------------------------------- */

static void bad_rows(void **state)
{
#define F "s/doc/table.csv"
	static const struct refusal cases[] = {
		{ROWS_HEADER "1,server,Web,HTTPS,tcp,any,443,any\n", F ":2: 1: 8 cells, not 11\n"},
		{ROWS_HEADER "1,server,Web,HTTPS,tcp,any,443,any,server,,,x\n",
		 F ":2: 1: 12 cells, not 11\n"},
		{ROWS_HEADER "0,server,Web,,tcp,any,443,any,server,,\n",
		 F ":2: 0: row is not a number 1..65535\n"},
		{ROWS_HEADER "01,server,Web,,tcp,any,443,any,server,,\n",
		 F ":2: 01: row is not a number 1..65535\n"},
		{ROWS_HEADER ",server,Web,,tcp,any,443,any,server,,\n",
		 F ":2: \"\": row is not a number 1..65535\n"},
		{ROWS_HEADER "3,server,Web,,tcp,any,443,any,server,,\n"
			     "3,server,Web,,tcp,any,443,any,server,,\n",
		 F ":3: 3: row stands twice; first on line 2\n"},
		{ROWS_HEADER "3,server,Web,,tcp,any,443,any,server,,\n"
			     "2,server,Web,,tcp,any,443,any,server,,\n",
		 F ":3: 2: rows must stand in order; line 2 has row 3\n"},
		{ROWS_HEADER "1,sever,Web,,tcp,any,443,any,server,,\n",
		 F ":2: sever: role is not a role or any; did you mean server?\n"},
		{ROWS_HEADER "1,,Web,,tcp,any,443,any,server,,\n",
		 F ":2: \"\": role is not a role or any\n"},
		{ROWS_HEADER "1,server,,,tcp,any,443,any,server,,\n",
		 F ":2: \"\": service is empty\n"},
		{ROWS_HEADER "1,server,Web,,sctp,any,443,any,server,,\n",
		 F ":2: sctp: l4 is tcp, udp, tcp+udp or any\n"},
		{ROWS_HEADER "1,server,Web,,TCP,any,443,any,server,,\n",
		 F ":2: TCP: l4 is tcp, udp, tcp+udp or any\n"},
		{ROWS_HEADER "1,server,Web,,tcp,any,-1,any,server,,\n",
		 F ":2: -1: ports: not a port: signs and open ranges are not read\n"},
		{ROWS_HEADER "1,server,Web,,tcp,any,65536,any,server,,\n",
		 F ":2: 65536: ports: port is not 0..65535\n"},
		{ROWS_HEADER "1,server,Web,,tcp,4294967296,443,any,server,,\n",
		 F ":2: 4294967296: source_ports: port is not 0..65535\n"},
		{ROWS_HEADER "1,server,Web,,tcp,any,443.0,any,server,,\n",
		 F ":2: 443.0: ports: not a port, a range lo-hi, a list a,b or any\n"},
		{ROWS_HEADER "1,server,Web,,tcp,any,0x50,any,server,,\n",
		 F ":2: 0x50: ports: not a port, a range lo-hi, a list a,b or any\n"},
		{ROWS_HEADER "1,server,Web,,tcp,any,59999-50000,any,server,,\n",
		 F ":2: 59999-50000: ports: range is reversed\n"},
		{ROWS_HEADER "1,server,Web,,tcp,any,50000-,any,server,,\n",
		 F ":2: 50000-: ports: open range; write both ends\n"},
		{ROWS_HEADER "1,server,Web,,tcp,any,,any,server,,\n",
		 F ":2: \"\": ports: a port is missing\n"},
		{ROWS_HEADER "1,server,Web,,tcp,any,443,clint,server,,\n",
		 F ":2: clint: source is not a role or any; did you mean client?\n"},
		{ROWS_HEADER "1,server,Web,,tcp,any,443,any,203.0.113.1,,\n",
		 F ":2: 203.0.113.1: destination is not a role or any\n"},
		{ROWS_HEADER "1,server,Web,,tcp,any,443,any,server,client;foo,\n",
		 F ":2: foo: narrow_to is not a role or any\n"},
		{ROWS_HEADER "1,server,Web,,tcp,any,443,any,server,client;,\n",
		 F ":2: \"\": narrow_to is not a role or any\n"},
		{ROWS_HEADER "1,server,Web,,tcp,any,443,any,server,any,\n",
		 F ":2: any: narrow_to names roles; any is not one\n"},
		{ROWS_HEADER "1,server,Web,,tcp,any,443,any,server,client;client,\n",
		 F ":2: client: stands twice in narrow_to\n"},
		{ROWS_HEADER "1,server,Web,,tcp,any,443,client,server,phone,\n",
		 F ":2: phone: narrow_to needs an end that is any\n"},
		/* every fault of a line, and of the lines after it */
		{ROWS_HEADER "1,x,Web,,sctp,any,99999,any,server,,\n"
			     "2,server,Web,,tcp,any,443,any,y,,\n",
		 F ":2: x: role is not a role or any\n" F
		   ":2: sctp: l4 is tcp, udp, tcp+udp or any\n" F
		   ":2: 99999: ports: port is not 0..65535\n" F
		   ":3: y: destination is not a role or any\n"},
		{ROWS_HEADER "1,\x1b[2J\xe2\x80\xae,Web,,tcp,any,443,any,server,,\n",
		 F ":2: \\x1b[2J\\u{202e}: role is not a role or any\n"},
	};
#undef F

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		write_spec(GOOD_ROLES, GOOD_TABLES, cases[i].text);
		expect_refusal(-EINVAL, cases[i].messages);
	}
}

static void long_service(void **state)
{
	char rows[512], word[130], messages[256];

	(void)state;
	memset(word, 'w', 128);
	word[128] = '\0';
	snprintf(rows, sizeof(rows), ROWS_HEADER "1,server,%s,,tcp,any,443,any,server,,\n", word);
	write_spec(GOOD_ROLES, GOOD_TABLES, rows);
	snprintf(messages, sizeof(messages),
		 "s/doc/table.csv:2: %.64s…: service is longer than 127 bytes\n", word);
	expect_refusal(-EINVAL, messages);
}

/* --- what is refused: roles and tables -------------------------------------------------------- */

static void bad_roles(void **state)
{
#define F "s/roles.csv"
	static const struct refusal cases[] = {
		{ROLES_HEADER, F ":1: no role is named\n"},
		{ROLES_HEADER "Edge,E,lan,yes,,,\n",
		 F ":2: Edge: not a role name: a-z, 0-9 and -, 1..31 bytes\n"},
		{ROLES_HEADER "a-name-of-thirty-two-bytes-000000,E,lan,yes,,,\n",
		 F ":2: a-name-of-thirty-two-bytes-000000: not a role name: a-z, 0-9 and -, "
		   "1..31 bytes\n"},
		{ROLES_HEADER "any,E,lan,yes,,,\n", F ":2: any: is every address, not a role\n"},
		{ROLES_HEADER "a,E,lan,yes,,,\nb,E,lan,yes,,,\na,E,lan,yes,,,\n",
		 F ":4: a: stands twice; first on line 2\n"},
		{ROLES_HEADER "a,E,inside,yes,,,\n",
		 F ":2: inside: side is internet, dmz-external, dmz-internal or lan\n"},
		{ROLES_HEADER "a,E,mirror,yes,,,\n",
		 F ":2: mirror: side is internet, dmz-external, dmz-internal or lan\n"},
		{ROLES_HEADER "a,E,lan,true,,,\n", F ":2: true: protected is yes or no\n"},
		{ROLES_HEADER "server,E,lan,yes,,,\nb,E,lan,yes,sever,,\n",
		 F ":3: sever: member_of names an unknown role; did you mean server?\n"},
		{ROLES_HEADER "server,E,lan,yes,,,\nb,E,lan,yes,,nobody,\n",
		 F ":3: nobody: stand_in names an unknown role\n"},
		{ROLES_HEADER "a,E,lan,yes,a,,\n", F ":2: a: member_of goes round in a circle\n"},
		{ROLES_HEADER "a,E,lan,yes,b,,\nb,E,lan,yes,c,,\nc,E,lan,yes,a,,\nd,E,lan,yes,,,\n",
		 F ":2: a: member_of goes round in a circle\n" F
		   ":3: b: member_of goes round in a circle\n" F
		   ":4: c: member_of goes round in a circle\n"},
		{ROLES_HEADER "a,E,lan,yes,,a,\n", F ":2: a: cannot be its own stand-in\n"},
		{ROLES_HEADER "a,E,lan,yes,,b,\nb,E,lan,yes,,c,\nc,E,lan,yes,,,\n",
		 F ":2: b: cannot stand in for a: it has a stand-in itself\n"},
		{ROLES_HEADER "a,E,lan,yes,b,b,\nb,E,lan,yes,,,\n",
		 F ":2: b: cannot stand in for a: one is a member of the other\n"},
		{ROLES_HEADER "a,E,lan,yes,b,,\nb,E,lan,yes,,a,\n",
		 F ":3: a: cannot stand in for b: one is a member of the other\n"},
		{"name,title,side,protected,member_of,aliases\n",
		 F ":1: aliases: header of column 6 must be stand_in\n"},
		{"name,title,side,protected,member_of,stand_in\n",
		 F ":1: aliases: column is missing from the header\n"},
		{"name,title,side,protected,member_of,stand_in,aliases,more\n",
		 F ":1: 8 columns, not 7\n"},
		{"\n\nName,title,side,protected,member_of,stand_in,aliases\n",
		 F ":3: Name: header of column 1 must be name\n"},
	};
#undef F

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		write_spec(cases[i].text, GOOD_TABLES, GOOD_ROWS);
		expect_refusal(-EINVAL, cases[i].messages);
	}
}

static void bad_tables(void **state)
{
#define F "s/tables.csv"
	static const struct refusal cases[] = {
		{TABLES_HEADER, F ":1: no table is named\n"},
		{TABLES_HEADER "table,ports,T\n",
		 F ":2: table: not a table: DOCUMENT/TABLE, each of a-z, 0-9 and -\n"},
		{TABLES_HEADER "../etc/passwd,ports,T\n",
		 F ":2: ../etc/passwd: not a table: DOCUMENT/TABLE, each of a-z, 0-9 and -\n"},
		{TABLES_HEADER "doc/,ports,T\n",
		 F ":2: doc/: not a table: DOCUMENT/TABLE, each of a-z, 0-9 and -\n"},
		{TABLES_HEADER "doc/a/b,ports,T\n",
		 F ":2: doc/a/b: not a table: DOCUMENT/TABLE, each of a-z, 0-9 and -\n"},
		{TABLES_HEADER "site/rows,ports,T\n",
		 F ":2: site/rows: not a table: DOCUMENT/TABLE, each of a-z, 0-9 and -\n"},
		{TABLES_HEADER "doc/table,port,T\n",
		 F ":2: port: kind of a table is ports or annotation\n"},
		{TABLES_HEADER "doc/table,ports,T\ndoc/table,ports,T\n",
		 F ":3: doc/table: stands twice; first on line 2\n"},
	};
#undef F

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		write_spec(GOOD_ROLES, cases[i].text, GOOD_ROWS);
		expect_refusal(-EINVAL, cases[i].messages);
	}
}

static void too_many_roles(void **state)
{
	FILE *file;

	(void)state;
	write_spec(NULL, GOOD_TABLES, GOOD_ROWS);
	file = fopen("s/roles.csv", "w");
	assert_non_null(file);
	fputs(ROLES_HEADER, file);
	for (unsigned i = 0; i <= SPEC_MAX_ROLES; i++)
		fprintf(file, "r%u,R,lan,yes,,,\n", i);
	fclose(file);
	expect_refusal(-EINVAL, "s/roles.csv:1026: r1024: more than 1024 roles\n");
}

/* --- what is refused: text -------------------------------------------------------------------- */

static void bad_text(void **state)
{
#define F "s/doc/table.csv"
	static const struct {
		const char *text;
		size_t len;
		const char *messages;
	} cases[] = {
#define TEXT(literal) literal, sizeof(literal) - 1
		{TEXT(""), F ":1: empty file; the header line is missing\n"},
		{TEXT("\n\n \n"), F ":1: empty file; the header line is missing\n"},
		{TEXT("\xef\xbb\xbf"), F ":1: empty file; the header line is missing\n"},
		{TEXT(ROWS_HEADER "1,ser\0ver,\n"), F ":2:6: \\x00: NUL byte; this is not a text "
						      "file\n"},
		{TEXT(ROWS_HEADER "1,\xc3\xbc\xff\n"), F ":2:4: \\xff: not UTF-8\n"},
		{TEXT(ROWS_HEADER "1,\xed\xa0\x80\n"), F ":2:3: \\xed: not UTF-8\n"},
		{TEXT("\xff\xfer\0o\0"), F ":1:1: UTF-16 text; save the file as UTF-8\n"},
		{TEXT("\xfe\xff\0r\0o"), F ":1:1: UTF-16 text; save the file as UTF-8\n"},
		{TEXT("row,role\rrow,role\r"),
		 F ":1: a CR without LF; save the file with LF line ends\n"},
		{TEXT("row,role\nrow,role\r"),
		 F ":2: a CR without LF; save the file with LF line ends\n"},
		{TEXT(ROWS_HEADER "1,\"server,Web\n"),
		 F ":2: a quote is opened here and never closed\n"},
		{TEXT(ROWS_HEADER "1,ser\"ver,Web\n"), F ":2:6: a quote in the wrong place\n"},
		{TEXT(ROWS_HEADER "1,\"ser\"ver,Web\n"), F ":2:8: a quote in the wrong place\n"},
#undef TEXT
	};
#undef F

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		write_spec(GOOD_ROLES, GOOD_TABLES, NULL);
		input_write("s/doc/table.csv", cases[i].text, cases[i].len);
		expect_refusal(-EINVAL, cases[i].messages);
	}
}

/* A line of `n` copies of `unit` behind `head`. */
static void write_repeated(const char *head, const char *unit, size_t n, const char *tail)
{
	FILE *file = fopen("s/doc/table.csv", "w");

	assert_non_null(file);
	fputs(head, file);
	for (size_t i = 0; i < n; i++)
		fputs(unit, file);
	fputs(tail, file);
	fclose(file);
}

static void large_text(void **state)
{
	(void)state;
	write_spec(GOOD_ROLES, GOOD_TABLES, NULL);
	write_repeated(ROWS_HEADER "1,server,", "w", 1 << 20, ",,tcp,any,443,any,server,,\n");
	expect_refusal(-EINVAL, "s/doc/table.csv:2: a cell of 1048576 bytes; at most 16384 are "
				"read\n");
	write_repeated(ROWS_HEADER "1", ",", 99999, "\n");
	expect_refusal(-EINVAL, "s/doc/table.csv:2: 1: 100000 cells, not 11\n");
	write_repeated("row", ",row", 99999, "\n");
	expect_refusal(-EINVAL, "s/doc/table.csv:1: row: header of column 2 must be role\n");
	write_repeated(ROWS_HEADER, "\n", 15 << 20, "");
	{
		struct spec spec;

		assert_int_equal(spec_load("s", &spec), 0);
		assert_int_equal(spec.n_rows, 0);
		spec_free(&spec);
	}
	/* A hundred million faults are told in twenty lines, and soon. */
	write_repeated(ROWS_HEADER, "x\n", 7 << 20, "");
	input_capture();
	{
		struct spec spec;
		size_t lines = 0;

		assert_int_equal(spec_load("s", &spec), -EINVAL);
		for (const char *p = input_captured(); (p = strchr(p, '\n')); p++)
			lines++;
		assert_int_equal(lines, DIAG_MAX_PER_FILE + 1);
	}
	assert_int_equal(truncate("s/doc/table.csv", 100 << 20), 0);
	expect_refusal(-EFBIG, "s/doc/table.csv: larger than 16 MiB\n");
}

/* --- what is refused: files ------------------------------------------------------------------- */

static void bad_files(void **state)
{
	struct spec spec;

	(void)state;
	write_spec(GOOD_ROLES, GOOD_TABLES, NULL);
	expect_refusal(-ENOENT, "s/doc/table.csv: cannot be read: No such file or directory\n");
	mkdir("s/doc/table.csv", 0700);
	expect_refusal(-EISDIR, "s/doc/table.csv: is a directory, not a regular file\n");
	rmdir("s/doc/table.csv");
	assert_int_equal(mkfifo("s/doc/table.csv", 0600), 0);
	expect_refusal(-EINVAL, "s/doc/table.csv: is a FIFO, not a regular file\n");
	unlink("s/doc/table.csv");
	assert_int_equal(symlink("/dev/zero", "s/doc/table.csv"), 0);
	expect_refusal(-EINVAL, "s/doc/table.csv: is a device, not a regular file\n");
	unlink("s/doc/table.csv");
	assert_int_equal(symlink("table.csv", "s/doc/table.csv"), 0);
	expect_refusal(-ELOOP,
		       "s/doc/table.csv: cannot be read: Too many levels of symbolic links\n");
	unlink("s/doc/table.csv");
	/* Root may read anything. */
	write_spec(GOOD_ROLES, GOOD_TABLES, GOOD_ROWS);
	chmod("s/doc/table.csv", 0);
	if (access("s/doc/table.csv", R_OK))
		expect_refusal(-EACCES, "s/doc/table.csv: cannot be read: Permission denied\n");
	chmod("s/doc/table.csv", 0600);
	/* A symlink to a regular file is as good as the file. */
	assert_int_equal(rename("s/doc/table.csv", "elsewhere.csv"), 0);
	assert_int_equal(symlink("../../elsewhere.csv", "s/doc/table.csv"), 0);
	assert_int_equal(spec_load("s", &spec), 0);
	spec_free(&spec);
	unlink("s/doc/table.csv");
	write_spec(GOOD_ROLES, NULL, GOOD_ROWS);
	expect_refusal(-ENOENT, "s/tables.csv: cannot be read: No such file or directory\n");
	write_spec(NULL, GOOD_TABLES, GOOD_ROWS);
	expect_refusal(-ENOENT, "s/roles.csv: cannot be read: No such file or directory\n");
}

/* One run names the faults of every table. */
static void all_tables_are_reported(void **state)
{
	(void)state;
	write_spec(GOOD_ROLES, TABLES_HEADER "doc/none,ports,T\ndoc/table,ports,T\n",
		   ROWS_HEADER "1,x,Web,,tcp,any,443,any,server,,\n");
	expect_refusal(-ENOENT, "s/doc/none.csv: cannot be read: No such file or directory\n"
				"s/doc/table.csv:2: x: role is not a role or any\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_spec),
		cmocka_unit_test(shipped_spec),
		cmocka_unit_test(forms_of_text_that_are_accepted),
		cmocka_unit_test(lines_are_counted_through_quoted_newlines),
		cmocka_unit_test(bad_rows),
		cmocka_unit_test(long_service),
		cmocka_unit_test(bad_roles),
		cmocka_unit_test(bad_tables),
		cmocka_unit_test(too_many_roles),
		cmocka_unit_test(bad_text),
		cmocka_unit_test(large_text),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(all_tables_are_reported),
	};

	return cmocka_run_group_tests_name("spec", tests, input_setup, input_teardown);
}
