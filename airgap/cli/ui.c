/*
 * Questions, safe printing of foreign text, fingerprints, times.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "airgap/fd.h"
#include "airgap/record/reader.h"
#include "airgap/seal/hex.h"
#include "airgap/cli/ui.h"

#define ANSWER_MAX 64
#define QUESTION_MAX 1024
#define ANSWERS_MAX 20		/* to one question */
#define QUOTED_COLUMNS 44

#define FOR_EVER (-1)
#define SLICE_MS 1000

enum answer { ANSWER, ANSWER_END, ANSWER_LATE };

/* Short waits: the clock of poll(2) stands still while the machine sleeps. */
static bool
late(int64_t until)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	while (until != FOR_EVER) {
		int64_t left = until - clock_boot_ms();

		if (left <= 0)
			return true;
		if (poll(&p, 1, left < SLICE_MS ? (int)left : SLICE_MS) > 0)
			break;
	}
	return false;
}

/*
 * A line of at most ANSWER_MAX - 1 characters, which is complete before
 * until (of clock_boot_ms).  One byte at a time: what follows the line may be
 * dice rolls, which no stdio buffer may hold.
 */
static enum answer
read_answer(char out[static ANSWER_MAX], int64_t until)
{
	ssize_t got;
	size_t n = 0;
	char c = 0;

	for (;;) {
		if (late(until))
			return ANSWER_LATE;
		got = read(STDIN_FILENO, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || c == '\n')
			break;
		if (n < ANSWER_MAX - 1)
			out[n++] = c;
	}
	if (got <= 0 && n == 0)
		return ANSWER_END;
	while (n > 0 && (out[n - 1] == ' ' || out[n - 1] == '\r'))
		n--;
	out[n] = '\0';
	return ANSWER;
}

int
ui_flush(struct err *e)
{
	/* a flush that failed has thrown its bytes away: the next succeeds */
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return 0;
	return err_set(e, ERR_SYSTEM, "cannot write to standard output");
}

/* seconds 0: for ever. */
static int
confirm(struct err *e, int seconds, const char *question)
{
	int64_t until = seconds == 0 ? FOR_EVER : clock_boot_ms() +
	    (int64_t)seconds * 1000;
	char answer[ANSWER_MAX];
	enum answer got;
	int r;

	if ((r = ui_flush(e)) != 0)
		return r;
	for (int i = 0; i < ANSWERS_MAX; i++) {
		fprintf(stderr, "%s [yes/no] ", question);
		got = read_answer(answer, until);
		/* a line that no terminal echoed, or none at all */
		if (got != ANSWER || !isatty(STDIN_FILENO))
			fputc('\n', stderr);
		if (got == ANSWER_LATE)
			return err_set(e, ERR_REFUSED, "no answer within %d "
			    "s: nothing was done", seconds);
		if (got == ANSWER_END)
			return err_set(e, ERR_REFUSED, "no answer: nothing "
			    "was done");
		if (strcmp(answer, "yes") == 0)
			return 0;
		if (strcmp(answer, "no") == 0)
			return err_set(e, ERR_REFUSED, "you said no: nothing "
			    "was done");
		fputs("please type yes or no\n", stderr);
	}
	return err_set(e, ERR_REFUSED, "%d answers, and none was yes or no: "
	    "nothing was done", ANSWERS_MAX);
}

