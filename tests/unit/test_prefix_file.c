// SPDX-License-Identifier: GPL-2.0-only
/* Files of prefixes: what is read, in what order it ends up, and the words of every refusal. */
#include "input.h"

#include <errno.h>

#include "policy/addr.h"
#include "policy/prefix_file.h"
#include "policy/site.h"
#include "policy/spec.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

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

/* Reads file "f" and joins what it gave: "10.0.0.1:3 10.0.0.0/8:1", a line number behind each. */
static int read_f(char *out, size_t size)
{
	struct written_prefixes list;
	size_t bytes = 0, used = 0;
	int err;

	written_start(&list, "site");
	diag_begin();
	input_capture();
	err = written_add_file(&list, "f", &bytes);
	out[0] = '\0';
	for (size_t i = 0; !err && i < list.n && used < size; i++) {
		char text[64];

		assert_int_equal(list.v[i].file, 1);
		prefix_text(&list.v[i].prefix, text, sizeof(text));
		used += (size_t)snprintf(out + used, size - used, "%s%s:%u", used ? " " : "", text,
					 list.v[i].line);
	}
	written_free(&list);
	return err;
}

/* --- one file --------------------------------------------------------------------------------- */

static void forms(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"192.0.2.1\n", "192.0.2.1:1"},
		{"192.0.2.1", "192.0.2.1:1"},
		{"192.0.2.1/32\n192.0.2.0/24\n0.0.0.0/0\n",
		 "192.0.2.1:1 192.0.2.0/24:2 0.0.0.0/0:3"},
		{"2001:db8::/32\r\n2001:DB8::1\r\n::/0\r\n",
		 "2001:db8::/32:1 2001:db8::1:2 ::/0:3"},
		{"# a list\n\n  192.0.2.1\t# one\n#192.0.2.2\n \t \n\t192.0.2.3 \n",
		 "192.0.2.1:3 192.0.2.3:6"},
		{"192.0.2.1#x\r\n#\r\n\r\n192.0.2.2 \r\n", "192.0.2.1:1 192.0.2.2:4"},
		{"\xef\xbb\xbf"
		 "192.0.2.1\n",
		 "192.0.2.1:1"},
		{"192.0.2.1 # \xc3\xa9\n", "192.0.2.1:1"},
	};
	char got[256];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		input_write("f", cases[i].text, strlen(cases[i].text));
		assert_int_equal(read_f(got, sizeof(got)), 0);
		assert_string_equal(input_captured(), "");
		assert_string_equal(got, cases[i].expected);
	}
}

