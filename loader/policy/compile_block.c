// SPDX-License-Identifier: GPL-2.0-only
/* The compiler's results laid out: the block that the program walks, the lists that say what an
 * atom means. */
#include "build.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* D, row by row: atoms. */
static long put_d(struct build *b)
{
	size_t n = b->p.n * b->q.n;
	long at = block_words(&b->block, n, 1);

	/* an unseen combination never comes up; should it, it is counted, not lost */
	for (size_t i = 0; at >= 0 && i < n; i++)
		b->block.words[at + i] = b->d[i] == UNSEEN ? XE_MISS_NO_POLICY : b->d[i];
	return at;
}

/* The rows of all pairs: P of each port class, then Q; `d` is where D stands. */
static long put_rows(struct build *b, size_t d)
{
	size_t n = b->n_port;
	long at = block_words(&b->block, b->pairs.n * 2 * n, 1);

	for (size_t pair = 0; at >= 0 && pair < b->pairs.n; pair++)
		for (size_t i = 0; i < n; i++) {
			uint32_t *row = b->block.words + at + pair * 2 * n;

			row[i] = (d + b->p_rows[pair * n + i] * b->q.n) * sizeof(*row);
			row[n + i] = b->q_rows[pair * n + i] * sizeof(*row);
		}
	return at;
}

/* Planes hold numbers of pairs until their rows have a place. */
static void put_planes(struct build *b, size_t rows)
{
	for (int side = 0; side < XE_SIDE_COUNT; side++) {
		uint32_t *plane = b->block.words + b->out->plane[side] / sizeof(*plane);

		if (!b->out->plane[side])
			continue;
		for (size_t i = 0; i < b->addresses.n * b->addresses.n; i++)
			plane[i] = (rows + plane[i] * 2 * b->n_port) * sizeof(*plane);
	}
}

/* Port classes by the port as a packet has it. */
static void put_ports(struct block_builder *block, uint32_t table, const struct port_classes *ports)
{
	uint16_t *to = (uint16_t *)((char *)block->words + table);

	for (uint32_t port = 0; port < 65536; port++)
		to[htons(port)] = ports->of[port] * sizeof(uint32_t);
}

/* A trunk's planes by VLAN; what the site does not name has the NIC's own side, or none. */
static int put_nics(struct build *b, struct xe_block_header *header)
{
	for (size_t i = 0; i < b->n_nics; i++) {
		const struct nic *nic = &b->nics[i];
		struct xe_nic *to = &header->nic[nic->slot];
		uint32_t plane = nic->side >= 0 ? b->out->plane[nic->side] : 0;

		to->plane = plane;
		to->drop = nics_sides(nic, 1) == 1u << XE_SIDE_MIRROR;
		if (nic->n_vlans) {
			long at = block_words(&b->block, 4096, 16);

			if (at < 0)
				return at;
			to->vlans = at;
			for (size_t vlan = 0; vlan < 4096; vlan++)
				b->block.words[at + vlan] = plane;
			for (size_t j = 0; j < nic->n_vlans; j++)
				b->block.words[at + nic->vlans[j].vlan] =
					b->out->plane[nic->vlans[j].side];
		}
	}
	return 0;
}

int build_block(struct build *b)
{
	struct xe_block_header header = {
		.abi = XE_ABI_VERSION,
		.plane_row = b->addresses.n * sizeof(uint32_t),
		.n_atoms = b->atoms.n,
	};
	uint32_t root4;
	long d, rows;
	int err;

	for (int kind = 0; kind < XE_L4_COUNT; kind++) {
		header.l4[kind].dport = b->l4_class[kind] * sizeof(uint32_t);
		header.l4[kind].sport = (b->n_port + b->l4_class[kind]) * sizeof(uint32_t);
	}
	d = put_d(b);
	if (d < 0)
		return d;
	rows = put_rows(b, d);
	if (rows < 0)
		return rows;
	put_planes(b, rows);
	put_ports(&b->block, XE_PORTS_TCP, &b->tcp);
	put_ports(&b->block, XE_PORTS_UDP, &b->udp);
	err = addrspace_paint(&b->addresses.v4, &b->block, &root4);
	if (!err)
		err = addrspace_paint(&b->addresses.v6, &b->block, &header.root6);
	if (!err)
		err = put_nics(b, &header);
	if (err)
		return err;
	header.size = b->block.n * sizeof(*b->block.words);
	memcpy(b->block.words, &header, sizeof(header));
	for (b->out->mask = 1; b->out->mask < header.size; b->out->mask *= 2)
		;
	b->out->mask -= sizeof(uint32_t);
	return 0;
}

int build_lists(struct build *b)
{
	struct compiled *out = b->out;
	size_t n = 0, len;

	for (size_t i = 0; i < b->atoms.n; i++) {
		intern_key(&b->atoms, i, &len);
		n += (len - sizeof(struct xe_atom)) / sizeof(struct xe_match);
	}
	out->atoms = calloc(b->atoms.n, sizeof(*out->atoms));
	out->matches = calloc(n + 1, sizeof(*out->matches));
	if (!out->atoms || !out->matches)
		return -ENOMEM;
	for (out->n_atoms = 0; out->n_atoms < b->atoms.n; out->n_atoms++) {
		struct xe_atom *atom = &out->atoms[out->n_atoms];
		const char *key = intern_key(&b->atoms, out->n_atoms, NULL);

		memcpy(atom, key, sizeof(*atom));
		memcpy(out->matches + out->n_matches, key + sizeof(*atom),
		       atom->n_matches * sizeof(*out->matches));
		atom->first_match = out->n_matches;
		out->n_matches += atom->n_matches;
	}
	return 0;
}
