// SPDX-License-Identifier: GPL-2.0-only
/* The options every command shares, help texts, and where the spec tables are found. */
#include "cmd.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "../output/escape.h"
#include "../output/report.h"
#include "../policy/text.h"

#ifndef XE_VERSION
#define XE_VERSION "unversioned"
#endif
#ifndef XE_SPEC_DIR
#define XE_SPEC_DIR "/usr/share/xdp-edge/spec"
#endif

#define OPTION_SPEC	  0x100
#define OPTION_MAX_MEMORY 0x101
#define OPTIONS_MAX	  32

static const char shared_short[] = "c:jpVvh";

static const struct option shared_long[] = {
	{"config", required_argument, NULL, 'c'},
	{"json", no_argument, NULL, 'j'},
	{"pretty", no_argument, NULL, 'p'},
	{"version", no_argument, NULL, 'V'},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{"spec", required_argument, NULL, OPTION_SPEC},
	{"max-memory", required_argument, NULL, OPTION_MAX_MEMORY},
};

static const char shared_help[] =
	"Options of every command, before or after its name:\n"
	"  -c, --config SITE   site file (default " SITE_DEFAULT ")\n"
	"      --spec DIR      spec tables (default: $XDP_EDGE_SPEC, ../maps/spec or\n"
	"                      ../share/xdp-edge/spec beside the binary, else\n"
	"                      " XE_SPEC_DIR ")\n"
	"      --max-memory N  what a compiled policy may take: its block, its counters on\n"
	"                      one CPU, its lists of rows and, unless its mode is monitor,\n"
	"                      the tables of what its `state` remembers; bytes, or with K,\n"
	"                      M or G (default 128M; the block alone 256M at most); load\n"
	"                      sets aside room for reloads beside it\n"
	"  -j, --json          JSON\n"
	"  -p, --pretty        JSON for reading\n"
	"  -v, --verbose       more messages of the libraries\n"
	"  -V, --version       version\n"
	"  -h, --help          this help\n";

int interval_parse(const char *text, double *out)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = {{"", 1}, {"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}};
	size_t i = 0, n = sizeof(units) / sizeof(units[0]);
	char *end;

	*out = strtod(text, &end);
	while (i < n && strcmp(units[i].name, end) != 0)
		i++;
	if (end == text || i == n)
		return -EINVAL;
	*out *= units[i].seconds;
	return isfinite(*out) && *out >= 0.1 && *out <= 86400 ? 0 : -EINVAL;
}

static void print_usage(const struct usage *usage, FILE *out)
{
	fprintf(out, "Usage: xdp-edge %s%s[OPTIONS]%s%s\n", usage->name ? usage->name : "",
		usage->name ? " " : "", usage->arguments ? " " : "",
		usage->arguments ? usage->arguments : "");
}

static int usage_hint(const struct usage *usage)
{
	fprintf(stderr, "Try 'xdp-edge %s%s-h'.\n", usage->name ? usage->name : "",
		usage->name ? " " : "");
	return EXIT_USAGE;
}

/* One line to stderr; names in it may come from anywhere. */
static void print_message(const char *fmt, va_list args)
{
	char text[2048], shown[4096];

	vsnprintf(text, sizeof(text), fmt, args);
	escape_terminal(text, strlen(text), shown, sizeof(shown));
	fprintf(stderr, "%s\n", shown);
}

int usage_error(const struct usage *usage, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "xdp-edge%s%s: ", usage->name ? " " : "", usage->name ? usage->name : "");
	va_start(args, fmt);
	print_message(fmt, args);
	va_end(args);
	return usage_hint(usage);
}

int usage_no_arguments(const struct usage *usage, int argc, char **argv)
{
	if (optind == argc)
		return EXIT_OK;
	return usage_error(usage, "takes no argument '%s'", argv[optind]);
}

int fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report_args(fmt, args);
	va_end(args);
	return EXIT_FAILED;
}

static int options_exit(struct options *options, int code)
{
	options->exit_code = code;
	return OPTIONS_EXIT;
}

