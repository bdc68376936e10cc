/*
 * The fountain: how many frames are shown until a message is whole, when a
 * share of them is lost, against cycling through the fragments, and against
 * the ideal N / (1 - loss), at which every frame that arrives tells something
 * new.  Means over 200 seeds.  And the time of a part, made and taken.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "airgap/ur/fountain.h"
#include "airgap/ur/ur.h"
#include "tests/bench/bench.h"

#define SEEDS 200
#define FRAGMENT 500
#define TARGET 1.10		/* of the ideal, at 100 kB and 30 % */

static uint8_t message[100000];
static char text[UR_TEXT_MAX + 1];

static struct ur_encoder *
encoder(size_t n, unsigned seed)
{
	struct xoshiro x = xoshiro_of(bytes_of(&seed, sizeof(seed)));
	struct ur_encoder *u;

	for (size_t i = 0; i < n; i++)
		message[i] = (uint8_t)xoshiro_next(&x);
	bench_must(ur_encoder_new("x-qk-bench", bytes_of(message, n),
	    FRAGMENT, &u, NULL) == 0, "an encoder");
	return u;
}

/* Frames shown until it is whole; as send shows them, or cycling. */
static double
frames(size_t n, unsigned seed, double loss, bool cycle)
{
	struct ur_encoder *u = encoder(n, seed);
	struct xoshiro luck = xoshiro_of(bytes_of(&seed, sizeof(seed) - 1));
	size_t parts = ur_encoder_parts(u);
	enum ur_event event = UR_KNOWN;
	struct ur_decoder *d;
	uint32_t shown = 0;

	bench_must(ur_decoder_new(&d, NULL) == 0, "a decoder");
	for (uint32_t seq = 1; event != UR_COMPLETE; shown++,
	    seq = ur_encoder_after(u, seq)) {
		if (xoshiro_double(&luck) < loss)
			continue;
		ur_encoder_part(u, cycle ? shown % (uint32_t)parts + 1 : seq,
		    text);
		bench_must(ur_decoder_feed(d, bytes_str(text), &event,
		    NULL) == 0, "a part");
	}
	ur_decoder_free(d);
	ur_encoder_free(u);
	return shown;
}

static void
compare(size_t n, unsigned percent)
{
	double loss = percent / 100.0, own = 0, plain = 0, ideal;
	size_t parts = (n + FRAGMENT - 1) / FRAGMENT;
	char name[96];

	for (unsigned seed = 1; seed <= SEEDS; seed++) {
		own += frames(n, seed, loss, false) / SEEDS;
		plain += frames(n, seed, loss, true) / SEEDS;
	}
	ideal = (double)parts / (1 - loss);
	snprintf(name, sizeof(name), "ur: frames for %zu kB, %u %% lost",
	    n / 1000, percent);
	bench_report(name, "frames", (struct figure){ own, ideal,
	    own / ideal }, "ideal N/(1-p)", n == 100000 && percent == 30 ?
	    TARGET : -1);
	bench_report(name, "frames", (struct figure){ own, plain,
	    own / plain }, "plain cycling", -1);
}

/* --- time */

static struct ur_encoder *sender;
static struct ur_decoder *receiver;
static uint32_t next_made, next_taken;

static void
make_part(void)
{
	ur_encoder_part(sender, ++next_made, text);
}

/* A whole message of 100 kB out of mixed parts alone, a part at a time. */
static void
take_message(void)
{
	enum ur_event event = UR_KNOWN;

	ur_decoder_reset(receiver);
	for (next_taken = 1000; event != UR_COMPLETE; next_taken++) {
		ur_encoder_part(sender, next_taken, text);
		bench_must(ur_decoder_feed(receiver, bytes_str(text), &event,
		    NULL) == 0, "a part");
	}
}

static void
make_message(void)
{
	for (uint32_t seq = 1000; seq < next_taken; seq++)
		ur_encoder_part(sender, seq, text);
}

int
main(void)
{
	static const size_t sizes[] = { 5000, 20000, 100000 };
	static const unsigned losses[] = { 0, 10, 30, 50 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t j = 0; j < sizeof(losses) / sizeof(losses[0]); j++)
			compare(sizes[i], losses[j]);
	sender = encoder(sizeof(message), 1);
	next_made = 1000;
	bench_must(ur_decoder_new(&receiver, NULL) == 0, "a decoder");
	bench_report("ur: a mixed part of 100 kB, made", "us",
	    bench_measure(make_part, NULL), NULL, 4000);
	bench_report("ur: 100 kB made and taken, mixed parts", "us",
	    bench_measure(take_message, make_message), "made alone", -1);
	ur_decoder_free(receiver);
	ur_encoder_free(sender);
	return bench_missed() > 0;
}
