/*
 * quorate token provision and import: one guided act that leaves a token
 * ready and locked.
 *
 * The helper does the work in one process and asks for PIN and PUK; a second
 * run of the helper then reads everything back, and what it reads is what is
 * written to files.  Refusals that can come before the token is touched do.
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/cli/ui.h"
#include "airgap/record/label.h"
#include "airgap/seal/hex.h"
#include "airgap/set_dir.h"
#include "ceremony/fingerprint.h"
#include "ceremony/operator_options.h"
#include "ceremony/origin.h"
#include "ceremony/token_bundle.h"
#include "ceremony/token_care.h"
#include "ceremony/token_cmds.h"
#include "ceremony/token_ready.h"
#include "token/key_file.h"

#define TRIES_DEFAULT 5
#define PATH_TEXT 512

struct ready {
	struct cmd *c;
	struct operator_options token;
	struct bundle_options bundle;
	const char *alias;		/* NULL: no files */
	const char *dir, *management;
	uint64_t pin_tries, puk_tries;
	int pin_fd;
	bool replace, unattested, force;
	struct keyset ks;		/* of an import */
	struct token_setup setup;
	char pub_path[PATH_TEXT], bundle_path[PATH_TEXT];
};

#define READY_OPTIONS(y) \
	TOKEN_OPTIONS(&(y)->token), \
	TEXT("--management-key", "HOW", &(y)->management, "protected (behind " \
	    "the PIN) or discard"), \
	NUMBER("--pin-tries", "N", &(y)->pin_tries, "3 to 15 (default 5)"), \
	NUMBER("--puk-tries", "N", &(y)->puk_tries, "3 to 15 (default 5)"), \
	FLAG("--replace", &(y)->replace, "destroy the keys that are there"), \
	TEXT("-o", "DIR", &(y)->dir, "folder for the files (default: here)"), \
	FLAG("--force", &(y)->force, "replace files that are there")

static int
tries(uint64_t n, uint8_t *out, struct err *e)
{
	if (n < PIN_TRIES_MIN || n > PIN_TRIES_MAX)
		return err_set(e, ERR_USAGE, "tries: %d to %d, not %llu",
		    PIN_TRIES_MIN, PIN_TRIES_MAX, (unsigned long long)n);
	*out = (uint8_t)n;
	return 0;
}

static int
management(struct ready *y)
{
	int r = cmd_need(y->c, y->management, "--management-key protected|"
	    "discard");

	if (r != 0)
		return r;
	y->setup.protect = strcmp(y->management, "protected") == 0;
	if (y->setup.protect || strcmp(y->management, "discard") == 0)
		return 0;
	return err_set(&y->c->e, ERR_USAGE, "--management-key %.40s: protected "
	    "or discard", y->management);
}

static int
file_path(const struct ready *y, const char *suffix,
    char out[static PATH_TEXT], struct err *e)
{
	int n = snprintf(out, PATH_TEXT, "%s%s%s%s", y->dir == NULL ? "" :
	    y->dir, y->dir == NULL ? "" : "/", y->alias, suffix);

	return n > 0 && n < PATH_TEXT ? 0 : err_set(e, ERR_USAGE,
	    "path too long: %.60s...", out);
}

static int
paths(struct ready *y)
{
	struct err *e = &y->c->e;
	int r;

	if (y->alias == NULL)
		return 0;
	if (label_check_alias(bytes_str(y->alias), e) != 0 ||
	    y->alias[0] == '.')
		return err_set(e, ERR_USAGE, "%.60s: an alias has no / and no "
		    ".", y->alias);
	if ((r = file_path(y, ".pub", y->pub_path, e)) != 0)
		return r;
	return file_path(y, ".attestation", y->bundle_path, e);
}

