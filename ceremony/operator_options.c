/*
 * One set of options for all commands that take an operator's key.
 */
#include <unistd.h>

#include "ceremony/operator_options.h"
#include "ceremony/room.h"

static int
number(const char *option, const char *text, uint64_t max, uint64_t *out,
    struct err *e)
{
	return bytes_number(bytes_str(text), max, out) ? 0 : err_set(e,
	    ERR_USAGE, "%s %.40s: not a number up to %llu", option, text,
	    (unsigned long long)max);
}

int
operator_options_token(const struct operator_options *k,
    struct token_choice *out, struct err *e)
{
	uint64_t serial = 0, fd = 0;
	int r;

	if ((k->serial != NULL && (r = number("--serial", k->serial,
	    UINT32_MAX, &serial, e)) != 0) ||
	    (k->pin_fd != NULL && (r = number("--pin-fd", k->pin_fd, 1023,
	    &fd, e)) != 0))
		return r;
	*out = (struct token_choice){ .any = k->serial == NULL,
	    .serial = (uint32_t)serial,
	    .pin_fd = k->pin_fd == NULL ? -1 : (int)fd };
	return 0;
}

int
operator_options_check(struct cmd *c, const struct operator_options *k)
{
	struct token_choice t;

	if (k->file == NULL && !k->token)
		return cmd_need(c, NULL, "--key FILE, or --token");
	if (k->file != NULL && k->token)
		return cmd_usage(c, "give --key or --token, not both");
	if (k->file != NULL && (k->serial != NULL || k->pin_fd != NULL))
		return cmd_usage(c, "--serial and --pin-fd go with --token");
	return operator_options_token(k, &t, &c->e);
}

int
operator_key_from_options(const struct operator_options *k,
    struct operator_key **out, struct err *e)
{
	struct token_choice t;
	int r;

	if (k->file != NULL)
		return operator_key_open_file(k->file, out, e);
	*out = NULL;
	if ((r = operator_options_token(k, &t, e)) != 0)
		return r;
	return operator_key_open_token(&t, out, e);
}

static int
wait_seconds(const char *text, int *out, struct err *e)
{
	uint64_t n = 0;
	int r = number("--wait", text, ROOM_WAIT_MAX_S, &n, e);

	if (r == 0 && n == 0)
		r = err_set(e, ERR_USAGE, "--wait: at least 1 second");
	*out = (int)n;
	return r;
}

int
people_options_room(const struct people_options *k, struct room *out,
    struct err *e)
{
	uint64_t n = 0;
	int r;

	*out = (struct room){ .tokens = k->token, .pin_fd = -1,
	    .wait_s = ROOM_WAIT_S, .terminal = isatty(STDIN_FILENO) == 1 };
	if (!k->token && (k->serials.n > 0 || k->pin_fd != NULL ||
	    k->wait != NULL))
		return err_set(e, ERR_USAGE, "--serial, --pin-fd and --wait go "
		    "with --token");
	if (k->serials.n > ROOM_ONLY_MAX)
		return err_set(e, ERR_USAGE, "--serial: more than %d",
		    ROOM_ONLY_MAX);
	for (size_t i = 0; i < k->serials.n; i++) {
		if ((r = number("--serial", k->serials.v[i], UINT32_MAX, &n,
		    e)) != 0)
			return r;
		out->only[out->only_count++] = (uint32_t)n;
	}
	if (k->wait != NULL && (r = wait_seconds(k->wait, &out->wait_s,
	    e)) != 0)
		return r;
	if (k->pin_fd == NULL)
		return 0;
	if ((r = number("--pin-fd", k->pin_fd, 1023, &n, e)) != 0)
		return r;
	out->pin_fd = (int)n;
	return token_pin_fd_check(out->pin_fd, e);
}
