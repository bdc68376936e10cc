/*
 * Errors: a negative code that a caller can branch on, and one sentence that
 * a person can act on (what failed, in which file or field, what to do).
 *
 * Every fallible function returns 0 or one of the ERR_* codes.  A struct err
 * pointer may be NULL where the caller only needs the code.
 */
#ifndef AIRGAP_ERR_H
#define AIRGAP_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

enum {
	ERR_INTERNAL = -1,	/* a bug or an impossible state */
	ERR_REFUSED = -2,	/* a check said no, or the person did */
	ERR_USAGE = -3,		/* the command line is wrong */
	ERR_INPUT = -4,		/* input unreadable or malformed */
	ERR_TOKEN = -5,		/* the token, its reader, or its PIN */
	ERR_SYSTEM = -6,	/* the operating system: disk, memory, limits */
	ERR_PEER = -7,		/* peer unreachable, or it broke the protocol */
	ERR_INTERRUPTED = -8,	/* a signal; everything was cleaned up */
	ERR_HELPER = -11,	/* our helper crashed, or did what it may not */
	ERR_LEGACY = -10,	/* a form QOS gave up (genesis in Borsh) */
	ERR_EXISTS = -9,	/* a file is there and may not be replaced */

	/* keys, signatures, envelopes (names: QOS P256Error) */
	ERR_KEY_LONG = -20,	/* public key over 130 bytes */
	ERR_KEY_SHORT = -21,	/* public key under 130 bytes */
	ERR_KEY_POINT = -22,	/* a half is not a point of P-256 */
	ERR_SEED = -23,		/* seed gives no valid scalar, or bad text */
	ERR_SIG_FORM = -24,	/* not 64 bytes, or r or s out of range */
	ERR_SIG_WRONG = -25,	/* the signature is not of this message */
	ERR_ENV_FORM = -26,	/* envelope short, long or trailing bytes */
	ERR_ENV_POINT = -27,	/* ephemeral key is not a point of P-256 */
	ERR_ENV_TAG = -28,	/* authentication failed: other key or damage */

	/* Shamir (names: vsss-rs as QOS shows them) */
	ERR_SHARE_SIZE = -40,	/* n > 255: InvalidSizeRequest */
	ERR_SHARE_SECRET = -41,	/* empty secret: InvalidSecret */
	ERR_SHARE_LIMIT = -42,	/* n < k: SharingLimitLessThanThreshold */
	ERR_SHARE_MIN = -43,	/* k < 2, or < 2 shares: SharingMinThreshold */
	ERR_SHARE_FORM = -44,	/* short or unequal lengths: InvalidShare */
	ERR_SHARE_ZERO = -45,	/* index 0: SharingInvalidIdentifier */
	ERR_SHARE_TWICE = -46,	/* index repeated: SharingDuplicateIdentifier */
	ERR_SHARE_PROOF = -47,	/* the shares do not lie on one polynomial */
};

#define ERR_TEXT_MAX 512

/* One sentence; always terminated, cut at ERR_TEXT_MAX - 1 bytes. */
struct err {
	int code;
	char text[ERR_TEXT_MAX];
};

/* Sets code and sentence; e may be NULL.  Returns code. */
int err_set(struct err *e, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Puts "prefix: " before the sentence that is there.  Returns e's code. */
int err_prefix(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A general sentence for a code, for callers without a struct err. */
const char *err_text(int code);

/*
 * Process exit status of a code: 0 done, 1 refused, 2 usage, 3 input,
 * 4 token, 5 system, 6 peer, 130 interrupted.
 */
int err_exit_status(int code);

#endif