static void faults(void **state)
{
	static const struct {
		const char *text, *messages;
	} cases[] = {
		{"", "f: no address in it\n"},
		{"# nothing\n\n", "f: no address in it\n"},
		{"192.0.2.1/24\n",
		 "f:1: 192.0.2.1/24: address bits set behind the prefix length; the "
		 "network is 192.0.2.0/24\n"},
		{"\n2001:db8::1/64 # x\n",
		 "f:2: 2001:db8::1/64: address bits set behind the prefix length; the network is "
		 "2001:db8::/64\n"},
		{"192.0.2.0/33\n", "f:1: 192.0.2.0/33: prefix length is not 0..32\n"},
		{"::/129\n", "f:1: ::/129: prefix length is not 0..128\n"},
		{"192.0.2.0/\n", "f:1: 192.0.2.0/: prefix length is not 0..32\n"},
		{"192.0.2.0/024\n", "f:1: 192.0.2.0/024: prefix length is not 0..32\n"},
		{"192.0.2.256\n", "f:1: 192.0.2.256: not an IPv4 address\n"},
		{"192.0.2.01\n", "f:1: 192.0.2.01: leading zeros in an IPv4 address\n"},
		{"192.0.2\n", "f:1: 192.0.2: not an IPv4 address\n"},
		{"192.0.2.1.\n", "f:1: 192.0.2.1.: not an IPv4 address\n"},
		{"192.0.2.1/\xd9\xa3\n", "f:1: 192.0.2.1/\xd9\xa3: not an address or prefix\n"},
		{"junk\n192.0.2.1\n\nmore.example\n", "f:1: junk: not an address or prefix\nf:4: "
						      "more.example: not an address or prefix\n"},
		{"192.0.2.1 192.0.2.2\n",
		 "f:1: 192.0.2.1 192.0.2.2: one address or prefix a line\n"},
		{"192.0.2.1;\n", "f:1: 192.0.2.1;: not an address or prefix\n"},
		{"192.0.2.1\r192.0.2.2\n",
		 "f:1: 192.0.2.1\\x0d192.0.2.2: not an address or prefix\n"},
		{"::ffff:192.0.2.1\n",
		 "f:1: ::ffff:192.0.2.1: IPv4-mapped IPv6 address; write the IPv4 address\n"},
		{"fe80::1%lo\n", "f:1: fe80::1%lo: not an address or prefix\n"},
		{"192.0.2.1\n\xff\n", "f:2:1: \\xff: not UTF-8\n"},
		{"\xff\xfe"
		 "1\n",
		 "f:1:1: UTF-16 text; save the file as UTF-8\n"},
	};
	char got[64];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		input_write("f", cases[i].text, strlen(cases[i].text));
		assert_int_equal(read_f(got, sizeof(got)), -EINVAL);
		assert_string_equal(input_captured(), cases[i].messages);
	}
	input_write("f", "192.0.2.1\n192.0.2.2\0\n", 21);
	assert_int_equal(read_f(got, sizeof(got)), -EINVAL);
	assert_string_equal(input_captured(), "f:2:10: \\x00: NUL byte; this is not a text file\n");
}

static void long_lines(void **state)
{
	char line[1200], got[64];

	(void)state;
	memset(line, ' ', sizeof(line));
	memcpy(line + 1015, "192.0.2.1", 9);
	input_write("f", line, 1024);
	assert_int_equal(read_f(got, sizeof(got)), 0);
	assert_string_equal(got, "192.0.2.1:1");
	input_captured();
	input_write("f", line, 1025);
	assert_int_equal(read_f(got, sizeof(got)), -EINVAL);
	assert_string_equal(input_captured(), "f:1: a line of 1025 bytes; at most 1024 are read\n");

	/* a comment is part of the line */
	memset(line, '#', 1025);
	line[1025] = '\n';
	memcpy(line + 1026, "192.0.2.1", 9);
	input_write("f", line, 1035);
	assert_int_equal(read_f(got, sizeof(got)), -EINVAL);
	assert_string_equal(input_captured(), "f:1: a line of 1025 bytes; at most 1024 are read\n");
}

static void many_faults(void **state)
{
	char expected[4096], got[64];
	size_t used = 0;
	FILE *file = fopen("f", "w");

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < 1000; i++)
		fputs("x\n", file);
	fclose(file);
	for (int i = 1; i <= 20; i++)
		used += (size_t)snprintf(expected + used, sizeof(expected) - used,
					 "f:%d: x: not an address or prefix\n", i);
	snprintf(expected + used, sizeof(expected) - used, "f: more errors follow, not shown\n");
	assert_int_equal(read_f(got, sizeof(got)), -EINVAL);
	assert_string_equal(input_captured(), expected);
}

