/*
 * Test data: the vectors of tests/data and the fixture folder of others.
 *
 * A vector file is an object with an array "vectors" of objects that have a
 * "name".  Everything here stops the test program with a message where the
 * data itself is wrong: a test must not pass because a vector was not found.
 * Run from the top of the tree.
 */
#ifndef TESTS_UNIT_VECTORS_H
#define TESTS_UNIT_VECTORS_H

#include <jansson.h>
#include <stdbool.h>

#include "airgap/file.h"

/* The "vectors" array of tests/data/NAME.json; json_decref it. */
json_t *vectors_load(const char *name);

/* The vector of that exact name; borrowed from the array. */
const json_t *vector_named(const json_t *vectors, const char *name);

/* Text and integer fields; borrowed. */
const char *vector_text(const json_t *vector, const char *field);
long long vector_int(const json_t *vector, const char *field);
bool vector_has(const json_t *vector, const char *field);

/* Hex text to heap bytes (free p), or at most cap bytes into out. */
struct buf vector_unhex(const char *hex);
struct buf vector_buf(const json_t *vector, const char *field);
size_t vector_hex(const json_t *vector, const char *field, uint8_t *out,
    size_t cap);

/*
 * Path of a file or folder below the fixture folder (QUORATE_FIXTURES, else
 * ../shared/fixtures).  False where it is absent: the test calls skip().
 */
bool fixture_path(const char *rel, char *out, size_t n);

/* As fixture_path, and reads the whole file (free p). */
bool fixture_read(const char *rel, struct buf *out);

#endif
