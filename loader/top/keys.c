// SPDX-License-Identifier: GPL-2.0-only
/* What each key does. */
#include "keys.h"

#include <stdio.h>
#include <string.h>

#include "../kernel/clock.h"
#include "screen.h"

/* How long a message takes the place of the keys, if no other key ends it. */
#define MESSAGE_NS 3000000000ull

static void say(struct top *top, const char *text)
{
	snprintf(top->message, sizeof(top->message), "%s", text);
	top->message_until = clock_ns(CLOCK_MONOTONIC) + MESSAGE_NS;
}

/* Lines of a page, without the titles; the chosen one, or the last, stays on the screen. */
static long page_lines(const struct top *top)
{
	return top->page > 3 ? top->page - 2 : 1;
}

static void move_by(struct top *top, long by)
{
	if (!top->help) {
		view_move(top, by);
		return;
	}
	top->help_top = by < 0 && (size_t)-by > top->help_top ? 0 : top->help_top + by;
}

/* True: it was such a key. */
static bool key_moves(struct top *top, int key)
{
	switch (key) {
	case KEY_IS_UP:
	case 'k':
		move_by(top, -1);
		return true;
	case KEY_IS_DOWN:
	case 'j':
		move_by(top, 1);
		return true;
	case KEY_IS_PAGE_UP:
		move_by(top, -page_lines(top));
		return true;
	case KEY_IS_PAGE_DOWN:
		move_by(top, page_lines(top));
		return true;
	case KEY_IS_HOME:
		move_by(top, -0x7fffffff);
		return true;
	case KEY_IS_END:
		move_by(top, 0x7fffffff);
		return true;
	default:
		return false;
	}
}

static void rebase(struct top *top, bool all)
{
	if (!source_has(&top->source.now))
		say(top, "there is nothing to count");
	else if (source_rebase(&top->source, all))
		say(top, "there is no reading to count from");
	else
		say(top, all ? "figures count from the load again" : "figures count from now on");
}

/* Back, or what Esc takes away before. */
static void back(struct top *top)
{
	struct view *view = view_now(top);

	if (!view->detail && view->filter[0])
		view->filter[0] = '\0';
	else
		view_back(top);
}

static void next_list(struct top *top, int by)
{
	view_list(top, (enum lines_of)((top->views[0].of + LINES_COUNT + by) % LINES_COUNT));
}

/* Keys of lists only. */
static void key_of_list(struct top *top, int key)
{
	struct view *view = view_now(top);

	switch (key) {
	case KEY_IS_ENTER:
	case KEY_IS_RIGHT:
		view_enter(top);
		break;
	case '<':
	case ',':
		view_sort(top, -1);
		break;
	case '>':
	case '.':
		view_sort(top, 1);
		break;
	case 'r':
	case 'R':
		view->reverse = !view->reverse;
		break;
	case '/':
		top->typing = true;
		break;
	case 'n':
		top->nonzero = !top->nonzero;
		break;
	}
}

/* A key of the filter that is being typed. */
static void key_typed(struct top *top, int key)
{
	char *filter = view_now(top)->filter;
	size_t len = strlen(filter);

	switch (key) {
	case KEY_IS_ENTER:
		top->typing = false;
		break;
	case KEY_IS_ESCAPE:
		filter[0] = '\0';
		top->typing = false;
		break;
	case KEY_IS_BACKSPACE:
		/* a character of several bytes goes wholly */
		while (len && ((unsigned char)filter[--len] & 0xc0) == 0x80)
			;
		filter[len] = '\0';
		break;
	case KEY_IS_UP:
	case KEY_IS_DOWN:
	case KEY_IS_PAGE_UP:
	case KEY_IS_PAGE_DOWN:
		key_moves(top, key);
		break;
	default:
		if (key < ' ' || key > 0xff || len + 2 > FILTER_MAX)
			break;
		filter[len] = (char)key;
		filter[len + 1] = '\0';
	}
}

bool keys_do(struct top *top, int key)
{
	bool close_help = top->help;

	top->message[0] = '\0';
	if (top->typing) {
		key_typed(top, key);
		return true;
	}
	if (key_moves(top, key))
		return true;
	switch (key) {
	case 'q':
	case 'Q':
		return false;
	case '?':
	case 'h':
		top->help = !top->help;
		top->help_top = 0;
		return true;
	case 'p':
	case ' ':
		source_pause(&top->source, !top->source.paused);
		return true;
	case 'b':
	case 'B':
		rebase(top, key == 'B');
		return true;
	case KEY_IS_ESCAPE:
	case KEY_IS_BACKSPACE:
	case KEY_IS_LEFT:
		if (!close_help)
			back(top);
		break;
	case KEY_IS_TAB:
		next_list(top, 1);
		break;
	case KEY_IS_BACK_TAB:
		next_list(top, -1);
		break;
	case KEY_IS_SIZE:
		return true;
	default:
		if (key > '0' && key <= '0' + LINES_COUNT)
			view_list(top, (enum lines_of)(key - '1'));
		else if (!close_help && !view_now(top)->detail)
			key_of_list(top, key);
	}
	top->help = false;
	return true;
}