/* What is no regular file is refused and not waited for; a symlink is followed. */
static void other_files(void **state)
{
	char got[64];

	(void)state;
	unlink("f");
	assert_int_equal(read_f(got, sizeof(got)), -ENOENT);
	assert_string_equal(input_captured(), "f: cannot be read: No such file or directory\n");
	assert_int_equal(mkdir("f", 0700), 0);
	assert_int_equal(read_f(got, sizeof(got)), -EISDIR);
	assert_string_equal(input_captured(), "f: is a directory, not a regular file\n");
	assert_int_equal(rmdir("f"), 0);
	assert_int_equal(mkfifo("f", 0600), 0);
	assert_int_equal(read_f(got, sizeof(got)), -EINVAL);
	assert_string_equal(input_captured(), "f: is a FIFO, not a regular file\n");
	unlink("f");
	assert_int_equal(symlink("/dev/zero", "f"), 0);
	assert_int_equal(read_f(got, sizeof(got)), -EINVAL);
	assert_string_equal(input_captured(), "f: is a device, not a regular file\n");
	unlink("f");
	assert_int_equal(symlink("f", "f"), 0);
	assert_int_equal(read_f(got, sizeof(got)), -ELOOP);
	input_captured();
	unlink("f");
	input_write("there", "192.0.2.1\n", 10);
	assert_int_equal(symlink("there", "f"), 0);
	assert_int_equal(read_f(got, sizeof(got)), 0);
	assert_string_equal(got, "192.0.2.1:1");
	input_captured();
	unlink("f");
}

static void write_ipv4(FILE *file, uint32_t addr)
{
	fprintf(file, "%u.%u.%u.%u\n", addr >> 24, addr >> 16 & 255, addr >> 8 & 255, addr & 255);
}

/* As many as may be, in no order; and one more. */
static void largest(void **state)
{
	struct written_prefixes list;
	struct prefix_list out = {0};
	size_t bytes = 0;
	FILE *file = fopen("f", "w");

	(void)state;
	assert_non_null(file);
	for (uint32_t i = 0; i < PREFIX_FILE_MAX_IPV4; i++)
		write_ipv4(file, i * 2654435761u);
	for (uint32_t i = 0; i < PREFIX_FILE_MAX_IPV6; i++)
		fprintf(file, "2001:db8:%x:%x::/64\n", (i * 40503u) & 0xffff, i >> 16);
	fclose(file);
	written_start(&list, "site");
	diag_begin();
	input_capture();
	assert_int_equal(written_add_file(&list, "f", &bytes), 0);
	assert_int_equal(written_finish(&list, "all", &out), 0);
	assert_string_equal(input_captured(), "");
	assert_int_equal(out.n, PREFIX_FILE_MAX_IPV4 + PREFIX_FILE_MAX_IPV6);
	for (size_t i = 1; i < out.n; i++)
		assert_true(prefix_compare(&out.v[i - 1], &out.v[i]) < 0);
	prefix_list_free(&out);
	written_free(&list);

	file = fopen("f", "a");
	assert_non_null(file);
	fputs("192.0.2.1\n", file);
	fclose(file);
	written_start(&list, "site");
	input_capture();
	assert_int_equal(written_add_file(&list, "f", &bytes), -EINVAL);
	assert_string_equal(input_captured(),
			    "f:2000001: 192.0.2.1: more than 1000000 IPv4 prefixes in a file\n");
	written_free(&list);

	file = fopen("f", "w");
	assert_non_null(file);
	for (uint32_t i = 0; i <= PREFIX_FILE_MAX_IPV6; i++)
		fprintf(file, "2001:db8::%x:%x\n", i >> 16, i & 0xffff);
	fclose(file);
	written_start(&list, "site");
	input_capture();
	assert_int_equal(written_add_file(&list, "f", &bytes), -EINVAL);
	assert_string_equal(
		input_captured(),
		"f:1000001: 2001:db8::f:4240: more than 1000000 IPv6 prefixes in a file\n");
	written_free(&list);

	assert_int_equal(truncate("f", (off_t)PREFIX_FILE_MAX + 1), 0);
	written_start(&list, "site");
	input_capture();
	assert_int_equal(written_add_file(&list, "f", &bytes), -EFBIG);
	assert_string_equal(input_captured(), "f: larger than 64 MiB\n");
	written_free(&list);
}

/* --- order ------------------------------------------------------------------------------------ */

