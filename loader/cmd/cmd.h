/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all subcommands share: the options every command takes, the words of its help, and its exit
 * codes. A subcommand is one file whose cmd_NAME() reads as the list of steps it performs.
 */
#ifndef XE_CMD_CMD_H
#define XE_CMD_CMD_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

#define SITE_DEFAULT "/etc/xdp-edge/site.yaml"

enum exit_code {
	EXIT_OK,
	EXIT_FAILED,
	EXIT_USAGE,
	EXIT_UNSUPPORTED, /* this kernel, driver or system cannot do it */
};

struct options {
	const char *site;  /* -c, or SITE_DEFAULT */
	bool site_named;   /* the user has said which: -c */
	size_t max_memory; /* --max-memory; 0: the default */
	const char *spec;  /* --spec; NULL: searched for, options_spec_dir() */
	bool json;	   /* -j, -p */
	bool pretty;	   /* -p */
	int verbose;	   /* -v, counted */
	int exit_code;	   /* what options_next() ended with */
};

struct usage {
	const char *name;	   /* "stats"; NULL: the program itself */
	const char *arguments;	   /* "[NAME]", or NULL */
	const char *help;	   /* what it does, then its own options, whole lines */
	const char *short_options; /* its own, as for getopt(), or NULL */
	const struct option
		*long_options; /* its own, ended by {0}, or NULL; values from 'a' or OPTION_OWN */
};

#define OPTION_OWN   0x200 /* values of a command's long options without a letter start here */
#define OPTIONS_END  (-1)
#define OPTIONS_EXIT (-2)

/*
 * The next of a command's own options, by getopt_long(): its value, with optarg; the shared ones
 * are taken care of. OPTIONS_END: only arguments are left, from argv[optind] on. OPTIONS_EXIT: help
 * or version was shown, or the usage is wrong (reported); return options->exit_code.
 */
int options_next(struct options *options, const struct usage *usage, int argc, char **argv);

/* Report wrong usage on stderr and point to -h. Returns EXIT_USAGE. */
int usage_error(const struct usage *usage, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Refuse arguments after the options. EXIT_OK or EXIT_USAGE (reported). */
int usage_no_arguments(const struct usage *usage, int argc, char **argv);

/* In words, for messages. */
#define INTERVAL_TAKES "0.1 to 86400 seconds, or with a unit as 500ms, 1s, 5m or 2h"

/*
 * The seconds between two readings, as "5", "0.5" or with a unit, ms, s, m or h: 0.1 to 86400. 0 or
 * -EINVAL.
 */
int interval_parse(const char *text, double *out);

/*
 * Directory of the spec tables: --spec, $XDP_EDGE_SPEC, ../maps/spec beside the binary, then the
 * installed one. Static storage.
 */
const char *options_spec_dir(const struct options *options);

/* Report a failure of the system: "xdp-edge: WHAT". Returns EXIT_FAILED. */
int fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

int cmd_check(struct options *options, int argc, char **argv);
int cmd_rules(struct options *options, int argc, char **argv);
int cmd_load(struct options *options, int argc, char **argv);
int cmd_reload(struct options *options, int argc, char **argv);
int cmd_confirm(struct options *options, int argc, char **argv);
int cmd_unload(struct options *options, int argc, char **argv);
int cmd_status(struct options *options, int argc, char **argv);
int cmd_stats(struct options *options, int argc, char **argv);
int cmd_top(struct options *options, int argc, char **argv);
int cmd_baseline(struct options *options, int argc, char **argv);
int cmd_suggest(struct options *options, int argc, char **argv);
int cmd_capture(struct options *options, int argc, char **argv);
int cmd_serve(struct options *options, int argc, char **argv);
int cmd_doctor(struct options *options, int argc, char **argv);
int cmd_explain(struct options *options, int argc, char **argv);
int cmd_replay(struct options *options, int argc, char **argv);
int cmd_bench(struct options *options, int argc, char **argv);

#endif
