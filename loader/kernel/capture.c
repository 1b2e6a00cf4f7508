// SPDX-License-Identifier: GPL-2.0-only
/* Copies of packets from the kernel. */
#include "capture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../output/report.h"
#include "clock.h"
#include "exchange.h"
#include "object.h"
#include "percpu.h"

#define LEASE_NS     5000000000ull
#define LEASE_ARM_NS 60000000000ull /* putting programs in place may take long */

struct capture {
	struct capture_maps maps;
	struct xe_capture *asked; /* mapped */
	uint64_t *chosen;	  /* mapped: both halves */
	size_t asked_bytes, chosen_bytes;
	struct ring_buffer *ring;
	capture_take take;
	void *arg;
	uint32_t generation; /* armed for */
	uint64_t slots;	     /* that have programs which copy */
	uint64_t wanted;     /* slots asked for */
};

static int fail(const struct store *store, const char *what, int err)
{
	object_log_flush();
	report("%s: %s: %s", store->name, what, strerror(-err));
	return err;
}

static size_t whole_pages(size_t bytes)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

static void *map_shared(int fd, size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static int take_sample(void *arg, void *data, size_t size)
{
	const struct capture *capture = arg;
	const struct xe_sample *sample = data;

	if (size < sizeof(*sample) || sample->captured > size - sizeof(*sample))
		return 0;
	/* libbpf stops at what is negative, and this sample counts as taken */
	return capture->take(capture->arg, sample) ? -EINTR : 0;
}

static int map_all(struct capture *capture)
{
	capture->asked_bytes = whole_pages(sizeof(*capture->asked));
	capture->chosen_bytes = whole_pages(2 * (size_t)capture->maps.words * sizeof(uint64_t));
	capture->asked = map_shared(capture->maps.fd[CAPTURE_ASKED], capture->asked_bytes);
	if (!capture->asked)
		return -errno;
	capture->chosen = map_shared(capture->maps.fd[CAPTURE_CHOSEN], capture->chosen_bytes);
	if (!capture->chosen)
		return -errno;
	capture->ring =
		ring_buffer__new(capture->maps.fd[CAPTURE_SAMPLES], take_sample, capture, NULL);
	return capture->ring ? 0 : -errno;
}

int capture_open(const struct store *store, const struct capture_limits *limits, capture_take take,
		 void *arg, struct capture **out)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	int err = capture ? 0 : -ENOMEM;

	if (!err)
		err = capture_maps_create(store->atoms_max, store->n_slots, limits->ring,
					  &capture->maps);
	if (err) {
		free(capture);
		return fail(store, "cannot make the maps of a capture", err);
	}
	capture->take = take;
	capture->arg = arg;
	err = map_all(capture);
	if (err) {
		capture_close(capture);
		return fail(store, "cannot map the maps of a capture", err);
	}
	capture->asked->words = capture->maps.words;
	capture->asked->snap = limits->snap;
	capture->asked->every = limits->every;
	capture->asked->rate = limits->rate;
	*out = capture;
	return 0;
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	ring_buffer__free(capture->ring);
	if (capture->asked)
		munmap(capture->asked, capture->asked_bytes);
	if (capture->chosen)
		munmap(capture->chosen, capture->chosen_bytes);
	capture_maps_close(&capture->maps);
	free(capture);
}

/* --- what is asked for ----------------------------------------------------------------------- */

/*
 * The half of a generation that is not armed for is not looked at; of the same generation, only
 * more or fewer packets can be chosen meanwhile.
 */
static void ask(struct capture *capture, const struct capture_filter *filter)
{
	struct xe_capture *asked = capture->asked;
	uint32_t half = filter->generation & 1, words = capture->maps.words;

	if (asked->generation[half] != filter->generation) {
		__atomic_store_n(&asked->generation[half], 0, __ATOMIC_RELEASE);
		/* a release keeps back what is before it only, and the atoms come after */
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	}
	memset(capture->chosen + (size_t)half * words, 0, words * sizeof(uint64_t));
	if (filter->atoms)
		memcpy(capture->chosen + (size_t)half * words, filter->atoms,
		       (filter->n_atoms + 63) / 64 * sizeof(uint64_t));
	asked->all = filter->all;
	asked->roles = filter->roles;
	asked->reasons = filter->reasons;
	__atomic_store_n(&asked->slots, filter->slots, __ATOMIC_RELEASE);
	__atomic_store_n(&asked->generation[half], filter->generation, __ATOMIC_RELEASE);
	capture->generation = filter->generation;
}

static void lease(struct capture *capture, uint64_t ns)
{
	__atomic_store_n(&capture->asked->lease, clock_ns(CLOCK_MONOTONIC) + ns, __ATOMIC_RELEASE);
}

void capture_extend(struct capture *capture)
{
	lease(capture, LEASE_NS);
}

/* Whether an entry has it that a program was put in place which copies. */
static bool copies(const struct xe_interface *interface)
{
	return interface->ifindex && interface->prog_id &&
	       interface->features != XE_FEATURES_UNKNOWN &&
	       interface->features & XE_FEATURE_CAPTURE;
}

static uint64_t slots_that_copy(const struct store *store)
{
	struct xe_interface interface;
	uint64_t slots = 0;

	for (uint32_t slot = 0; slot < store->n_slots; slot++)
		if (!store_read_interface(store, slot, &interface) && copies(&interface))
			slots |= 1ull << slot;
	return slots;
}

int capture_arm(struct capture *capture, struct store *store, const struct capture_filter *filter)
{
	/* those of a capture that was killed have its maps, not these */
	int err = slots_that_copy(store) ? capture_disarm(store) : 0;

	if (err)
		return err;
	ask(capture, filter);
	lease(capture, LEASE_ARM_NS);
	store->capture = &capture->maps;
	err = exchange_to(store, store_features(store) | XE_FEATURE_CAPTURE);
	store->capture = NULL;
	capture_extend(capture);
	if (err)
		return err;
	capture->slots = slots_that_copy(store);
	return 0;
}

int capture_disarm(struct store *store)
{
	return exchange_to(store, store_features(store));
}

bool capture_in_place(const struct capture *capture, const struct store *store)
{
	return store->control->loaded_at && store_generation(store) == capture->generation &&
	       !(capture->slots & ~slots_that_copy(store));
}

int capture_stop(struct capture *capture)
{
	__atomic_store_n(&capture->asked->slots, 0, __ATOMIC_RELEASE);
	return store_drain();
}

int capture_poll(struct capture *capture, int ms)
{
	int n = ring_buffer__consume(capture->ring);

	if (!n)
		n = ring_buffer__poll(capture->ring, ms);
	return n < 0 && n != -EINTR ? n : 0;
}

int capture_counts(const struct capture *capture, uint32_t slot, struct xe_captured *out)
{
	struct percpu counts;
	int err = percpu_open(capture->maps.fd[CAPTURE_COUNTS], &counts);

	return err ? err
		   : percpu_sum(&counts, slot, sizeof(*out) / sizeof(uint64_t), (uint64_t *)out);
}

enum capture_state capture_state(const struct store *store)
{
	if (!slots_that_copy(store))
		return CAPTURE_NONE;
	return pins_capture_locked(store->name) ? CAPTURE_RUNNING : CAPTURE_LEFT;
}

const char *capture_state_text(enum capture_state state)
{
	static const char *const texts[] = {
		[CAPTURE_NONE] = "none",
		[CAPTURE_RUNNING] = "running",
		[CAPTURE_LEFT] = "left",
	};

	return texts[state];
}