int
ui_confirm(struct err *e, const char *fmt, ...)
{
	char question[QUESTION_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(question, sizeof(question), fmt, ap);
	va_end(ap);
	return confirm(e, 0, question);
}

int
ui_confirm_within(struct err *e, int seconds, const char *fmt, ...)
{
	char question[QUESTION_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(question, sizeof(question), fmt, ap);
	va_end(ap);
	return confirm(e, seconds, question);
}

/* Asks, and takes a line. */
static int
ask(char answer[static ANSWER_MAX], struct err *e, const char *fmt,
    va_list ap)
{
	bool answered;
	int r;

	if ((r = ui_flush(e)) != 0)
		return r;
	vfprintf(stderr, fmt, ap);
	answered = read_answer(answer, FOR_EVER) == ANSWER;
	if (!answered || !isatty(STDIN_FILENO))
		fputc('\n', stderr);
	return answered ? 0 : err_set(e, ERR_REFUSED, "no answer: nothing "
	    "was done");
}

int
ui_ask(char *out, size_t n, struct err *e, const char *fmt, ...)
{
	char answer[ANSWER_MAX];
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = ask(answer, e, fmt, ap);
	va_end(ap);
	if (r == 0)
		snprintf(out, n, "%s", answer);
	return r;
}

enum ui_heard
ui_listen(int ms)
{
	char answer[ANSWER_MAX];

	switch (read_answer(answer, clock_boot_ms() + ms)) {
	case ANSWER:
		return strcmp(answer, "no") == 0 ? UI_NO : UI_LINE;
	case ANSWER_END:
		return UI_NO;
	case ANSWER_LATE:
		break;
	}
	return UI_NOTHING;
}

int
ui_type(struct err *e, const char *want, const char *fmt, ...)
{
	char answer[ANSWER_MAX];
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = ask(answer, e, fmt, ap);
	va_end(ap);
	if (r != 0 || strcmp(answer, want) == 0)
		return r;
	return err_set(e, ERR_REFUSED, "that is not %s: nothing was done",
	    want);
}

/*
 * Characters that a terminal acts on, that turn the line around or that
 * nobody sees: C0, DEL, C1, Unicode's bidirectional and separator controls,
 * zero-width characters and tags.
 */
static bool
is_dangerous(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad ||
	    cp == 0x61c || cp == 0x180e || (cp >= 0x200b && cp <= 0x200f) ||
	    (cp >= 0x2028 && cp <= 0x202e) || (cp >= 0x2060 && cp <= 0x206f) ||
	    cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb) ||
	    (cp >= 0xe0000 && cp <= 0xe0fff);
}

/*
 * One character of text at i; *n is its size.  Returns the columns it takes
 * (two for all that may be wide).
 */
static int
put_char(FILE *to, struct bytes text, size_t i, bool valid, size_t *n)
{
	uint32_t cp = text.p[i];

	*n = 1;
	if (valid)
		cp = utf8_point(bytes_of(text.p + i, text.n - i), n);
	if (is_dangerous(cp) || (!valid && cp >= 0x80)) {
		for (size_t j = 0; j < *n; j++)
			fprintf(to, "\\x%02x", text.p[i + j]);
		return 4 * (int)*n;
	}
	fwrite(text.p + i, 1, *n, to);
	return cp < 0x1100 ? 1 : 2;
}

static void
put_text(FILE *to, struct bytes text, bool breaks)
{
	bool valid = utf8_valid(text);
	size_t n;

	for (size_t i = 0; i < text.n; i += n) {
		n = 1;
		if (breaks && text.p[i] == '\n')
			fputc('\n', to);
		else
			(void)put_char(to, text, i, valid, &n);
	}
}

static void
put_line(FILE *to, const char *before, struct bytes text, bool breaks)
{
	fputs(before, to);
	put_text(to, text, breaks);
	fputc('\n', to);
}

/*
 * To standard error in one write(2): who reads a log never finds half a
 * line, nor one in another.  Only where memory is short it goes in pieces.
 */
static void
say_line(const char *before, struct bytes text, bool breaks)
{
	char *line = NULL;
	size_t n = 0;
	FILE *whole = open_memstream(&line, &n);

	fflush(stdout);
	if (whole != NULL)
		put_line(whole, before, text, breaks);
	if (whole != NULL && fclose(whole) == 0)
		fwrite(line, 1, n, stderr);
	else
		put_line(stderr, before, text, breaks);
	free(line);
}

void
ui_say(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;		/* no memory: what comes next says so */
	say_line("", bytes_of(text, (size_t)n), true);
	free(text);
}

void
ui_print_text(struct bytes text)
{
	put_text(stdout, text, false);
}

void
ui_print_quoted(struct bytes text, int indent)
{
	bool valid = utf8_valid(text);
	int column = 0;
	size_t n;

	putchar('"');
	for (size_t i = 0; i < text.n; i += n) {
		if (column >= QUOTED_COLUMNS) {
			printf("\n%*s+ ", indent, "");
			column = 0;
		}
		if (text.p[i] == '"' || text.p[i] == '\\') {
			putchar('\\');
			column++;
		}
		column += put_char(stdout, text, i, valid, &n);
	}
	putchar('"');
}

void
ui_json_text(struct bytes text)
{
	bool valid = utf8_valid(text);
	size_t n;

	putchar('"');
	for (size_t i = 0; i < text.n; i += n) {
		uint32_t cp = text.p[i] < 0x80 ? text.p[i] : 0xfffd;

		n = 1;
		if (valid)
			cp = utf8_point(bytes_of(text.p + i, text.n - i), &n);
		if (cp == '"' || cp == '\\')
			printf("\\%c", (char)cp);
		else if (cp >= 0x20 && cp < 0x7f)
			putchar((char)cp);
		else if (cp < 0x10000)
			printf("\\u%04x", cp);
		else
			printf("\\u%04x\\u%04x",
			    0xd800 + ((cp - 0x10000) >> 10),
			    0xdc00 + ((cp - 0x10000) & 0x3ff));
	}
	putchar('"');
}

void
ui_error(const char *sentence)
{
	char before[64];

	snprintf(before, sizeof(before), "%.60s: ",
	    program_invocation_short_name);
	say_line(before, bytes_str(sentence), false);
}

void
ui_print_hex(const char *name, struct bytes value)
{
	printf("%s", name);
	for (size_t i = 0; i < value.n; i++) {
		if (i % 32 == 0)
			fputs("\n   ", stdout);
		printf("%s%02x", i % 4 == 0 ? " " : "", value.p[i]);
	}
	putchar('\n');
}

void
ui_fingerprint(const struct digest256 *d, char out[static 80])
{
	char *o = out;

	for (size_t i = 0; i < sizeof(d->b); i += 4) {
		if (i > 0)
			*o++ = ' ';
		hex_encode(d->b + i, 4, o);
		o += 8;
	}
	*o = '\0';
}

void
ui_time(int64_t unix_seconds, char out[static 32])
{
	time_t t = (time_t)unix_seconds;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, 32, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(out, 32, "out of range");
}

int64_t
ui_now(void)
{
	return (int64_t)time(NULL);
}
