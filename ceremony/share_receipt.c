/*
 * Of which mode is a share?  Its sealed bytes do not say.  The receipt that
 * `share accept` wrote beside it does, in words that the operator's own key
 * signed.
 *
 * Who runs a SIMULATED enclave can read what is posted to it, so a share of
 * production that is released in a rehearsal is given away.
 */
#include <stdio.h>
#include <stdlib.h>

#include "airgap/record/receipt.h"
#include "ceremony/share_release.h"

#define RECEIPT_MAX 65536		/* bytes */

static const char share_end[] = ".share";

/* A receipt that my key signed; of others' files nothing is concluded. */
static bool
is_mine(const struct receipt *x, const struct public_key *me)
{
	return memcmp(x->key.b, me->b, PUBLIC_KEY_LEN) == 0 &&
	    receipt_verify(x, NULL) == 0;
}

static int
check_file(const char *path, const struct release_job *j, struct err *e)
{
	const struct public_key *me = operator_key_public(j->key);
	struct receipt x;
	struct buf in;
	int r;

	if ((r = file_read(path, RECEIPT_MAX, &in, e)) != 0)
		return r;
	if (receipt_decode(buf_bytes(&in), &x, NULL) == 0 &&
	    is_mine(&x, me) && x.mode != j->l.mode)
		r = err_set(e, ERR_REFUSED, "%s: by your receipt %s your "
		    "share is of a %s, but this is a %s%s", j->share, path,
		    mode_text(x.mode), mode_text(j->l.mode),
		    x.mode == MODE_PRODUCTION ? "; whoever runs the enclave "
		    "of a rehearsal can read it: never release it there" :
		    "");
	buf_free(&in);
	return r;
}

int
release_check_receipt(const struct release_job *j, struct err *e)
{
	const size_t end = sizeof(share_end) - 1;
	size_t n = strlen(j->share);
	char *path;
	int r = 0;

	if (n <= end || strcmp(j->share + n - end, share_end) != 0)
		return 0;
	if (asprintf(&path, "%.*s.receipt", (int)(n - end), j->share) < 0)
		return err_set(e, ERR_SYSTEM, "out of memory");
	if (file_exists(path))
		r = check_file(path, j, e);
	free(path);
	return r;
}
