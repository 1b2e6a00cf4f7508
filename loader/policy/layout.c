// SPDX-License-Identifier: GPL-2.0-only
/* The compiler's results laid out: the block that the program walks. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"

/*
 * The more of its parts a layout leaves out, the fewer dependent loads a packet costs and the more
 * bytes the tables take. Whole rows of P and Q pay while all of it stays in a core's second-level
 * cache. A whole plane is better than one in blocks as long as it can be had: a packet touches one
 * line of it, not two.
 */
#define FLAT_BYTES_MAX	(1u << 20)
#define PLANE_BYTES_MAX (8u << 20)

#define WORD sizeof(uint32_t)
#define HALF sizeof(uint16_t)

/* Where pairs stand, in bytes, by their number. */
struct places {
	size_t first, stride;
};

static uint32_t place_of(const struct places *places, uint32_t i)
{
	return places->first + i * places->stride;
}

/* --- sizes ----------------------------------------------------------------------------------- */

static bool same_plane(const struct build *b, int side, int other)
{
	return !memcmp(b->pairs.row_of[side], b->pairs.row_of[other],
		       b->addresses.sources.n * sizeof(**b->pairs.row_of));
}

/* The first side with the same plane: itself, if no other. */
static int plane_side(const struct build *b, int side)
{
	for (int other = 0; other < side; other++)
		if (b->pairs.row_of[other] && same_plane(b, side, other))
			return other;
	return side;
}

/* Planes that no other side has already. */
static size_t count_planes(const struct build *b)
{
	size_t n = 0;

	for (int side = 0; side < XE_SIDE_COUNT; side++)
		n += b->pairs.row_of[side] && plane_side(b, side) == side;
	return n;
}

/* Pairs in all planes. */
static size_t plane_size(const struct build *b)
{
	return count_planes(b) * b->addresses.sources.n * b->addresses.destinations.n;
}

static size_t flat_bytes(const struct build *b)
{
	return (plane_size(b) + 2 * b->pairs.n * b->n_port) * WORD;
}

static enum xe_layout choose(const struct build *b, enum compile_layout layout)
{
	bool can_be_cells = b->pairs.n <= UINT16_MAX + 1u;

	if (layout == LAYOUT_AUTO && flat_bytes(b) <= FLAT_BYTES_MAX)
		layout = LAYOUT_FLAT;
	else if (layout == LAYOUT_AUTO)
		layout = plane_size(b) * HALF <= PLANE_BYTES_MAX ? LAYOUT_CELLS : LAYOUT_BLOCKS;
	if (layout == LAYOUT_FLAT)
		return XE_LAYOUT_FLAT;
	return layout == LAYOUT_CELLS && can_be_cells ? XE_LAYOUT_CELLS : XE_LAYOUT_BLOCKS;
}

/* --- flat ------------------------------------------------------------------------------------ */

/* Rows of D, equal ones once, whatever their tables: where each begins is its P. */
struct flat_rows {
	struct intern rows;
	uint32_t *p; /* by pair and kind, n_p each: word in D */
};

static int flat_rows_make(const struct build *b, struct flat_rows *out)
{
	const struct finals *finals = &b->finals;
	size_t n = b->pairs.n * XE_L4_COUNT;

	out->p = calloc(n * finals->n_p, sizeof(*out->p));
	if (!out->p)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct cell *cell = &finals->cells[i];
		const uint32_t *row = finals_d(finals) + cell->d;

		for (size_t k = 0; k < cell->n_p; k++, row += cell->n_q) {
			long id = intern_add(&out->rows, row, cell->n_q * WORD, NULL);

			if (id < 0)
				return id;
			out->p[i * finals->n_p + k] = out->rows.entries[id].offset / WORD;
		}
	}
	return 0;
}

static void flat_rows_free(struct flat_rows *flat)
{
	intern_free(&flat->rows);
	free(flat->p);
}

/* The rows of all pairs: P of each port class, then Q. `d` is where D stands. */
static void fill_rows(struct build *b, const struct flat_rows *flat, uint32_t *rows, size_t d)
{
	const struct finals *finals = &b->finals;

	for (size_t i = 0; i < b->pairs.n * XE_L4_COUNT; i++) {
		const struct cell *cell = &finals->cells[i];
		const uint32_t *p = intern_key(&finals->patterns, cell->p, NULL);
		const uint32_t *q = intern_key(&finals->patterns, cell->q, NULL);
		enum xe_l4 kind = i % XE_L4_COUNT;
		uint32_t *row = rows + i / XE_L4_COUNT * 2 * b->n_port + b->l4_class[kind];

		for (size_t k = 0; k < kind_ports(b, kind).n; k++) {
			row[k] = (d + flat->p[i * finals->n_p + p[k] / cell->n_q]) * WORD;
			row[b->n_port + k] = q[k] * WORD;
		}
	}
}

