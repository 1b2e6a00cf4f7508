// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler: classes of addresses and ports, then of pairs of addresses, then for each pair what
 * ports leave, until only the match set is left: the atom.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "diag.h"

/* The block holds four times the class of a port in 16 bits. */
#define PORT_CLASSES_MAX 16384u

static int make_port_classes(struct build *b)
{
	if (port_classes_make(&b->entries, L4_TCP, &b->tcp) ||
	    port_classes_make(&b->entries, L4_UDP, &b->udp))
		return -ENOMEM;
	if (b->tcp.n > PORT_CLASSES_MAX || b->udp.n > PORT_CLASSES_MAX) {
		diag_error(b->policy->site->path, 0, 0, NULL,
			   "the rows tell %zu classes of TCP ports and %zu of UDP ports apart; a "
			   "policy can hold %u of each",
			   b->tcp.n, b->udp.n, PORT_CLASSES_MAX);
		return -E2BIG;
	}
	for (int kind = 0; kind < XE_L4_COUNT; kind++) {
		b->l4_class[kind] = b->n_port;
		b->n_port += kind_ports(b, kind).n;
	}
	return 0;
}

/* Atoms and matches, into b->out. */
static int make_lists(struct build *b)
{
	const struct intern *atoms = &b->atoms.list;
	struct compiled *out = b->out;
	size_t n = (atoms->n_bytes - atoms->n * sizeof(struct xe_atom)) / sizeof(struct xe_match);

	out->atoms = calloc(atoms->n, sizeof(*out->atoms));
	out->matches = calloc(n + 1, sizeof(*out->matches));
	if (!out->atoms || !out->matches)
		return -ENOMEM;
	for (out->n_atoms = 0; out->n_atoms < atoms->n; out->n_atoms++) {
		struct xe_atom *atom = &out->atoms[out->n_atoms];
		const char *key = intern_key(atoms, out->n_atoms, NULL);

		memcpy(atom, key, sizeof(*atom));
		memcpy(out->matches + out->n_matches, key + sizeof(*atom),
		       atom->n_matches * sizeof(*out->matches));
		atom->first_match = out->n_matches;
		out->n_matches += atom->n_matches;
	}
	return 0;
}

static int build_all(struct build *b, enum compile_layout layout)
{
	int err = guard_make(b->policy, &b->guard);

	if (!err && guard_state_bytes(b) > b->max_memory)
		return build_refuse_state(b);
	if (!err)
		err = entries_make(b->policy, &b->entries);
	if (!err)
		err = address_classes_make(b->policy, &b->entries, b->sides, b->guard.features,
					   &b->addresses);
	if (!err)
		err = make_port_classes(b);
	if (!err)
		err = pairs_make(b);
	if (!err)
		err = atoms_make(&b->atoms, b->entries.n);
	if (!err)
		err = finals_make(b);
	if (!err)
		err = make_lists(b);
	if (err)
		return err;
	err = build_block(b, layout);
	if (err == -E2BIG)
		return build_refuse(b, build_bytes(b), false);
	if (!err && build_bytes(b) > b->max_memory)
		return build_refuse(b, build_bytes(b), true);
	return err;
}

static void build_free(struct build *b)
{
	guard_free(&b->guard);
	entries_free(&b->entries);
	address_classes_free(&b->addresses);
	port_classes_free(&b->tcp);
	port_classes_free(&b->udp);
	pairs_free(&b->pairs);
	atoms_free(&b->atoms);
	finals_free(&b->finals);
	block_free(&b->block);
}

int policy_compile_with(const struct policy *policy, const struct nic *nics, size_t n_nics,
			unsigned sides, const struct compile_options *options, struct compiled *out)
{
	struct build b = {
		.policy = policy,
		.nics = nics,
		.n_nics = n_nics,
		.sides = sides | nics_sides(nics, n_nics),
		.max_memory = options->max_memory,
		.out = out,
		/* not max_memory: what is laid out whole can be told its size */
		.block = {.limit = COMPILE_BLOCK_MAX / sizeof(uint32_t)},
	};
	int err;

	*out = (struct compiled){.state = policy->site->state};
	err = build_all(&b, options->layout);
	out->n_sources = b.addresses.sources.n;
	out->n_destinations = b.addresses.destinations.n;
	out->n_port = b.n_port;
	out->n_pairs = b.pairs.n;
	out->n_p = b.finals.n_p;
	out->n_q = b.finals.n_q;
	out->block = (struct xe_block_header *)b.block.words;
	b.block.words = NULL;
	if (err)
		compiled_free(out);
	build_free(&b);
	return err;
}

int policy_compile(const struct policy *policy, const struct nic *nics, size_t n_nics,
		   unsigned sides, struct compiled *out)
{
	const struct compile_options options = {.max_memory = COMPILE_MEMORY_DEFAULT};

	return policy_compile_with(policy, nics, n_nics, sides, &options, out);
}

void compiled_free(struct compiled *compiled)
{
	free(compiled->block);
	free(compiled->atoms);
	free(compiled->matches);
	*compiled = (struct compiled){0};
}