static int
prepare(struct ready *y)
{
	struct err *e = &y->c->e;
	int r;

	if ((r = management(y)) != 0 ||
	    (r = tries(y->pin_tries, &y->setup.pin_tries, e)) != 0 ||
	    (r = tries(y->puk_tries, &y->setup.puk_tries, e)) != 0 ||
	    (r = paths(y)) != 0)
		return r;
	y->setup.now = (uint64_t)ui_now();
	y->setup.replace = y->replace;
	if (y->setup.import || y->unattested)
		return 0;
	if ((r = bundle_prepare(&y->bundle, e)) != 0)
		return r;
	y->setup.mode = y->bundle.mode;
	return 0;
}

/* The files of an interrupted run may be there; no others. */
static int
check_files(const struct ready *y, const struct token_exam *x,
    const struct token_steps *p)
{
	struct public_key key;

	if (y->alias == NULL || y->force || !file_exists(y->pub_path))
		return 0;
	if (pub_file_read(y->pub_path, &key, NULL) == 0 &&
	    (y->setup.import ? memcmp(key.b, y->setup.pub.b,
	    PUBLIC_KEY_LEN) == 0 :
	    p->slot[SETUP_9C] == STEP_KEEP && p->slot[SETUP_9D] == STEP_KEEP &&
	    memcmp(key.b, x->slot[SETUP_9D].certified, POINT_LEN) == 0 &&
	    memcmp(key.b + POINT_LEN, x->slot[SETUP_9C].certified,
	    POINT_LEN) == 0))
		return 0;
	return err_set(&y->c->e, ERR_EXISTS, "%s is there, and is the key of "
	    "something else; take another alias, or --force", y->pub_path);
}

static int
write_public(const struct ready *y, const struct public_key *pub,
    struct err *e)
{
	char text[PUBLIC_KEY_HEX_LEN + 1];
	struct public_key there;

	if (file_exists(y->pub_path) &&
	    pub_file_read(y->pub_path, &there, NULL) == 0 &&
	    memcmp(there.b, pub->b, PUBLIC_KEY_LEN) == 0)
		return 0;
	hex_text(pub->b, PUBLIC_KEY_LEN, text);
	return file_write_checked(y->pub_path, bytes_of(text,
	    PUBLIC_KEY_HEX_LEN), FILE_MODE_PUBLIC, y->force, e);
}

/* The same keys were made in the same token: a newer proof replaces it. */
static int
write_bundle(const struct ready *y, const struct token_exam *x,
    const struct public_key *pub, struct err *e)
{
	struct buf out = { 0 };
	int r;

	if ((r = bundle_make(&y->bundle, x, pub, false, &out, e)) != 0)
		return err_prefix(e, "the token is ready, %s is written, and "
		    "no attestation", y->pub_path);
	r = file_write_checked(y->bundle_path, buf_bytes(&out),
	    FILE_MODE_PUBLIC, true, e);
	buf_free(&out);
	return r;
}

static int
write_files(const struct ready *y, const struct token_exam *x,
    const struct public_key *pub)
{
	bool attested = !y->setup.import && !y->unattested;
	struct err *e = &y->c->e;
	int r;

	if (y->alias == NULL)
		return 0;
	if ((r = write_public(y, pub, e)) != 0 ||
	    (attested && (r = write_bundle(y, x, pub, e)) != 0))
		return r;
	printf("%s\n", y->pub_path);
	if (attested)
		printf("%s\n", y->bundle_path);
	return 0;
}

static void
say_ready(const struct ready *y, const struct token_info *t,
    const struct public_key *pub)
{
	ui_say("token %u is ready and locked; its key is\n    %s", t->serial,
	    key_fingerprint(bytes_of(pub->b, PUBLIC_KEY_LEN)).text);
	ui_say("Keep the PUK apart from the token: it unlocks a locked PIN.");
	if (y->setup.import)
		ui_say("Imported: the seed file holds this key too, and no "
		    "attestation can tell where else it is.");
}

