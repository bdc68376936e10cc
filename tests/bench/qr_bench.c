/*
 * How long a frame takes: the text to a symbol and the symbol to the bytes of
 * a terminal, at each preset's version with as much text as it holds; the
 * next part of the fountain; and a whole frame of the program, which reads
 * it back too and writes a PNG file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qr/carry/stream.h"
#include "qr/draw/paint.h"
#include "tests/bench/bench.h"

#define FRAME_TARGET_US 4000	/* version 25, read-back apart */
#define MESSAGE_LEN 100000
#define FILES 40

static struct symbol symbol;
static struct paint paint;
static char text[SYMBOL_TEXT_MAX];
static const struct preset *preset;
static struct ur_encoder *encoder;
static uint32_t seq = 1;

static void
draw_symbol(void)
{
	bench_must(symbol_make(bytes_of(text, symbol_capacity(preset->version,
	    preset->level)), preset->version, preset->level, &symbol, NULL) ==
	    0, "symbol");
}

static void
draw_frame(void)
{
	static const struct ink ink = { COLOURS_TRUE, LIGHT_MAX, false };

	draw_symbol();
	paint.n = 0;
	paint_symbol(&paint, &symbol, 1, 1, &ink);
	bench_must(!paint.full, "paint");
}

static void
next_part(void)
{
	static char part[UR_TEXT_MAX + 1];

	seq = ur_encoder_after(encoder, seq);
	ur_encoder_part(encoder, seq, part);
	ur_upper(part);
}

static void
presets_of_the_screen(void)
{
	char name[64];

	for (size_t i = 0; i < PRESETS; i++) {
		preset = &presets[i];
		if (preset->fps == 0)
			continue;
		snprintf(name, sizeof(name), "frame drawn, version %u",
		    preset->version);
		bench_report(name, "us", bench_measure(draw_frame,
		    draw_symbol), NULL, FRAME_TARGET_US);
	}
}

static void
part_of_a_long_message(void)
{
	uint8_t *message = calloc(1, MESSAGE_LEN);

	bench_must(message != NULL && ur_encoder_new("x-qk-attest",
	    bytes_of(message, MESSAGE_LEN), 500, &encoder, NULL) == 0,
	    "encoder");
	bench_report("fountain part, 100 kB", "us",
	    bench_measure(next_part, NULL), NULL, -1);
	ur_encoder_free(encoder);
	free(message);
}

/* Starting the program and its helper is in it. */
static void
frames_of_the_program(void)
{
	char in[256], out[256];
	const char *const argv[] = { "build/quorate", "qr", "draw", "--png",
	    out, "--force", in, NULL };
	double ms[5], other[5] = { 0 };
	FILE *f;

	snprintf(in, sizeof(in), "%s", bench_path("lines"));
	snprintf(out, sizeof(out), "%s", bench_path("frames"));
	bench_must((f = fopen(in, "w")) != NULL, "a file of lines");
	for (int i = 0; i < FILES; i++) {
		fprintf(f, "%02d", i);
		fwrite(text, 1, 1400, f);
		fputc('\n', f);
	}
	bench_must(fclose(f) == 0, "a file of lines");
	for (size_t i = 0; i < 5; i++)
		ms[i] = bench_run(argv, bench_path("log")).ms / FILES;
	bench_report("frame read back, as PNG, version 25", "ms",
	    bench_rounds(ms, other, 5), NULL, -1);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i * i % 23];
	presets_of_the_screen();
	part_of_a_long_message();
	frames_of_the_program();
	return bench_missed() != 0;
}
