// SPDX-License-Identifier: GPL-2.0-only
/* The compiler's results laid out: the block that the program walks, the lists that say what an
 * atom means. */
#include "build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int put_halves(struct block_builder *block, const uint16_t *from, size_t n, uint32_t *at)
{
	long index = block_halves(block, n);

	if (index < 0)
		return index;
	memcpy(block_half(block, index), from, n * sizeof(*from));
	*at = index;
	return 0;
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
		.plane_row = b->addresses.n,
		.n_port = b->n_port,
		.n_q = b->q.n,
		.n_atoms = b->atoms.n,
	};
	int err;

	/* an unseen combination never comes up; should it, it is counted, not lost */
	for (size_t i = 0; i < b->p.n * b->q.n; i++)
		if (b->d[i] == UNSEEN)
			b->d[i] = XE_MISS_NO_POLICY;
	memcpy(header.l4_class, b->l4_class, sizeof(header.l4_class));
	err = put_halves(&b->block, b->p_rows, b->pairs.n * b->n_port, &header.p);
	if (!err)
		err = put_halves(&b->block, b->q_rows, b->pairs.n * b->n_port, &header.q);
	if (!err)
		err = put_halves(&b->block, b->d, b->p.n * b->q.n, &header.d);
	if (!err)
		err = put_halves(&b->block, b->tcp.of, 65536, &header.port[0]);
	if (!err)
		err = put_halves(&b->block, b->udp.of, 65536, &header.port[1]);
	if (!err)
		err = addrspace_paint(&b->addresses.v4, &b->block, &header.root4);
	if (!err)
		err = addrspace_paint(&b->addresses.v6, &b->block, &header.root6);
	if (!err)
		err = put_nics(b, &header);
	if (err)
		return err;
	header.size = b->block.n * sizeof(*b->block.words);
	memcpy(b->block.words, &header, sizeof(header));
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