/* An imported key has a file elsewhere: its words are not told as proof. */
static void
say_words(const struct ready *y)
{
	const char *const files[] = { y->pub_path, y->bundle_path };

	if (y->alias != NULL)
		origin_files(files, y->setup.import || y->unattested ? 1 : 2);
}

/* What is there now is read by another process than the one that wrote. */
static int
read_back(const struct ready *y, const struct token_info *t,
    const struct public_key *pub)
{
	static struct token_exam x;
	struct buf data = { 0 };
	struct err *e = &y->c->e;
	int r;

	if ((r = token_examine(t, &data, &x, e)) != 0)
		return r;
	if ((r = token_exam_ready(&x, &y->setup, pub, e)) != 0)
		(void)err_prefix(e, "token %u", t->serial);
	else if ((r = write_files(y, &x, pub)) == 0) {
		say_ready(y, t, pub);
		say_words(y);
	}
	buf_free(&data);
	return r;
}

static int
scalars_of(const struct keyset *ks, struct secret *out, struct err *e)
{
	int r = secret_new(out, SCALARS_LEN, e);

	if (r == 0)
		memcpy(out->b, ks->scalars.b, SCALARS_LEN);
	return r;
}

static int
work(const struct ready *y, const struct token_info *t,
    struct public_key *pub)
{
	struct secret scalars = { 0 };
	struct err *e = &y->c->e;
	int r;

	if (y->setup.import && (r = scalars_of(&y->ks, &scalars, e)) != 0)
		return r;
	r = token_make_ready(t, y->pin_fd, &y->setup, y->setup.import ?
	    &scalars : NULL, pub, e);
	secret_free(&scalars);
	return r;
}

static int
make_ready(struct ready *y)
{
	static struct token_exam x;
	struct buf data = { 0 };
	struct err *e = &y->c->e;
	const struct token_info *t;
	struct token_steps steps;
	struct public_key pub;
	int r;

	if ((r = prepare(y)) != 0 ||
	    (r = token_find(y->c, &y->token, &y->pin_fd, &t)) != 0 ||
	    (r = token_examine(t, &data, &x, e)) != 0)
		return r;
	if ((r = token_steps_of(&x, &y->setup, &steps, e)) == 0 &&
	    (r = check_files(y, &x, &steps)) == 0) {
		token_ready_show(t, &x, &y->setup, &steps);
		if (y->replace)
			r = token_ready_confirm(t, &x, e);
	}
	buf_free(&data);
	if (r != 0 || (r = work(y, t, &pub)) != 0)
		return r;
	return read_back(y, t, &pub);
}

int
token_provision_cmd(struct cmd *c)
{
	static struct ready y = { .pin_tries = TRIES_DEFAULT,
	    .puk_tries = TRIES_DEFAULT };
	const struct opt opts[] = {
		READY_OPTIONS(&y),
		BUNDLE_OPTIONS(&y.bundle),
		FLAG("--unattested", &y.unattested, "no attestation bundle"),
		END
	};
	int r;

	if ((r = cmd_parse(c, opts, 1, 1)) != 0)
		return r;
	y.c = c;
	y.alias = cmd_arg(c, 0);
	r = make_ready(&y);
	bundle_end(&y.bundle);
	return r;
}

int
token_import_cmd(struct cmd *c)
{
	static struct ready y = { .pin_tries = TRIES_DEFAULT,
	    .puk_tries = TRIES_DEFAULT, .setup.import = true };
	const struct opt opts[] = { READY_OPTIONS(&y), END };
	int r;

	if ((r = cmd_parse(c, opts, 1, 2)) != 0 ||
	    (r = key_file_load(cmd_arg(c, 0), &y.ks, &c->e)) != 0)
		return r;
	y.c = c;
	y.alias = c->nargs > 1 ? cmd_arg(c, 1) : NULL;
	y.setup.pub = y.ks.pub;
	r = make_ready(&y);
	keyset_free(&y.ks);
	return r;
}
