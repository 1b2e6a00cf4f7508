// SPDX-License-Identifier: GPL-2.0-only
/* What kind of terminal this is, and giving it back after a crash. */
#include "terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "../output/report.h"

#include <curses.h>
#include <term.h>

/* As it was, and what makes it so again: put together before, since a handler may not. */
static struct {
	struct termios before;
	char restore[256];
	size_t len;
} guard;

bool terminal_unicode(void)
{
	static const char *const without[] = {"linux", "vt", "ansi", "cons", "sun", "dumb"};
	const char *term = getenv("TERM");
	locale_t locale = newlocale(LC_CTYPE_MASK, "", NULL);
	bool can = locale && !strcmp(nl_langinfo_l(CODESET, locale), "UTF-8");

	if (locale)
		freelocale(locale);
	for (size_t i = 0; can && i < sizeof(without) / sizeof(without[0]); i++)
		can = !term || strncmp(term, without[i], strlen(without[i]));
	return can;
}

int terminal_check(void)
{
	const char *term = getenv("TERM");
	bool usable;
	int err;

	if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
		report("top: standard %s is no terminal: use xdp-edge stats --interval 1",
		       isatty(STDOUT_FILENO) ? "input" : "output");
		return -1;
	}
	if (!term || !*term) {
		report("top: TERM is not set: set it to the type of this terminal, TERM=xterm for "
		       "most");
		return -1;
	}
	if (setupterm(term, STDOUT_FILENO, &err) == ERR) {
		report("top: %s: %s: set TERM to a type like this terminal, TERM=xterm for most%s",
		       term,
		       err < 0 ? "there is no terminfo database (package ncurses-base)"
			       : "this type of terminal is not known here",
		       err < 0 ? "" : " (package ncurses-term knows more)");
		return -1;
	}
	usable = cursor_address && clear_screen;
	del_curterm(cur_term); /* curses makes its own */
	if (!usable) {
		report("top: %s: this type of terminal cannot place the cursor: use xdp-edge stats "
		       "--interval 1",
		       term);
		return -1;
	}
	if (tcgetattr(STDIN_FILENO, &guard.before)) {
		report("top: cannot read the settings of the terminal: %s", strerror(errno));
		return -1;
	}
	return 0;
}

/* --- crashes --------------------------------------------------------------------------------- */

/* Only what may be called in a handler: the terminal is to be used after a crash. */
static void crashed(int number)
{
	ssize_t ignored = write(STDOUT_FILENO, guard.restore, guard.len);

	(void)ignored;
	tcsetattr(STDIN_FILENO, TCSANOW, &guard.before);
	raise(number); /* its own action is back (SA_RESETHAND) */
}

static void add_string(const char *capability)
{
	/* (char *)-1: not a string */
	if (!capability || capability == (char *)-1 ||
	    strlen(capability) >= sizeof(guard.restore) - guard.len)
		return;
	strcpy(guard.restore + guard.len, capability);
	guard.len += strlen(capability);
}

static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

static void on_crash(void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESETHAND};

	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		sigaction(crashes[i], &action, NULL);
}

void terminal_guard(void)
{
	guard.len = 0;
	add_string(exit_attribute_mode);
	add_string(cursor_normal);
	add_string(keypad_local);
	add_string(exit_ca_mode);
	on_crash(crashed);
}

void terminal_unguard(void)
{
	on_crash(SIG_DFL);
}
