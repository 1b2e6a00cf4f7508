// SPDX-License-Identifier: GPL-2.0-only
/* Port classes: cut at every limit of every entry, then what no entry tells apart is one class. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "entries.h"

/* IKE and its NAT traversal, RFC 7296; what goes with ESP. */
static bool is_ike(unsigned l4, uint32_t port)
{
	return l4 == L4_UDP && (port == 500 || port == 4500);
}

static void mark_cuts(uint8_t *cut, const struct port_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		cut[set->v[i].lo] = 1;
		cut[set->v[i].hi + 1] = 1;
	}
}

int port_classes_make(const struct entries *entries, unsigned l4, struct port_classes *out)
{
	size_t words = entries->words, key_words = 2 * words + 1;
	uint8_t *cut = calloc(65537, 1);
	uint64_t *key = calloc(key_words, sizeof(*key));
	struct intern keys = {0};
	long class = 0;
	int err = -ENOMEM;

	*out = (struct port_classes){.of = calloc(65536, sizeof(*out->of))};
	if (!cut || !key || !out->of)
		goto out;
	for (size_t i = 0; i < entries->n; i++)
		if (entries->v[i].l4 & l4) {
			mark_cuts(cut, entries->v[i].sports);
			mark_cuts(cut, entries->v[i].dports);
		}
	for (uint32_t port = 0; port < 65536; port++)
		if (is_ike(l4, port))
			cut[port] = cut[port + 1] = 1;

	for (uint32_t port = 0; port < 65536; port++) {
		if (port == 0 || cut[port]) {
			memset(key, 0, key_words * sizeof(*key));
			for (size_t i = 0; i < entries->n; i++) {
				const struct entry *entry = &entries->v[i];

				if (!(entry->l4 & l4))
					continue;
				if (port_set_has(entry->sports, port))
					bits_set(key, i);
				if (port_set_has(entry->dports, port))
					bits_set(key + words, i);
			}
			key[2 * words] = is_ike(l4, port);
			class = intern_add(&keys, key, key_words * sizeof(*key), NULL);
			if (class < 0)
				goto out;
			if (class > UINT16_MAX) {
				err = -E2BIG;
				goto out;
			}
		}
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
	free(cut);
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
