/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets named by a hash: each member has a random 128-bit number, a set is the XOR of its members'
 * (A. L. Zobrist, "A New Hashing Method with Application for Game Playing", 1970), so that a sweep
 * adds or takes away a member by one XOR. Two sets with one hash would be taken for the same;
 * tables keep 96 bits of it, so that of n different sets some two meet with a probability below n^2
 * / 2^97: for a million of them 10^-17. Memory errors are likelier by far; sets are not compared.
 *
 * The generator is splitmix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number
 * Generators", OOPSLA 2014) counted from a fixed seed: the same policy always compiles alike.
 */
#ifndef XE_POLICY_ZOBRIST_H
#define XE_POLICY_ZOBRIST_H

#include <stdint.h>

typedef unsigned __int128 set_hash;

/* Kinds of members; each has numbers of its own. */
enum zobrist { ZOBRIST_GROUP, ZOBRIST_ENTRY, ZOBRIST_PORTS, ZOBRIST_ATOM, ZOBRIST_FLAGS };

static inline uint64_t zobrist_mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* The number of member `i` of a kind. */
static inline set_hash zobrist(enum zobrist kind, uint32_t i)
{
	uint64_t at = 0x2013052100000000u + ((uint64_t)kind << 40 | (uint64_t)i << 1);
	uint64_t hi = zobrist_mix((at + 1) * 0x9e3779b97f4a7c15u);
	uint64_t lo = zobrist_mix((at + 2) * 0x9e3779b97f4a7c15u);

	return (set_hash)hi << 64 | lo;
}

#endif
