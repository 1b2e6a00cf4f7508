/* SPDX-License-Identifier: GPL-2.0-only */
/* What kind of terminal this is, and giving it back after a crash. */
#ifndef XE_TOP_TERMINAL_H
#define XE_TOP_TERMINAL_H

#include <stdbool.h>

/* Whether a full screen can be shown; nothing is changed. 0 or -1 (reported with the remedy). */
int terminal_check(void);
/*
 * Whether it shows blocks and an ellipsis: by the locale of the environment (main() has set one
 * with UTF-8 whatever that is), but for terminals whose fonts are known to have none.
 */
bool terminal_unicode(void);
/* From here on a crash gives the terminal back as it is now; after terminal_check(). */
void terminal_guard(void);
void terminal_unguard(void);

#endif
