// SPDX-License-Identifier: GPL-2.0-only
/* The perimeter's site for a group of tests; see perimeter.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "perimeter.h"

struct probe perimeter;

int perimeter_open(void **state)
{
	(void)state;
	probe_open(&perimeter, PERIMETER);
	return 0;
}

int perimeter_close(void **state)
{
	(void)state;
	probe_sweep(&perimeter);
	print_message("%lu frames through the program\n", perimeter.runs);
	probe_close(&perimeter);
	return 0;
}

void perimeter_expect(const struct wire *w, const char *name, size_t detail, const char *row,
		      enum xe_miss miss)
{
	char what[128];

	snprintf(what, sizeof(what), "%s (%zu)", name, detail);
	probe_expect(&perimeter, probe_nic(&perimeter, "wan0"), w->bytes, w->len, what, row, miss);
}

void perimeter_expect_on(const char *nic, const struct wire *w, const char *name, const char *row,
			 enum xe_miss miss)
{
	probe_expect(&perimeter, probe_nic(&perimeter, nic), w->bytes, w->len, name, row, miss);
}
