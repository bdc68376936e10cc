/*
 * Words that are typed, and words that are given.
 */
#include <ctype.h>
#include <stdio.h>

#include "airgap/cli/ui.h"
#include "qr/carry/check.h"

#define TRIES 3
#define ANSWER_LEN 32

void
check_show(const struct words *w)
{
	for (unsigned i = 0; i < WORDS_COUNT; i++)
		fprintf(stderr, "%s%2u %s%s", i % 4 == 0 ? "  " : "    ",
		    i + 1, w->text[i], i % 4 == 3 ? "\n" : "");
}

int
check_ask(const struct words *w, struct err *e)
{
	unsigned asked[WORDS_ASKED];
	unsigned wrong = 0;
	int r;

	ui_say("Type four of its twelve words, as they stand where it was "
	    "made (the printout,\nthe paper), not as the machine that sent "
	    "it shows them.");
	words_draw(asked);
	for (size_t i = 0; i < WORDS_ASKED;) {
		char typed[ANSWER_LEN];

		if ((r = ui_ask(typed, sizeof(typed), e, "word %u: ",
		    asked[i])) != 0)
			return r;
		if (words_match(w, asked[i], bytes_str(typed))) {
			i++;
			continue;
		}
		if (++wrong == TRIES)
			return err_set(e, ERR_REFUSED, "the words differ: "
			    "what arrived is not what was made there; "
			    "nothing was written");
		ui_say("that is not word %u of what arrived; look again",
		    asked[i]);
	}
	return 0;
}

int
check_words(const struct words *w, const char *text, struct err *e)
{
	unsigned n = 0;

	while (*text != '\0') {
		size_t len;

		if (!isalpha((unsigned char)*text)) {
			text++;
			continue;
		}
		for (len = 0; isalpha((unsigned char)text[len]); len++)
			;
		if (++n > WORDS_COUNT)
			break;
		if (!words_match(w, n, bytes_of(text, len)))
			return err_set(e, ERR_REFUSED, "word %u of what "
			    "arrived is not %.*s: it is not what was made "
			    "there; nothing was written", n,
			    (int)(len > 16 ? 16 : len), text);
		text += len;
	}
	if (n != WORDS_COUNT)
		return err_set(e, ERR_USAGE, "--words wants all twelve "
		    "words, as on the paper");
	return 0;
}
