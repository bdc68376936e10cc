/*
 * What a refusal says, for cmocka.
 */
#ifndef TESTS_UNIT_SENTENCE_H
#define TESTS_UNIT_SENTENCE_H

#include <string.h>

#include "airgap/err.h"

/* The sentence has these words. */
static inline void
assert_sentence(const struct err *e, const char *words)
{
	if (strstr(e->text, words) == NULL)
		fail_msg("'%s' lacks '%s'", e->text, words);
}

#endif
