/*
 * Words at the origin (origin.h).
 */
#include <stdio.h>

#include "airgap/cli/ui.h"
#include "airgap/record/payload.h"
#include "airgap/ur/words.h"
#include "ceremony/origin.h"
#include "qr/carry/check.h"

#define PLAN_UR "x-qk-plan"
#define FILES_MAX 4

void
origin_plan(struct bytes plan)
{
	struct digest256 f = ur_fingerprint(PLAN_UR, plan);
	struct words w = words_of(&f);

	for (unsigned i = 0; i < WORDS_COUNT; i++)
		printf("%s%2u %s%s", i == 0 ? "words        " : i % 4 == 0 ?
		    "             " : "  ", i + 1, w.text[i], i % 4 == 3 ?
		    "\n" : "");
}

static int
payload_of_paths(const char *const *paths, size_t n, struct payload *out,
    struct err *e)
{
	struct payload_source in[FILES_MAX] = { 0 };
	struct buf data[FILES_MAX] = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const char *slash = strrchr(paths[i], '/');

		r = file_read(paths[i], PAYLOAD_MAX, &data[i], e);
		in[i] = (struct payload_source){ slash == NULL ? paths[i] :
		    slash + 1, buf_bytes(&data[i]) };
	}
	if (r == 0)
		r = payload_of_files(in, n, out, e);
	for (size_t i = 0; i < n; i++)
		buf_free(&data[i]);
	return r;
}

void
origin_files(const char *const *paths, size_t n)
{
	struct payload p = { 0 };
	struct digest256 f;
	struct words w;
	struct err e = { 0 };

	if (n > FILES_MAX || payload_of_paths(paths, n, &p, &e) != 0) {
		ui_say("As codes they cannot cross with these names (in a "
		    "rehearsal:\nrehearsal-ALIAS); on a stick they can:");
		ui_error(e.text);
		return;
	}
	f = ur_fingerprint(p.kind->ur, buf_bytes(&p.message));
	w = words_of(&f);
	ui_say("Write these words on paper.  Who receives the files as codes "
	    "is asked for four\nof them, and reads them there:");
	check_show(&w);
	payload_free(&p);
}
