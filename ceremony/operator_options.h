/*
 * Which operator key a command uses: a key file, or a token.  The same words
 * where several persons are there: each may be given again, and both kinds
 * together.
 */
#ifndef CEREMONY_OPERATOR_OPTIONS_H
#define CEREMONY_OPERATOR_OPTIONS_H

#include "airgap/cli/cmd.h"
#include "token/operator_key.h"

struct operator_options {
	const char *file, *serial, *pin_fd;
	bool token;
};

#define OPERATOR_KEY_OPTIONS(k) \
	TEXT("--key", "FILE", &(k)->file, "your key file (a master seed)"), \
	FLAG("--token", &(k)->token, "your key is in a token (PIV)"), \
	TOKEN_OPTIONS(k)

#define TOKEN_OPTIONS(k) \
	TEXT("--serial", "N", &(k)->serial, "the token's serial number"), \
	TEXT("--pin-fd", "N", &(k)->pin_fd, "PIN from there, a line a use")

/* Exactly one of --key and --token, and what goes with it.  ERR_USAGE. */
int operator_options_check(struct cmd *c,
    const struct operator_options *k) MUST_CHECK;

struct token_choice;

/* The token that --serial and --pin-fd name.  0 or ERR_USAGE. */
int operator_options_token(const struct operator_options *k,
    struct token_choice *out, struct err *e) MUST_CHECK;

struct people_options {
	struct many files, serials;
	const char *pin_fd, *wait;
	bool token;
};

#define PEOPLE_OPTIONS(k) \
	MANY("--key", "FILE", &(k)->files, "a person's key file (a master " \
	    "seed)"), \
	FLAG("--token", &(k)->token, "persons come with tokens (PIV)"), \
	MANY("--serial", "N", &(k)->serials, "only the tokens with these " \
	    "serial numbers"), \
	TEXT("--pin-fd", "N", &(k)->pin_fd, "PINs from there, a line a " \
	    "use"), \
	TEXT("--wait", "S", &(k)->wait, "end the run after S seconds without " \
	    "a token (900)")

struct room;

/* What k says of tokens; nothing is looked at yet.  0 or ERR_USAGE. */
int people_options_room(const struct people_options *k, struct room *out,
    struct err *e) MUST_CHECK;

/* Opens it; free with operator_key_free.  As operator_key_open_*. */
int operator_key_from_options(const struct operator_options *k,
    struct operator_key **out, struct err *e) MUST_CHECK;

#endif
