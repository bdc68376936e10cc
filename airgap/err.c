/*
 * Errors: codes, their sentences and their exit statuses.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "airgap/err.h"

static const struct {
	int code;
	int status;
	const char *text;
} table[] = {
	{ 0, 0, "done" },
	{ ERR_INTERNAL, 5, "internal error" },
	{ ERR_REFUSED, 1, "refused" },
	{ ERR_USAGE, 2, "wrong usage" },
	{ ERR_INPUT, 3, "input is malformed" },
	{ ERR_TOKEN, 4, "token failure" },
	{ ERR_SYSTEM, 5, "system failure" },
	{ ERR_PEER, 6, "peer unreachable or protocol error" },
	{ ERR_INTERRUPTED, 130, "interrupted" },
	{ ERR_HELPER, 5, "a helper program failed" },
	{ ERR_LEGACY, 3, "a form that QOS no longer supports" },
	{ ERR_EXISTS, 1, "file exists" },
	{ ERR_KEY_LONG, 3, "public key is longer than 130 bytes" },
	{ ERR_KEY_SHORT, 3, "public key is shorter than 130 bytes" },
	{ ERR_KEY_POINT, 3, "public key is not a point of P-256" },
	{ ERR_SEED, 3, "not a valid master seed" },
	{ ERR_SIG_FORM, 3, "not a well-formed P-256 signature" },
	{ ERR_SIG_WRONG, 1, "signature does not verify" },
	{ ERR_ENV_FORM, 3, "not a sealed message" },
	{ ERR_ENV_POINT, 3, "sealed message has an invalid ephemeral key" },
	{ ERR_ENV_TAG, 1,
	    "sealed message does not open: another key, or damaged" },
	{ ERR_SHARE_SIZE, 2, "more than 255 shares" },
	{ ERR_SHARE_SECRET, 2, "the secret is empty" },
	{ ERR_SHARE_LIMIT, 2, "fewer shares than the threshold" },
	{ ERR_SHARE_MIN, 2, "fewer than two shares" },
	{ ERR_SHARE_FORM, 3, "share too short, or shares of unequal length" },
	{ ERR_SHARE_ZERO, 3, "share index 0" },
	{ ERR_SHARE_TWICE, 3, "share index repeated" },
	{ ERR_SHARE_PROOF, 1, "the shares do not lie on one polynomial" },
};

#define TABLE_LEN (sizeof(table) / sizeof(table[0]))

int
err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return code;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return code;
}

int
err_prefix(struct err *e, const char *fmt, ...)
{
	char old[ERR_TEXT_MAX], front[ERR_TEXT_MAX];
	va_list ap;

	if (e == NULL)
		return ERR_INTERNAL;
	memcpy(old, e->text, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(front, sizeof(front), fmt, ap);
	va_end(ap);
	/* cut on purpose where both together are too long */
	if (snprintf(e->text, sizeof(e->text), "%.200s: %.300s", front,
	    old) < 0)
		e->text[0] = '\0';
	return e->code;
}

const char *
err_text(int code)
{
	for (size_t i = 0; i < TABLE_LEN; i++)
		if (table[i].code == code)
			return table[i].text;
	return "unknown error";
}

int
err_exit_status(int code)
{
	for (size_t i = 0; i < TABLE_LEN; i++)
		if (table[i].code == code)
			return table[i].status;
	return 5;
}
