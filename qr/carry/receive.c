/*
 * From a source to a record.
 *
 * With a camera or film on a terminal there is a screen; otherwise a line
 * now and then.  A camera that fails is opened again, and what has arrived
 * stays.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "airgap/fd.h"
#include "airgap/cli/ui.h"
#include "airgap/record/mode.h"
#include "airgap/ur/words.h"
#include "qr/carry/arrive.h"
#include "qr/carry/live.h"
#include "qr/carry/receive.h"

#define WAIT_MS 100
#define LINE_MS 1000
#define CAMERAS 64
#define COUNT_MAX 64

struct receive {
	const char *source;
	struct scanner *scanner;
	struct collect collect;
	/* of the records that were taken */
	struct digest256 taken[COUNT_MAX];
};

/* The first device that is a camera. */
static int
first_camera(char out[static 32], struct err *e)
{
	for (unsigned i = 0; i < CAMERAS; i++) {
		const struct sight_camera *camera;
		struct scanner *s;
		bool found;

		snprintf(out, 32, "/dev/video%u", i);
		if (access(out, F_OK) != 0 ||
		    scanner_device(i, &s, NULL) != 0)
			continue;
		found = scanner_camera(s, &camera, NULL) == 0 &&
		    camera->n > 0;
		scanner_close(s);
		if (found) {
			snprintf(out, 32, "v4l2:/dev/video%u", i);
			return 0;
		}
	}
	return err_set(e, ERR_INPUT, "no camera is found; plug one in, or "
	    "give a source: png:FILE, dir:FOLDER, y4m:FILE");
}

static void
say_progress(const struct collect *c, size_t *last, int64_t *said)
{
	int64_t now = clock_ms();
	char text[100];

	if (c->n == 0 || c->streams[0].rank == *last || now - *said < LINE_MS)
		return;
	look_progress(&c->streams[0], text, sizeof(text));
	ui_say("%s", text);
	*last = c->streams[0].rank;
	*said = now;
}

/* Why a source that has ended was not enough. */
static int
ended(const struct receive *r, struct err *e)
{
	const struct collect *c = &r->collect;
	char text[100];

	if (c->taken > 0)
		return err_set(e, ERR_INPUT, "%s ended after %zu of %zu "
		    "records, which are written; give more of it", r->source,
		    c->taken, c->wanted);
	if (c->n > 0) {
		look_progress(&c->streams[0], text, sizeof(text));
		return err_set(e, ERR_INPUT, "%s ended with %s; give more of "
		    "it", r->source, text);
	}
	switch (c->stray) {
	case STRAY_LEGACY:
		return err_set(e, ERR_INPUT, "%s shows codes of the first UR "
		    "version; send them with a newer program", r->source);
	case STRAY_TYPE:
		return err_set(e, ERR_INPUT, "%s shows a UR of another kind; "
		    "quorate ur decode reads it", r->source);
	case STRAY_TEXT:
	case STRAY_DAMAGED:
		return err_set(e, ERR_INPUT, "%s shows codes, but no record "
		    "of ours", r->source);
	case STRAY_NONE:
		break;
	}
	return err_set(e, ERR_INPUT, "%s: no code was read", r->source);
}

/* Without a screen, to the next complete record. */
static int
plain(struct receive *r, struct err *e)
{
	const struct sight *s;
	int64_t said = 0;
	size_t last = 0;
	int rc;

	for (;;) {
		rc = scanner_next(r->scanner, WAIT_MS, false, &s, e);
		if (rc == ERR_INPUT && strncmp(r->source, "dir:", 4) == 0) {
			ui_error(e->text);	/* the next one may do */
			continue;
		}
		if (rc != 0)
			return rc;
		if (s->state == SIGHT_END)
			return ended(r, e);
		if (s->state == SIGHT_WAIT)
			continue;
		if ((rc = collect_sight(&r->collect, s, clock_ms(), e)) != 0)
			return rc < 0 ? rc : 0;
		say_progress(&r->collect, &last, &said);
	}
}