static int compare_written(const void *a, const void *b)
{
	const struct written_prefix *x = a, *y = b;
	int order = prefix_compare(&x->prefix, &y->prefix);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* As qsort() would have it, and of equal ones the first written first: few bits, many repeats. */
static void order(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		size_t n = 1 + round * 7 % 97, n_out = 1;
		struct written_prefixes list;
		struct prefix_list out = {0};
		struct written_prefix copy[97];

		written_start(&list, "site");
		for (size_t i = 0; i < n; i++) {
			struct prefix p = {.family = round % 3 == 0 ? 4 : 6};

			seed = seed * 6364136223846793005u + 1442695040888963407u;
			if (round % 3 == 2 && seed >> 60 & 1)
				p.family = 4;
			p.prefixlen = 8 * (1 + (seed >> 33) % 4);
			for (int k = 0; k < p.prefixlen / 8; k++)
				p.addr[k] = (seed >> (40 + k)) & 1 ? 0xc0 : 0x01;
			assert_int_equal(written_add(&list, &p, (unsigned)i + 1, 1), 0);
		}
		memcpy(copy, list.v, n * sizeof(*copy));
		qsort(copy, n, sizeof(*copy), compare_written);
		input_capture();
		assert_int_equal(written_finish(&list, "all", &out), 0);
		diag_end();
		input_captured();
		for (size_t i = 0; i < n; i++)
			assert_int_equal(compare_written(&copy[i], &list.v[i]), 0);
		for (size_t i = 1; i < n; i++)
			n_out += prefix_compare(&copy[i - 1].prefix, &copy[i].prefix) != 0;
		assert_int_equal(out.n, n_out);
		for (size_t i = 1; i < out.n; i++)
			assert_true(prefix_compare(&out.v[i - 1], &out.v[i]) < 0);
		prefix_list_free(&out);
		written_free(&list);
	}
}

/* --- in a site -------------------------------------------------------------------------------- */

#define SITE(roles, rows) \
	"name: s\ntables: alpha\ninterfaces: {wan0: internet}\nroles:\n" roles "rows:\n" rows
#define ROW(source) "- {name: x, l4: tcp, ports: 9, destination: any, source: " source "}\n"

static void write_text(const char *name, const char *text)
{
	input_write(name, text, strlen(text));
}

/* The site `path` is read with these messages; what it gave role public and row x, or NULL. */
static void expect_site(const char *path, const char *text, const char *messages,
			const char *public, const char *row)
{
	struct site site;
	char got[256];
	int err;

	write_text(path, text);
	input_capture();
	err = site_load(path, &spec, &site);
	assert_string_equal(input_captured(), messages);
	assert_int_equal(err, public ? 0 : -EINVAL);
	if (err)
		return;
	end_text(&spec,
		 &(struct end){.kind = END_PREFIXES,
			       .prefixes = site.role_prefixes[spec_role(&spec, "public")]},
		 got, sizeof(got));
	assert_string_equal(got, public);
	end_text(&spec, &site.rows[0].source, got, sizeof(got));
	assert_string_equal(got, row);
	site_free(&site);
}

static void in_sites(void **state)
{
	(void)state;
	assert_int_equal(mkdir("d", 0700), 0);
	write_text("d/a", "198.51.100.0/24\n# c\n192.0.2.1\n");
	write_text("b", "203.0.113.1\n");

	/* a value, an element, elements; from the folder of the site, or from the root */
	expect_site("d/site", SITE("  public: {file: a}\n", ROW("[10.0.0.1, {file: ../b}]")), "",
		    "192.0.2.1,198.51.100.0/24", "10.0.0.1,203.0.113.1");
	expect_site("site", SITE("  public: [{file: d/a}, {file: b}]\n", ROW("{file: b}")), "",
		    "192.0.2.1,198.51.100.0/24,203.0.113.1", "203.0.113.1");
	{
		char text[PATH_MAX + 256];

		snprintf(text, sizeof(text), SITE("  public: {file: %s/d/a}\n", ROW("any")),
			 input_scratch);
		expect_site("site", text, "", "192.0.2.1,198.51.100.0/24", "any");
	}

	/* what stands twice is one, wherever it stands */
	expect_site(
		"d/site", SITE("  public: [{file: a}, 192.0.2.1, {file: a}]\n", ROW("10.0.0.1")),
		"d/site:5:23: 192.0.2.1: warning: stands twice in public; first on line 3 of d/a\n"
		"d/a:3: 192.0.2.1: warning: stands twice in public; first on line 3 of d/a\n"
		"d/a:1: 198.51.100.0/24: warning: stands twice in public; first on line 1 of "
		"d/a\n",
		"192.0.2.1,198.51.100.0/24", "10.0.0.1");
	write_text("b", "203.0.113.1\n203.0.113.1/32\n");
	expect_site("site", SITE("  public: 10.0.0.1\n", ROW("{file: b}")),
		    "b:2: 203.0.113.1: warning: stands twice in source; first on line 1\n",
		    "10.0.0.1", "203.0.113.1");
}

