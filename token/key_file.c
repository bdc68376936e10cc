/*
 * Operator keys in QOS master seed files: for rehearsals, tests, and
 * operators who have no token.  The text of the file and the seed live in
 * guarded memory while the key set is derived; then only the key set stays.
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/file.h"
#include "token/key_file.h"
#include "token/operator_ops.h"

#define SEED_FILE_MAX 4096	/* 64 digits and white space */

int
key_file_load(const char *path, struct keyset *out, struct err *e)
{
	struct secret text = { 0 }, seed = { 0 };
	int r = ERR_INTERNAL;

	memset(out, 0, sizeof(*out));
	if ((r = file_read_secret(path, SEED_FILE_MAX, &text, e)) != 0)
		return r;
	if ((r = seed_from_text(bytes_of(text.b, text.len), &seed, e)) != 0 ||
	    (r = keyset_from_seed(out, seed.b, e)) != 0)
		(void)err_prefix(e, "%s", strcmp(path, "-") == 0 ?
		    "standard input" : path);
	secret_free(&seed);
	secret_free(&text);
	return r;
}

static int
approve(void *state, const struct digest256 *manifest_hash,
    struct signature *out, struct err *e)
{
	return keyset_sign(state, bytes_of(manifest_hash->b, SHA256_LEN),
	    out, e);
}

static int
sign(void *state, enum purpose purpose, enum mode mode, struct bytes body,
    struct signature *out, struct err *e)
{
	struct buf msg;
	int r = ERR_INTERNAL;

	if ((r = signed_message(purpose, mode, body, &msg, e)) != 0)
		return r;
	r = keyset_sign(state, buf_bytes(&msg), out, e);
	buf_free(&msg);
	return r;
}

static int
open_sealed(void *state, struct bytes envelope, struct secret *out,
    struct err *e)
{
	return envelope_open(state, envelope, out, e);
}

static void
free_keyset(void *state)
{
	keyset_free(state);
	free(state);
}

static const struct operator_ops ops = {
	approve, sign, open_sealed, free_keyset
};

int
operator_key_open_file(const char *path, struct operator_key **out,
    struct err *e)
{
	struct keyset *ks = NULL;
	char *name = NULL;
	int r = ERR_INTERNAL;

	*out = NULL;
	if ((ks = calloc(1, sizeof(*ks))) == NULL ||
	    asprintf(&name, "key file %s", path) < 0) {
		name = NULL;
		r = err_set(e, ERR_SYSTEM, "out of memory");
		goto out;
	}
	if ((r = key_file_load(path, ks, e)) != 0)
		goto out;
	r = operator_key_make(&ops, ks, &ks->pub, name, out, e);
	ks = NULL;
out:
	free(ks);
	free(name);
	return r;
}