static int
collect_record(struct receive *r, struct err *e)
{
	bool film = strncmp(r->source, "v4l2:", 5) == 0 ||
	    strncmp(r->source, "y4m:", 4) == 0;
	int rc = collect_rest(&r->collect, clock_ms(), e);

	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (!film || !isatty(STDOUT_FILENO))
		return plain(r, e);
	rc = live_run(r->source, &r->scanner, &r->collect, e);
	return rc == LIVE_ENDED ? ended(r, e) : rc;
}

/* A stream that was given up for others comes again as if it were new. */
static bool
was_taken(struct receive *r, const struct ur_stream *s)
{
	struct collect *c = &r->collect;
	struct digest256 *last = &r->taken[c->taken];

	*last = ur_fingerprint(s->type, s->message);
	for (size_t i = 0; i < c->taken; i++)
		if (memcmp(&r->taken[i], last, sizeof(*last)) == 0)
			return true;
	return false;
}

static int
take(struct receive *r, const struct arrive_how *how, struct err *e)
{
	struct collect *c = &r->collect;
	const struct ur_stream *s = &c->streams[0];
	int rc;

	if (was_taken(r, s))
		return 0;
	ui_say("complete: %zu parts, from %" PRIu64 " codes that were read in "
	    "%" PRIu64 " pictures", s->parts, c->read, c->frames);
	if (c->taken + 1 == c->wanted) {	/* it looks no longer */
		scanner_close(r->scanner);
		r->scanner = NULL;
		c->sight = NULL;
	}
	if ((rc = arrive(s, how, e)) != 0)
		return rc;
	collect_took(c, clock_ms());
	if (c->taken < c->wanted)
		ui_say("%zu of %zu records", c->taken, c->wanted);
	return 0;
}

static int
receive(struct cmd *c, bool trusting)
{
	static struct receive r;	/* large; one command a process */
	struct arrive_how how = { .trusting = trusting };
	uint64_t count = 1;
	const struct opt opts[] = {
		TEXT("-o", "DIR", &how.folder, "writes its files there (.)"),
		FLAG("--force", &how.force, "replaces files that are there"),
		NUMBER("--count", "N", &count, "records, one after the other "
		    "or mixed (1)"),
		MANY("--words", "TEXT", &how.words,
		    "twelve words of a record, in place of the question"),
		TEXT("--mode", "MODE", &how.mode,
		    "refuses all but production or rehearsal"), END };
	char camera[32];
	enum mode mode;
	int rc = ERR_INTERNAL;

	if ((rc = cmd_parse(c, opts, 0, 1)) != 0)
		return rc;
	if (count < 1 || count > COUNT_MAX)
		return err_set(&c->e, ERR_USAGE, "--count is 1 to %d",
		    COUNT_MAX);
	if (how.mode != NULL &&
	    mode_from_text(bytes_str(how.mode), &mode, NULL) != 0)
		return err_set(&c->e, ERR_USAGE, "--mode is production or "
		    "rehearsal");
	if (how.folder == NULL)
		how.folder = ".";
	r.source = cmd_arg(c, 0);
	if (r.source == NULL) {
		if ((rc = first_camera(camera, &c->e)) != 0)
			return rc;
		r.source = camera;
	}
	if (!trusting && how.words.n == 0 && strcmp(r.source, "y4m:-") == 0)
		return err_set(&c->e, ERR_USAGE, "standard input is the "
		    "film, so no words can be typed: give --words");
	if ((rc = collect_new(&r.collect, clock_ms(), &c->e)) != 0 ||
	    (rc = scanner_open(r.source, &r.scanner, &c->e)) != 0)
		goto out;
	r.collect.wanted = count;
	while (rc == 0 && r.collect.taken < count)
		if ((rc = collect_record(&r, &c->e)) == 0)
			rc = take(&r, &how, &c->e);
out:
	scanner_close(r.scanner);
	collect_free(&r.collect);
	return rc;
}

int
receive_cmd(struct cmd *c)
{
	return receive(c, false);
}

int
receive_relay_cmd(struct cmd *c)
{
	return receive(c, true);
}
