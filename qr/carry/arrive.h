/*
 * A record has arrived: what it is, whether it is the one that was made, and
 * where it goes.
 */
#ifndef QR_CARRY_ARRIVE_H
#define QR_CARRY_ARRIVE_H

#include "airgap/cli/cmd.h"
#include "airgap/ur/ur.h"

struct arrive_how {
	const char *folder;	/* where its files go */
	struct many words;	/* given by the command line: one of them */
	const char *mode;	/* the only mode wanted, or NULL */
	bool trusting;		/* no words are asked for: see receive.h */
	bool force;
};

/*
 * Tells on standard error what s->message is, checks the words, writes its
 * files and prints their paths on standard output.  Returns 0, ERR_INPUT (it
 * is not what its type says), ERR_REFUSED (words, mode), ERR_EXISTS,
 * ERR_USAGE (--words, --mode) or ERR_SYSTEM.
 */
int arrive(const struct ur_stream *s, const struct arrive_how *how,
    struct err *e) MUST_CHECK;

#endif