static int put_flat(struct build *b, struct xe_block_header *header, struct places *pairs)
{
	struct flat_rows flat = {0};
	int err = flat_rows_make(b, &flat);
	long d = err, rows = err;

	if (!err)
		d = block_words(&b->block, flat.rows.n_bytes / WORD, 1);
	if (!err)
		rows = block_words(&b->block, b->pairs.n * 2 * b->n_port, 1);
	if (d >= 0 && rows >= 0) {
		memcpy(b->block.words + d, flat.rows.bytes, flat.rows.n_bytes);
		fill_rows(b, &flat, b->block.words + rows, d);
	}
	flat_rows_free(&flat);
	if (d < 0 || rows < 0)
		return d < 0 ? d : rows;
	for (int kind = 0; kind < XE_L4_COUNT; kind++) {
		header->l4[kind].dport = b->l4_class[kind] * WORD;
		header->l4[kind].sport = (b->n_port + b->l4_class[kind]) * WORD;
	}
	*pairs = (struct places){.first = rows * WORD, .stride = 2 * b->n_port * WORD};
	return 0;
}

/* --- cells ----------------------------------------------------------------------------------- */

static int put_cells(struct build *b, struct xe_block_header *header, struct places *pairs)
{
	const struct finals *finals = &b->finals;
	size_t n_patterns = finals->patterns.n_bytes / WORD, n_d = finals_d_words(finals);
	long cells = block_words(&b->block, b->pairs.n * (XE_PAIR_CELLS / WORD), 16);
	long patterns = block_words(&b->block, n_patterns, 16);
	long d = block_words(&b->block, n_d, 16);

	if (cells < 0 || patterns < 0 || d < 0)
		return cells < 0 ? cells : patterns < 0 ? patterns : d;
	for (size_t i = 0; i < b->pairs.n * XE_L4_COUNT; i++) {
		const struct cell *cell = &finals->cells[i];
		uint32_t *pair = b->block.words + cells + i / XE_L4_COUNT * (XE_PAIR_CELLS / WORD);

		((struct xe_cell *)pair)[i % XE_L4_COUNT] = (struct xe_cell){
			.p = (patterns + cell->p * finals->n_ports) * WORD,
			.q = (patterns + cell->q * finals->n_ports) * WORD,
			.d = (d + cell->d) * WORD,
		};
	}
	for (size_t i = 0; i < n_patterns; i++)
		b->block.words[patterns + i] = ((const uint32_t *)finals->patterns.bytes)[i] * WORD;
	memcpy(b->block.words + d, finals_d(finals), n_d * WORD);
	for (uint32_t kind = 0; kind < XE_L4_COUNT; kind++)
		header->l4[kind].dport = kind * sizeof(struct xe_cell) << XE_CELL_SHIFT;
	header->cells = cells * WORD;
	*pairs = (struct places){.first = cells * WORD, .stride = XE_PAIR_CELLS};
	return 0;
}

/* --- planes ---------------------------------------------------------------------------------- */

static const uint32_t *pair_block(const struct build *b, int side, size_t source, size_t i)
{
	const uint32_t *row = b->pairs.rows + b->pairs.row_of[side][source] * b->pairs.row_refs;

	return intern_key(&b->pairs.blocks, row[i], NULL);
}

/* A plane, whole: where each pair stands. */
static int put_plane(struct build *b, int side, const struct places *pairs)
{
	size_t n_sources = b->addresses.sources.n, n = b->addresses.destinations.n;
	long at = block_words(&b->block, n_sources * n, 1);

	if (at < 0)
		return at;
	for (size_t s = 0; s < n_sources; s++)
		for (size_t d = 0; d < n; d++)
			b->block.words[at + s * n + d] =
				place_of(pairs, pair_block(b, side, s, d / XE_BLOCK)[d % XE_BLOCK]);
	b->out->plane[side] = at * WORD;
	return 0;
}

/* A plane, whole: pairs by number. */
static int put_numbers(struct build *b, int side)
{
	size_t n_sources = b->addresses.sources.n, n = b->addresses.destinations.n;
	long at = block_words(&b->block, (n_sources * n + 1) / 2, 1);
	uint16_t *to;

	if (at < 0)
		return at;
	to = (uint16_t *)(b->block.words + at);
	for (size_t s = 0; s < n_sources; s++)
		for (size_t d = 0; d < n; d++)
			to[s * n + d] = pair_block(b, side, s, d / XE_BLOCK)[d % XE_BLOCK];
	b->out->plane[side] = at * WORD;
	return 0;
}

/* All blocks of planes. Where the first stands. */
static long put_blocks(struct build *b, const struct places *pairs)
{
	const struct intern *blocks = &b->pairs.blocks;
	size_t n = blocks->n * XE_BLOCK;
	long at = block_words(&b->block, n, XE_BLOCK);

	for (size_t i = 0; at >= 0 && i < n; i++)
		b->block.words[at + i] = place_of(pairs, ((const uint32_t *)blocks->bytes)[i]);
	return at;
}

