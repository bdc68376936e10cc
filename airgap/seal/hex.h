/*
 * Hexadecimal text.  Encoding is lower case without prefix.  Decoding takes
 * an optional leading "0x" and both cases, and refuses everything else
 * (also the "+f" that QOS's reader lets through: no writer makes it).
 *
 * The secret_ forms have no branch and no table index on the value of a
 * digit; only the length and whether the whole text is valid become public.
 */
#ifndef AIRGAP_SEAL_HEX_H
#define AIRGAP_SEAL_HEX_H

#include "airgap/bytes.h"
#include "airgap/err.h"

/* Writes 2 * n digits, no terminator.  For secrets and public bytes. */
void hex_encode(const uint8_t *in, size_t n, char *out);

/* As hex_encode plus a terminating NUL: out holds 2 * n + 1. */
void hex_text(const uint8_t *in, size_t n, char *out);

/*
 * Decodes text of any length into out (at most cap bytes); *n is the number
 * written.  Time depends on the digits only through validity.
 * Returns 0 or ERR_INPUT (odd length, not a digit, too long; in e).
 */
int hex_decode(struct bytes text, uint8_t *out, size_t cap, size_t *n,
    struct err *e) MUST_CHECK;

/* As hex_decode, and the result must be exactly n bytes. */
int hex_decode_exact(struct bytes text, uint8_t *out, size_t n,
    struct err *e) MUST_CHECK;

/*
 * Text as files hold it: Unicode white space trimmed at both ends.  Returns
 * the part of text in between (QOS 1.6: both fixture files with a trailing
 * newline must load).
 */
struct bytes hex_trim(struct bytes text);

#endif
