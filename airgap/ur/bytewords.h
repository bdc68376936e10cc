/*
 * Bytewords (BCR-2020-012): a byte is one of 256 four-letter words.  Their
 * first and last letters are distinct, so two letters do ("minimal" style).
 * All text here is lower case.
 */
#ifndef AIRGAP_UR_BYTEWORDS_H
#define AIRGAP_UR_BYTEWORDS_H

#include "airgap/bytes.h"
#include "airgap/err.h"

#define BYTEWORD_LEN 4
#define BYTEWORDS_CRC_LEN 4

/* CRC-32 of zlib and PNG (ISO-HDLC); crc32_of("Wolf") is 598c84dc. */
uint32_t crc32_of(struct bytes in);

/* Big-endian, as bytewords and the fountain have it. */
void be32_store(uint8_t out[static 4], uint32_t v);

/* The word of a byte: four letters, terminated. */
void byteword(uint8_t byte, char out[static BYTEWORD_LEN + 1]);

/* The byte of a word in any case; false if there is no such word. */
bool byteword_read(struct bytes word, uint8_t *byte);

/*
 * Two letters a byte, then of the CRC: out gets
 * 2 * (in.n + BYTEWORDS_CRC_LEN) letters, no terminator.
 */
void bytewords_encode(struct bytes in, char *out);

/*
 * Decodes lower-case text into out, which holds text.n / 2 bytes; *n is
 * without the CRC and at least 1.  Returns 0 or ERR_INPUT.
 */
int bytewords_decode(struct bytes text, uint8_t *out, size_t *n,
    struct err *e) MUST_CHECK;

#endif
