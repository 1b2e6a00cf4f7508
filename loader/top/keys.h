/* SPDX-License-Identifier: GPL-2.0-only */
/* What each key does. */
#ifndef XE_TOP_KEYS_H
#define XE_TOP_KEYS_H

#include "view.h"

/* Do what a key means; the view is to be made and drawn anew. False: it means to end. */
bool keys_do(struct top *top, int key);

#endif