/* A plane of references to blocks. */
static int put_references(struct build *b, int side, size_t blocks)
{
	size_t n_sources = b->addresses.sources.n, n = b->pairs.row_refs;
	long at = block_words(&b->block, n_sources * n, 1);

	if (at < 0)
		return at;
	for (size_t s = 0; s < n_sources; s++) {
		const uint32_t *row = b->pairs.rows + b->pairs.row_of[side][s] * n;

		for (size_t i = 0; i < n; i++)
			b->block.words[at + s * n + i] = (blocks + row[i] * XE_BLOCK) * WORD;
	}
	b->out->plane[side] = at * WORD;
	return 0;
}

static int put_planes(struct build *b, struct xe_block_header *header, const struct places *pairs)
{
	size_t n = b->addresses.destinations.n;
	long blocks = 0;
	int err = 0;

	switch (header->layout) {
	case XE_LAYOUT_FLAT:
		header->plane_row = n * WORD;
		break;
	case XE_LAYOUT_CELLS:
		header->plane_row = n * HALF;
		break;
	case XE_LAYOUT_BLOCKS:
		header->plane_row = b->pairs.row_refs * WORD;
		blocks = put_blocks(b, pairs);
		err = blocks < 0 ? blocks : 0;
	}
	for (int side = 0; !err && side < XE_SIDE_COUNT; side++) {
		int same = side;

		if (!b->pairs.row_of[side])
			continue;
		same = plane_side(b, side);
		if (same != side)
			b->out->plane[side] = b->out->plane[same];
		else if (header->layout == XE_LAYOUT_FLAT)
			err = put_plane(b, side, pairs);
		else if (header->layout == XE_LAYOUT_CELLS)
			err = put_numbers(b, side);
		else
			err = put_references(b, side, blocks);
	}
	return err;
}

/* --- all of it ------------------------------------------------------------------------------- */

/* One VLAN of the table at word `at`; a side of -1 is none. */
static void put_vlan(struct build *b, size_t at, uint16_t vlan, int side)
{
	uint32_t *words = b->block.words + at;
	uint32_t *internet = &words[4096 + vlan / 32], bit = 1u << vlan % 32;

	words[vlan] = side >= 0 ? b->out->plane[side] : 0;
	*internet = side == XE_SIDE_INTERNET ? *internet | bit : *internet & ~bit;
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
		if (nic->side == XE_SIDE_INTERNET)
			header->guard.internet[nic->slot / 32] |= 1u << nic->slot % 32;
		if (nic->n_vlans) {
			long at = block_words(&b->block, 4096 + 4096 / 32, 16);

			if (at < 0)
				return at;
			to->vlans = at;
			for (size_t vlan = 0; vlan < 4096; vlan++)
				put_vlan(b, at, vlan, nic->side);
			for (size_t j = 0; j < nic->n_vlans; j++)
				put_vlan(b, at, nic->vlans[j].vlan, nic->vlans[j].side);
		}
	}
	return 0;
}

/* Port classes by the port as a packet has it. */
static void put_ports(struct block_builder *block, uint32_t table, const struct port_classes *ports)
{
	uint16_t *to = (uint16_t *)((char *)block->words + table);

	for (uint32_t port = 0; port < 65536; port++)
		to[htons(port)] = ports->of[port] * WORD;
}

int build_block(struct build *b, enum compile_layout layout)
{
	struct xe_block_header header = {
		.abi = XE_ABI_VERSION,
		.n_atoms = b->atoms.list.n,
		.layout = choose(b, layout),
	};
	struct places pairs = {0};
	long tables = block_words(&b->block, XE_BLOCK_TABLES / WORD, 16);
	int err = tables < 0 ? tables : 0;

	if (!err)
		err = header.layout == XE_LAYOUT_FLAT ? put_flat(b, &header, &pairs)
						      : put_cells(b, &header, &pairs);
	if (!err)
		err = put_planes(b, &header, &pairs);
	if (!err) {
		put_ports(&b->block, XE_PORTS_TCP, &b->tcp);
		put_ports(&b->block, XE_PORTS_UDP, &b->udp);
		err = addrspace_paint(&b->addresses.v4, &b->block);
	}
	if (!err)
		err = addrspace_paint(&b->addresses.v6, &b->block);
	if (!err)
		err = put_nics(b, &header);
	if (!err)
		err = guard_put(b, &header.guard);
	if (err)
		return err;
	header.size = b->block.n * WORD;
	memcpy(b->block.words, &header, sizeof(header));
	for (b->out->mask = 1; b->out->mask < header.size; b->out->mask *= 2)
		;
	b->out->mask -= WORD;
	return 0;
}
