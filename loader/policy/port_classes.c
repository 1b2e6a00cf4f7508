// SPDX-License-Identifier: GPL-2.0-only
/* Port classes: cut at every limit of every entry, then what no entry tells apart is one class. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "entries.h"

/* IKE and its NAT traversal, RFC 7296; what goes with ESP. */
static bool is_ike(unsigned l4, uint32_t port)
{
	return l4 == L4_UDP && (port == 500 || port == 4500);
}

/* Where an entry's limit begins or ends to hold: the bit that changes there. */
struct flip {
	uint32_t port, bit;
};

static int flip_compare(const void *pa, const void *pb)
{
	const struct flip *a = pa, *b = pb;

	return (a->port > b->port) - (a->port < b->port);
}

static size_t add_flips(struct flip *flips, size_t n, const struct port_set *set, uint32_t bit)
{
	for (size_t i = 0; i < set->n; i++) {
		if (flips) {
			flips[n] = (struct flip){set->v[i].lo, bit};
			flips[n + 1] = (struct flip){set->v[i].hi + 1u, bit};
		}
		n += 2;
	}
	return n;
}

/* All flips; with NULL only their number. */
static size_t gather_flips(const struct entries *entries, unsigned l4, struct flip *flips)
{
	size_t n = 0;

	for (size_t i = 0; i < entries->n; i++) {
		if (!(entries->v[i].l4 & l4))
			continue;
		n = add_flips(flips, n, entries->v[i].sports, i);
		n = add_flips(flips, n, entries->v[i].dports, entries->words * 64 + i);
	}
	for (uint32_t port = 0; port < 65536; port++)
		if (is_ike(l4, port)) {
			if (flips) {
				flips[n] = (struct flip){port, entries->words * 128};
				flips[n + 1] = (struct flip){port + 1, entries->words * 128};
			}
			n += 2;
		}
	return n;
}

int port_classes_make(const struct entries *entries, unsigned l4, struct port_classes *out)
{
	size_t words = entries->words, key_words = 2 * words + 1,
	       n = gather_flips(entries, l4, NULL);
	struct flip *flips = calloc(n + 1, sizeof(*flips));
	uint64_t *key = calloc(key_words, sizeof(*key));
	struct intern keys = {0};
	int err = -ENOMEM;
	long class = -1;

	*out = (struct port_classes){.of = calloc(65536, sizeof(*out->of))};
	if (!flips || !key || !out->of)
		goto out;
	gather_flips(entries, l4, flips);
	qsort(flips, n, sizeof(*flips), flip_compare);

	for (uint32_t port = 0, i = 0; port < 65536; port++) {
		bool cut = port == 0;

		for (; i < n && flips[i].port == port; i++, cut = true)
			key[flips[i].bit / 64] ^= 1ull << (flips[i].bit % 64);
		if (cut)
			class = intern_add(&keys, key, key_words * sizeof(*key), NULL);
		if (class < 0)
			goto out;
		out->of[port] = class;
	}

	out->as_source = calloc(keys.n, sizeof(*out->as_source));
	out->as_destination = calloc(keys.n, sizeof(*out->as_destination));
	out->ike = calloc(keys.n, sizeof(*out->ike));
	if (!out->as_source || !out->as_destination || !out->ike)
		goto out;
	for (out->n = 0; out->n < keys.n; out->n++) {
		uint64_t *copy = calloc(key_words, sizeof(*copy));

		if (!copy)
			goto out;
		memcpy(copy, intern_key(&keys, out->n, NULL), key_words * sizeof(*copy));
		out->as_source[out->n] = copy;
		out->as_destination[out->n] = copy + words;
		out->ike[out->n] = copy[2 * words];
	}
	err = 0;
out:
	free(flips);
	free(key);
	intern_free(&keys);
	if (err)
		port_classes_free(out);
	return err;
}

void port_classes_free(struct port_classes *classes)
{
	for (size_t i = 0; i < classes->n; i++)
		free(classes->as_source[i]);
	free(classes->as_source);
	free(classes->as_destination);
	free(classes->ike);
	free(classes->of);
	*classes = (struct port_classes){0};
}