static void in_bad_sites(void **state)
{
	static const struct {
		const char *text, *messages;
	} cases[] = {
		{SITE("  public: {file: none}\n", ROW("any")),
		 "none: cannot be read: No such file or directory\n"},
		{SITE("  public: {file: .}\n", ROW("any")),
		 ".: is a directory, not a regular file\n"},
		{SITE("  public: {file: bad}\n", ROW("[{file: bad}, 10.0.0.1/8]")),
		 "bad:2: x: not an address or prefix\n"
		 "bad:2: x: not an address or prefix\n"
		 "site:7:72: 10.0.0.1/8: address bits set behind the prefix length; the network is "
		 "10.0.0.0/8\n"},
		{SITE("  public: {file: empty}\n", ROW("any")), "empty: no address in it\n"},
		{SITE("  public: {file: [a, b]}\n", ROW("any")),
		 "site:5:18: the path of a file expected, not a list\n"},
		{SITE("  public: {file: }\n", ROW("any")),
		 "site:5:18: the path of a file expected, but nothing is written\n"},
		{SITE("  public: {file: good, more: 1}\n", ROW("any")),
		 "site:5:24: more: unknown key\n"},
		{SITE("  public: {fiel: good}\n", ROW("any")),
		 "site:5:11: an address, a prefix or {file: PATH} expected, not a mapping (key: "
		 "value)\n"},
	};

	(void)state;
	write_text("good", "192.0.2.1\n");
	write_text("bad", "192.0.2.1\nx\n");
	write_text("empty", "#\n");
	for (size_t i = 0; i < COUNT(cases); i++)
		expect_site("site", cases[i].text, cases[i].messages, NULL, NULL);
}

/* A file named again and again: its bytes are counted each time. */
static void too_many_bytes(void **state)
{
	FILE *file = fopen("big", "w");
	char line[1024];

	(void)state;
	assert_non_null(file);
	memset(line, '#', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (int i = 0; i < 50 * 1024; i++)
		fwrite(line, sizeof(line), 1, file);
	fputs("192.0.2.1\n", file);
	fclose(file);
	expect_site("site", SITE("  public: [&a {file: big}, *a, *a, *a]\n", ROW("any")),
		    "site:5:22: big: the files of this site hold more than 128 MiB\n"
		    "big:51201: 192.0.2.1: warning: stands twice in public; first on line 51201 of "
		    "big\n"
		    "big:51201: 192.0.2.1: warning: stands twice in public; first on line 51201 of "
		    "big\n",
		    NULL, NULL);
	unlink("big");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),	cmocka_unit_test(faults),
		cmocka_unit_test(long_lines),	cmocka_unit_test(many_faults),
		cmocka_unit_test(other_files),	cmocka_unit_test(largest),
		cmocka_unit_test(order),	cmocka_unit_test(in_sites),
		cmocka_unit_test(in_bad_sites), cmocka_unit_test(too_many_bytes),
	};

	return cmocka_run_group_tests_name("prefix_file", tests, setup, teardown);
}
