/*
 * The verbs of `quorate attestation`, and what they share.
 */
#ifndef CEREMONY_ATTESTATION_CMDS_H
#define CEREMONY_ATTESTATION_CMDS_H

#include "airgap/cli/cmd.h"
#include "enclave/attestation/verify.h"

int attestation_show_run(struct cmd *c);
int attestation_challenge_run(struct cmd *c);
int attestation_verify_run(struct cmd *c);

/* How a document was verified, for screen and JSON. */
struct attestation_report {
	const char *path;		/* of the document */
	struct digest256 hash;		/* of the document's bytes */
	struct attestation doc;
	bool read;			/* doc has its fields */
	struct bytes root;		/* DER */
	bool pinned;			/* root is the AWS root */
	bool bound;			/* a manifest was given */
	enum attestation_kind kind;
	struct digest256 manifest;	/* its hash */
	enum mode mode;			/* its mode */
	bool as_of;			/* time was given, not the clock's */
	uint64_t time;
	int result;			/* 0 or the failing rule's code */
	struct err why;
};

/* What a person sees; docs/formats/attestation-verify.md. */
void attestation_print(const struct attestation_report *r);
void attestation_print_json(const struct attestation_report *r);

#endif
