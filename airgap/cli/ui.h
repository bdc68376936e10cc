/*
 * Talking to the person: questions on standard error, answers from standard
 * input (a terminal, or a pipe in scripts), public text on standard output.
 */
#ifndef AIRGAP_CLI_UI_H
#define AIRGAP_CLI_UI_H

#include "airgap/bytes.h"
#include "airgap/err.h"

/*
 * Has standard output taken all that was printed?  0 or ERR_SYSTEM.  Every
 * question below begins with it: nobody decides on what was not shown.
 */
int ui_flush(struct err *e) MUST_CHECK;

/*
 * Asks until the answer is "yes" (0) or "no" (ERR_REFUSED); anything else is
 * asked again, 20 times in all.  End of input is a refusal.
 */
int ui_confirm(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3)
    MUST_CHECK;

/* As ui_confirm; no answer within seconds is ERR_REFUSED too. */
int ui_confirm_within(struct err *e, int seconds, const char *fmt, ...)
    PRINTF_LIKE(3, 4) MUST_CHECK;

/* A line of the person: "no" (or the end of input), or anything else. */
enum ui_heard { UI_NOTHING, UI_NO, UI_LINE };

/* Waits at most ms for one. */
enum ui_heard ui_listen(int ms);

/*
 * Asks for want to be typed, for what cannot be undone; anything else, and
 * the end of input, is ERR_REFUSED.
 */
int ui_type(struct err *e, const char *want, const char *fmt, ...)
    PRINTF_LIKE(3, 4) MUST_CHECK;

/*
 * Asks for one line, of which at most n - 1 characters are kept.  0, or
 * ERR_REFUSED at the end of input.
 */
int ui_ask(char *out, size_t n, struct err *e, const char *fmt, ...)
    PRINTF_LIKE(4, 5) MUST_CHECK;

/*
 * Lines to the person on standard error, made safe as ui_print_text but for
 * line breaks, in one write(2).
 */
void ui_say(const char *fmt, ...) PRINTF_LIKE(1, 2);

/*
 * Prints text from outside on standard output: control characters, invalid
 * UTF-8 and line breaks are shown as \xNN, so that no name can forge a line.
 */
void ui_print_text(struct bytes text);

/*
 * As ui_print_text in double quotes, with \" and \\ inside; long text goes
 * on below, behind indent spaces and "+ ", so that neither a quote nor the
 * edge of the terminal can make one value look like two.
 */
void ui_print_quoted(struct bytes text, int indent);

/*
 * Text as a JSON string in ASCII: everything else is escaped, so that it is
 * also safe on a terminal; what is not UTF-8 becomes U+FFFD.
 */
void ui_json_text(struct bytes text);

/* The sentence of an error on standard error, made safe as ui_print_text. */
void ui_error(const char *sentence);

/* "name: value" with the value in hex, in groups of 8 digits, wrapped. */
void ui_print_hex(const char *name, struct bytes value);

/* A 32-byte fingerprint in 8 groups of 8 digits. */
void ui_fingerprint(const struct digest256 *d, char out[static 80]);

/* "2026-11-23 18:02:11 UTC"; out holds 32. */
void ui_time(int64_t unix_seconds, char out[static 32]);

/* The only clock of the ceremony: seconds since 1970. */
int64_t ui_now(void);

#endif