/* Bytes, or with K, M or G; 1 MiB at least. 0 if it is none of these. */
static size_t memory_parse(const char *text)
{
	static const char units[] = "KMG";
	unsigned shift = 0;
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (*text < '1' || *text > '9' || errno)
		return 0;
	if (*end) {
		const char *unit = strchr(units, *end);

		if (!unit || end[1])
			return 0;
		shift = 10 * (unit - units + 1);
	}
	if (value > SIZE_MAX >> shift || value << shift < 1u << 20)
		return 0;
	return value << shift;
}

static int shared_option(struct options *options, const struct usage *usage, int c)
{
	switch (c) {
	case 'c':
		options->site = optarg;
		options->site_named = true;
		return 0;
	case 'p':
		options->pretty = true;
		options->json = true;
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case 'v':
		options->verbose++;
		return 0;
	case OPTION_SPEC:
		options->spec = optarg;
		return 0;
	case OPTION_MAX_MEMORY:
		options->max_memory = memory_parse(optarg);
		if (!options->max_memory)
			return options_exit(options,
					    usage_error(usage,
							"--max-memory: %s: not a size of 1M or "
							"more",
							optarg));
		return 0;
	case 'V':
		printf("xdp-edge %s, libbpf %s\n", XE_VERSION, libbpf_version_string());
		return options_exit(options, EXIT_OK);
	case 'h':
		print_usage(usage, stdout);
		printf("\n%s\n%s", usage->help, shared_help);
		return options_exit(options, EXIT_OK);
	default:
		return c;
	}
}

/* The long option that was meant by `word`, "--NAME" or "--NAME=VALUE", if one is near. */
static void suggest_option(const char *who, const char *word, const struct option *all)
{
	char name[64];
	struct suggest near;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	suggest_start(&near, name + strspn(name, "-"));
	for (; all->name; all++)
		suggest_offer(&near, all->name);
	if (near.best)
		fprintf(stderr, "%s: did you mean --%s?\n", who, near.best);
}

int options_next(struct options *options, const struct usage *usage, int argc, char **argv)
{
	struct option all[OPTIONS_MAX] = {};
	char letters[64];
	size_t n = sizeof(shared_long) / sizeof(shared_long[0]);
	int c;

	/* The program itself stops at the first word that is no option: the command. */
	snprintf(letters, sizeof(letters), "%s%s%s", usage->name ? "" : "+", shared_short,
		 usage->short_options ? usage->short_options : "");
	memcpy(all, shared_long, sizeof(shared_long));
	for (const struct option *own = usage->long_options; own && own->name; own++)
		if (n < OPTIONS_MAX - 1)
			all[n++] = *own;

	do {
		c = getopt_long(argc, argv, letters, all, NULL);
		if (c == -1)
			return OPTIONS_END;
		if (c == '?') {
			if (!optopt) /* a long one that is none; getopt has said so */
				suggest_option(argv[0], argv[optind - 1], all);
			return options_exit(options, usage_hint(usage));
		}
		c = shared_option(options, usage, c);
	} while (c == 0);
	return c;
}

/*
 * `dir` with the tables beside the running binary: of the source tree, or of an installation, which
 * may have gone elsewhere than the build thought. False if there are none.
 */
static bool spec_beside_binary(char *dir, size_t size)
{
	static const char *const places[] = {"../maps/spec", "../share/xdp-edge/spec"};
	char self[PATH_MAX], probe[PATH_MAX + 16];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (len <= 0)
		return false;
	self[len] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return false;
	*slash = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if ((size_t)snprintf(dir, size, "%s/%s", self, places[i]) >= size)
			continue;
		snprintf(probe, sizeof(probe), "%s/roles.csv", dir);
		if (access(probe, F_OK) == 0)
			return true;
	}
	return false;
}

const char *options_spec_dir(const struct options *options)
{
	static char beside[PATH_MAX];
	const char *env = getenv("XDP_EDGE_SPEC");

	if (options->spec)
		return options->spec;
	if (env && *env)
		return env;
	if (spec_beside_binary(beside, sizeof(beside))) {
		char *real = realpath(beside, NULL);

		if (real && strlen(real) < sizeof(beside))
			strcpy(beside, real);
		free(real);
		return beside;
	}
	return XE_SPEC_DIR;
}
