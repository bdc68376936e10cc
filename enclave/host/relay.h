/*
 * quorate-relay: what its commands share.  The relay is online and holds no
 * secret: it carries public and sealed bytes, and what it shows is what the
 * host claims.  Its checks keep honest people from mistakes that cost a
 * boot; verification is the operators', offline.
 */
#ifndef ENCLAVE_HOST_RELAY_H
#define ENCLAVE_HOST_RELAY_H

#include "airgap/cli/cmd.h"
#include "enclave/host/ask.h"
#include "enclave/host/facts.h"

#define RELAY_HOST "http://127.0.0.1:3001/qos"
#define RELAY_TIMEOUT_S 120
#define RELAY_ENVELOPE_MAX (96u << 20)	/* bytes of a file */

/* The line to a host; open with relay_open. */
struct relay {
	const char *host;		/* option --host */
	uint64_t timeout_s;		/* option --timeout */
	char *url;
	void *curl;
	struct carrier by;
};

#define RELAY_INIT { .host = RELAY_HOST, .timeout_s = RELAY_TIMEOUT_S }
#define RELAY_OPTIONS(r) \
	TEXT("--host", "URL", &(r)->host, \
	    "of quorate-host (" RELAY_HOST ")"), \
	NUMBER("--timeout", "S", &(r)->timeout_s, \
	    "seconds for one request (120)")

/* Nothing is sent yet.  Returns 0, ERR_USAGE or ERR_SYSTEM. */
int relay_open(struct relay *r, struct err *e) MUST_CHECK;
void relay_close(struct relay *r);

/*
 * The attestation document made now and the manifest envelope with it; both
 * must be there.  Free with live_free.  Returns 0, ERR_PEER or ERR_SYSTEM.
 */
struct live {
	struct answer a;
	const struct envelope *env;
	struct bytes document;
	struct document_facts facts;
	struct digest256 hash;		/* of the manifest */
};
int relay_live(struct relay *r, struct live *out, struct err *e) MUST_CHECK;
void live_free(struct live *l);

/* Who posted, by the envelope's share approvals. */
struct board {
	uint32_t members, threshold, posted, to_go;
};

/* ERR_PEER where the sets are larger than any honest one. */
int board_count(const struct envelope *env, struct board *out,
    struct err *e) MUST_CHECK;

/* Has a member with this alias or this key posted? */
bool board_posted(const struct envelope *env, const struct member *m);

int relay_status(struct cmd *c);
int relay_boot(struct cmd *c);
int relay_attestation(struct cmd *c);
int relay_post(struct cmd *c);

#endif
