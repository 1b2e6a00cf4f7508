// SPDX-License-Identifier: GPL-2.0-only
/* The program: a table of subcommands, and what must hold around each of them. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"

static const struct command {
	const char *name;
	int (*run)(struct options *options, int argc, char **argv);
} commands[] = {
	{"check", cmd_check},	    {"rules", cmd_rules},     {"load", cmd_load},
	{"reload", cmd_reload},	    {"confirm", cmd_confirm}, {"unload", cmd_unload},
	{"status", cmd_status},	    {"stats", cmd_stats},     {"top", cmd_top},
	{"baseline", cmd_baseline}, {"suggest", cmd_suggest}, {"capture", cmd_capture},
	{"serve", cmd_serve},	    {"doctor", cmd_doctor},   {"explain", cmd_explain},
	{"replay", cmd_replay},	    {"bench", cmd_bench},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct usage usage = {
	.arguments = "COMMAND ...",
	.help = "Names and counts the packets of a Lync Server / Skype for Business Edge by the\n"
		"rows of its port tables. Commands (a unique prefix will do; 'xdp-edge COMMAND\n"
		"-h' tells more):\n"
		"  check    read site and tables, report what each row does and does not do\n"
		"  rules    list the rows\n"
		"  load     compile the site and attach to its interfaces\n"
		"  reload   replace the loaded policy, counters kept\n"
		"  confirm  keep enforcing, past the deadline of load --confirm-within\n"
		"  unload   detach and remove\n"
		"  status   what is loaded and attached\n"
		"  stats    the counters\n"
		"  top      the counters live, on a full screen\n"
		"  baseline from now on, count anew what is dropped or would be\n"
		"  suggest  what no row allows, as rows to paste\n"
		"  capture  copies of chosen packets, each with its row, as a capture file\n"
		"  serve    the counters by HTTP: a page, Prometheus metrics, JSON\n"
		"  doctor   what is wrong, told from the counters, and the next step\n"
		"  explain  which rows one packet matches, and why the first decides\n"
		"  replay   run a capture file through the program\n"
		"  bench    nanoseconds a packet on this machine, beside the least possible\n"
		"\n"
		"Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 3 not supported here.\n",
};

/* The command `name` is or uniquely begins; NULL with *code set otherwise. */
static const struct command *command_find(const char *name, int *code)
{
	const struct command *found = NULL;
	char candidates[256] = "";
	size_t matches = 0, used = 0;

	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
		if (!*name || strncmp(commands[i].name, name, strlen(name)) != 0)
			continue;
		found = &commands[i];
		matches++;
		used += snprintf(candidates + used, sizeof(candidates) - used, "%s%s",
				 matches > 1 ? ", " : "", commands[i].name);
	}
	if (matches == 1)
		return found;
	if (matches)
		*code = usage_error(&usage, "'%s' is ambiguous: %s", name, candidates);
	else
		*code = usage_error(&usage, "unknown command '%s'", name);
	return NULL;
}

/*
 * Descriptors 0 to 2 exist, so that no map or socket becomes "stdout". /dev/null opened for reading
 * only: what is written to a closed stdout is still an error.
 */
static void keep_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* The reader of a pipe or socket has gone away. */
static bool reader_is_gone(void)
{
	struct pollfd fd = {.fd = STDOUT_FILENO};

	return poll(&fd, 1, 0) == 1 && fd.revents & POLLERR;
}

/*
 * Output that did not arrive is a failure. A reader that has gone away knows; others are told, with
 * the cause if it is the last write that failed.
 */
static int finish_stdout(int code)
{
	bool failed;
	int err = 0;

	errno = 0;
	failed = fflush(stdout) || ferror(stdout);
	err = errno;
	if (failed && reader_is_gone())
		return code ? code : EXIT_FAILED;
	if (fclose(stdout) && !failed) {
		failed = true;
		err = errno;
	}
	if (!failed)
		return code;
	fail("writing the output: %s", err ? strerror(err) : "some of it was refused");
	return code ? code : EXIT_FAILED;
}

int main(int argc, char **argv)
{
	static char title[32];
	struct options options = {.site = SITE_DEFAULT};
	const struct command *command;
	int code = EXIT_USAGE;

	keep_standard_fds();
	signal(SIGPIPE, SIG_IGN);
	if (!setlocale(LC_CTYPE, "") || MB_CUR_MAX == 1)
		setlocale(LC_CTYPE, "C.UTF-8");
	if (argc < 1)
		return EXIT_USAGE;
	argv[0] = "xdp-edge";

	if (options_next(&options, &usage, argc, argv) == OPTIONS_EXIT)
		return finish_stdout(options.exit_code);
	if (optind == argc)
		return usage_error(&usage, "no command given");
	if (!strcmp(argv[optind], "help")) {
		char *help[] = {argv[0], "-h", NULL};

		optind = 0;
		options_next(&options, &usage, 2, help);
		return finish_stdout(options.exit_code);
	}
	command = command_find(argv[optind], &code);
	if (!command)
		return code;

	argc -= optind;
	argv += optind;
	snprintf(title, sizeof(title), "xdp-edge %s", command->name);
	argv[0] = title;
	optind = 0; /* glibc: start anew, with other options */
	return finish_stdout(command->run(&options, argc, argv));
}
