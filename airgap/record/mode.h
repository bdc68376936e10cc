/*
 * Mode: production or rehearsal, and its marks inside signed bytes.
 *
 * Rehearsal demands the marks and production refuses them, everywhere: so no
 * rehearsal record can pass as a real one, nor the reverse, whatever a
 * command line says.
 */
#ifndef AIRGAP_RECORD_MODE_H
#define AIRGAP_RECORD_MODE_H

#include "airgap/bytes.h"
#include "airgap/err.h"

enum mode { MODE_PRODUCTION, MODE_REHEARSAL };

#define REHEARSAL_ALIAS "rehearsal-"
#define REHEARSAL_NAMESPACE "REHEARSAL/"
#define REHEARSAL_MESSAGE "REHEARSAL "
#define TEST_MESSAGE "qos-test-message"

/* "production" or "rehearsal". */
const char *mode_text(enum mode mode);

/* Returns 0 or ERR_INPUT. */
int mode_from_text(struct bytes text, enum mode *out,
    struct err *e) MUST_CHECK;

/* The byte that stands in signed messages: 'P' or 'R'. */
uint8_t mode_byte(enum mode mode);

/* What the mark says: rehearsal where it is there, production without. */
enum mode mode_of_alias(struct bytes alias);
enum mode mode_of_namespace(struct bytes name);

/* What the genesis test signature is over. */
struct bytes mode_test_message(enum mode mode);

/*
 * The mark stands where rehearsal wants it and nowhere else; an empty rest
 * behind the mark is refused.  Return 0 or ERR_REFUSED.
 */
int mode_check_alias(enum mode mode, struct bytes alias,
    struct err *e) MUST_CHECK;
int mode_check_namespace(enum mode mode, struct bytes name,
    struct err *e) MUST_CHECK;
int mode_check_test_message(enum mode mode, struct bytes message,
    struct err *e) MUST_CHECK;

/* Two records that belong together have one mode.  0 or ERR_REFUSED. */
int mode_check_same(enum mode want, enum mode got, const char *what,
    struct err *e) MUST_CHECK;

#endif
