/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the block tells the program to do with a packet, against what VERDICTS.md says of it: the
 * action of its atom, the limit it names, whose its ends are and what they are translated to.
 */
#ifndef XE_ORACLE_ACTIONS_H
#define XE_ORACLE_ACTIONS_H

#include "check.h"

/*
 * Check the packet's, whose `answer` both gave. False on a difference, which is printed. Sites that
 * give no verdicts must have none in the block.
 */
bool actions_agree(struct checked *checked, const struct tuple *tuple, const struct answer *answer,
		   uint32_t atom);

#endif
