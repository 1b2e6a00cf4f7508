/* SPDX-License-Identifier: GPL-2.0-only */
/* `stats --verify`: what kernel/verify.h finds, shown. */
#ifndef XE_CMD_STATS_VERIFY_H
#define XE_CMD_STATS_VERIFY_H

#include "../kernel/reader.h"
#include "cmd.h"

/* An exit code: EXIT_FAILED if any interface's counters do not hold. */
int stats_verify(const struct options *options, struct reader *reader);

#endif
