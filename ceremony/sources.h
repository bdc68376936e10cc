/*
 * Local sources: what a person holds on their own disk and compares a
 * manifest with (QOS wire 19.2, 19.3).  `manifest new` is made of them;
 * `manifest approve` and `check` hold them against what a manifest says.
 *
 *	PCR file	the first three lines are "HEX PCR0", "HEX PCR1",
 *			"HEX PCR2"; every line has exactly two words
 *	role ARN file	first line, nothing trimmed but its end of line;
 *			PCR3 = SHA-384(48 zero bytes || ARN)
 *	pivot hash	first line: 64 hex digits
 *	set folders	airgap/set_dir.h
 */
#ifndef CEREMONY_SOURCES_H
#define CEREMONY_SOURCES_H

#include "airgap/record/manifest.h"
#include "airgap/set_dir.h"

/* Return 0, ERR_INPUT (the sentence names the file) or ERR_SYSTEM. */
int source_pcrs(const char *path, struct digest384 out[static 3],
    struct err *e) MUST_CHECK;
int source_role_arn(const char *path, struct digest384 *pcr3,
    struct err *e) MUST_CHECK;
int source_pivot_hash(const char *path, struct digest256 *out,
    struct err *e) MUST_CHECK;

/* SHA-256 of the application itself. */
int source_pivot(const char *path, struct digest256 *out,
    struct err *e) MUST_CHECK;

/* Paths as the command line gives them; NULL is a source not given. */
struct source_paths {
	const char *manifest_set, *share_set, *patch_set;
	const char *pcrs, *role_arn;
	const char *pivot, *pivot_hash;	/* one of them */
	const char *quorum_key;
};

/* The options of these paths, in an array of struct opt. */
#define SOURCE_OPTIONS(p) \
	TEXT("--manifest-set", "DIR", &(p).manifest_set, \
	    "who approves: a folder of .pub files and threshold"), \
	TEXT("--share-set", "DIR", &(p).share_set, \
	    "who holds shares: the same kind of folder"), \
	TEXT("--patch-set", "DIR", &(p).patch_set, \
	    "the same kind of folder; V0 and V1 only"), \
	TEXT("--pcrs", "FILE", &(p).pcrs, \
	    "PCR0 to PCR2 of the enclave image: lines \"HEX PCRn\""), \
	TEXT("--role-arn-file", "FILE", &(p).role_arn, \
	    "ARN of the instance's IAM role; gives PCR3"), \
	TEXT("--pivot", "FILE", &(p).pivot, \
	    "the application itself; its SHA-256 counts"), \
	TEXT("--pivot-hash", "FILE", &(p).pivot_hash, \
	    "or the application's SHA-256 in hex"), \
	TEXT("--quorum-key", "FILE.pub", &(p).quorum_key, \
	    "public quorum key, as genesis wrote it")

struct sources {
	struct source_paths given;
	struct set_dir manifest_set, share_set, patch_set;
	struct digest384 pcr[4];	/* 0 to 2 of pcrs, 3 of role_arn */
	struct digest256 pivot;
	struct public_key quorum_key;
};

/*
 * Reads what is given; paths outlive out.  Free with sources_free.  Returns
 * 0, ERR_USAGE (both --pivot and --pivot-hash), ERR_INPUT or ERR_SYSTEM.
 */
int sources_read(const struct source_paths *paths, struct sources *out,
    struct err *e) MUST_CHECK;
void sources_free(struct sources *s);

/* What a manifest is compared in, in the order it is reported. */
enum source_field {
	SOURCE_MANIFEST_SET, SOURCE_SHARE_SET, SOURCE_PATCH_SET,
	SOURCE_PCRS, SOURCE_ROLE_ARN, SOURCE_PIVOT, SOURCE_QUORUM_KEY,
	SOURCE_AWS_ROOT,	/* always: the pinned root */
	SOURCE_QOS_COMMIT,	/* always: empty, as QOS writes it */
	SOURCE_FIELDS
};

enum source_verdict {
	SOURCE_SAME, SOURCE_DIFFERS, SOURCE_NOT_GIVEN,
	SOURCE_NOT_THERE	/* this manifest version has no such field */
};

struct comparison {
	enum source_verdict verdict[SOURCE_FIELDS];
	size_t differ, not_given;	/* how many */
};

/*
 * Compares every field, and prints a line for each on standard output; a
 * difference is shown with both values.  0 also where things differ (see
 * out); else ERR_SYSTEM.
 */
int sources_compare(const struct sources *s, const struct manifest *m,
    struct comparison *out, struct err *e) MUST_CHECK;

/* "share set", and the option that gives it ("" for the two constants). */
const char *source_name(enum source_field f);
const char *source_option(enum source_field f);

/* ERR_REFUSED with the names of all fields that differ; 0 if none does. */
int comparison_check(const struct comparison *c, struct err *e) MUST_CHECK;

#endif
