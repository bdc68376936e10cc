/*
 * The attestation bundle of a token that is plugged in: put together, held
 * against all rules, and written if they hold.
 */
#ifndef CEREMONY_TOKEN_BUNDLE_H
#define CEREMONY_TOKEN_BUNDLE_H

#include "airgap/cli/cmd.h"
#include "token/attest/attest.h"
#include "token/setup.h"

struct bundle_options {
	const char *mode_text;	/* NULL: production */
	const char *root;	/* of a rehearsal */
	struct many intermediate;
	enum mode mode;		/* set by bundle_prepare */
	struct buf root_der;
	struct attest_trust trust;
};

#define BUNDLE_OPTIONS(o) \
	TEXT("--mode", "MODE", &(o)->mode_text, "production (default) or " \
	    "rehearsal"), \
	TEXT("--token-root", "FILE", &(o)->root, "test root of tokens in a " \
	    "rehearsal"), \
	MANY("--intermediate", "FILE", &(o)->intermediate, "Yubico's " \
	    "intermediates, PEM (firmware 5.7.4)")

/* Mode and roots, before any token is asked.  Free with bundle_end. */
int bundle_prepare(struct bundle_options *o, struct err *e) MUST_CHECK;
void bundle_end(struct bundle_options *o);

/*
 * The bundle of what was examined; every rule is asked and, if show is set
 * or one does not hold, printed.  Free out with buf_free.  0 if all hold,
 * ERR_REFUSED, ERR_TOKEN (no attestation), ERR_INPUT (intermediates).
 */
int bundle_make(const struct bundle_options *o, const struct token_exam *x,
    const struct public_key *key, bool show, struct buf *out,
    struct err *e) MUST_CHECK;

/* A line a rule, on standard output (token_verify.c). */
void token_verdict_print(const struct attest_bundle *b,
    const struct attest_terms *t, const struct attest_verdict *v);

#endif
