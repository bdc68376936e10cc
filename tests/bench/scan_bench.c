/*
 * How long a camera frame takes to look at; and messages of 1 byte to 100 kB
 * from fountain to symbol to a picture with blur and noise, and back: not one
 * may come back as anything else.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qr/carry/collect.h"
#include "qr/draw/preset.h"
#include "qr/scan/reader.h"
#include "tests/bench/bench.h"
#include "tests/unit/degrade.h"

#define W 1280
#define H 720
#define FRAME_TARGET_US 100000	/* 10 frames a second */
#define FRAMES_MAX 20000
#define MESSAGES 80
#define MESSAGE_MAX 100000
#define LOST_OF_10 3

static uint8_t pixels[W * H], small[H * H];
static struct symbol symbol;
static struct reader *follows, *looks;
static struct grey grey;
static struct found found;
static uint32_t state = 20261125;

static void
look_where_it_was(void)
{
	bench_must(reader_frame(follows, &grey, &found) == SCAN_OK &&
	    found.n == 1, "a frame that is followed");
}

static void
look_everywhere(void)
{
	bench_must(reader_still(looks, &grey, &found) == SCAN_OK &&
	    found.n == 1, "a frame");
}

static void
frames_of_a_camera(void)
{
	const struct degrade d = { 4, 2, 0.03, 0.7, 6, 38, 204, 1 };
	static char text[SYMBOL_TEXT_MAX];
	char name[64];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('A' + degrade_random(&state) % 26);
	grey = (struct grey){ pixels, W, H, W };
	for (size_t i = 0; i < PRESETS; i++) {
		const struct preset *p = &presets[i];

		if (p->fps == 0)
			continue;
		bench_must(symbol_make(bytes_of(text, symbol_capacity(
		    p->version, p->level)), p->version, p->level, &symbol,
		    NULL) == 0, "symbol");
		degrade_symbol(&symbol, &d, pixels, W, H);
		snprintf(name, sizeof(name), "720 lines, version %u, "
		    "followed", p->version);
		bench_report(name, "us", bench_measure(look_where_it_was,
		    look_everywhere), "whole frame", 0.7);
		snprintf(name, sizeof(name), "720 lines, version %u, whole "
		    "frame", p->version);
		bench_report(name, "us", bench_measure(look_everywhere,
		    NULL), NULL, FRAME_TARGET_US);
	}
}

/* What a camera sees of it: as a picture of its own size. */
static void
show(const char *text, struct sight *s, unsigned version)
{
	const struct degrade d = { 3, 0, 0, 0.6, 8, 38, 204,
	    degrade_random(&state) };
	uint32_t side = 3 * (SYMBOL_WIDTH(version) + 2 * SYMBOL_QUIET + 8);

	bench_must(symbol_make(bytes_str(text), version, LEVEL_M, &symbol,
	    NULL) == 0, "symbol");
	degrade_symbol(&symbol, &d, small, side, side);
	grey = (struct grey){ small, side, side, side };
	bench_must(reader_frame(looks, &grey, &found) == SCAN_OK, "scan");
	s->w = s->h = side;
	s->n = found.n;
	for (size_t i = 0; i < found.n; i++) {
		s->codes[i].len = found.codes[i].len;
		memcpy(s->codes[i].text, found.codes[i].text,
		    found.codes[i].len);
		s->codes[i].text[found.codes[i].len] = '\0';
	}
}

/* Frames until the message is back; 0 if FRAMES_MAX came first. */
static size_t
carry(const uint8_t *message, size_t n, size_t *frames, size_t *wrong)
{
	static char text[UR_TEXT_MAX + 1];
	static struct sight s;
	struct ur_encoder *u = NULL;
	struct collect c;
	size_t shown = 0;
	int r = 0;

	bench_must(ur_encoder_new("x-qk-hi", bytes_of(message, n), 350, &u,
	    NULL) == 0 && collect_new(&c, 1, NULL) == 0, "fountain");
	for (uint32_t seq = 1; r == 0 && *frames < FRAMES_MAX;
	    seq = ur_encoder_after(u, seq)) {
		shown++;
		if (degrade_random(&state) % 10 < LOST_OF_10)
			continue;
		ur_encoder_part(u, seq, text);
		ur_upper(text);
		++*frames;
		show(text, &s, symbol_version(strlen(text), LEVEL_M));
		if (s.n > 0 && strcmp(s.codes[0].text, text) != 0)
			++*wrong;
		r = collect_sight(&c, &s, (int64_t)shown, NULL);
	}
	if (r == 1 && (c.streams[0].message.n != n ||
	    memcmp(c.streams[0].message.p, message, n) != 0))
		++*wrong;
	collect_free(&c);
	ur_encoder_free(u);
	return r == 1 ? shown : 0;
}

static void
messages_of_all_sizes(void)
{
	static uint8_t message[MESSAGE_MAX];
	size_t frames = 0, wrong = 0, back = 0, i;

	for (i = 0; i < MESSAGES && frames < FRAMES_MAX; i++) {
		double u = degrade_random(&state) / 4294967296.0;
		double size = exp(u * log(MESSAGE_MAX));
		size_t n = (size_t)size;

		for (size_t k = 0; k < n; k++)
			message[k] = (uint8_t)degrade_random(&state);
		back += carry(message, n, &frames, &wrong) > 0;
	}
	fprintf(stderr, "%zu messages, %zu frames\n", i, frames);
	bench_must(back == i, "every message comes back");
	bench_report("messages or frames read wrongly", "",
	    (struct figure){ .own = (double)wrong }, NULL, 0);
}

int
main(void)
{
	bench_must((follows = reader_new()) != NULL &&
	    (looks = reader_new()) != NULL, "ZBar");
	frames_of_a_camera();
	messages_of_all_sizes();
	reader_free(follows);
	reader_free(looks);
	return bench_missed() != 0;
}
