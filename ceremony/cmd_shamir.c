/*
 * quorate shamir: split a secret into share files and join them again, byte
 * for byte as QOS's shamir-split and shamir-reconstruct (wire section 5).
 *
 * All shares are made and proved before the first is written; if one cannot
 * be written, or the person interrupts, those written go again.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "airgap/seal/shamir.h"
#include "ceremony/commands.h"
#include "ceremony/plumbing.h"

#define PATH_TEXT 1024
#define SPLIT_MAX (SECRET_INPUT_MAX - 1)	/* a share is a byte longer */
#define NOT_GIVEN UINT64_MAX

/* --- split */

struct split {
	const char *dir;
	uint64_t k, n;
	struct secret secret, shares;
	size_t share_len;
	bool made_dir;
};

static int
share_path(const struct split *s, size_t i, char out[static PATH_TEXT])
{
	int n = snprintf(out, PATH_TEXT, "%s/%zu.share", s->dir, i);

	return n < PATH_TEXT ? 0 : ERR_USAGE;
}

static int
make_shares(struct cmd *c, struct split *s)
{
	size_t k = (size_t)s->k, n = (size_t)s->n;
	/* no room for shares that shamir_split will refuse to make */
	size_t room = n == 0 || n > SHAMIR_MAX ? 1 : n;
	int r = ERR_INTERNAL;

	s->share_len = 1 + s->secret.len;
	if ((r = secret_new(&s->shares, room * s->share_len, &c->e)) != 0 ||
	    (r = shamir_split(s->secret.b, s->secret.len, k, n,
	    s->shares.b, &c->e)) != 0)
		return r;
	return shamir_prove(s->secret.b, s->secret.len, k, n, s->shares.b,
	    &c->e);
}

/* Makes the folder, or takes an empty one. */
static int
take_folder(struct cmd *c, struct split *s)
{
	bool empty = true;
	struct dirent *de;
	DIR *d;

	s->made_dir = !file_exists(s->dir);
	if (s->made_dir)
		return file_mkdir(s->dir, 0700, &c->e);
	if ((d = opendir(s->dir)) == NULL)
		return err_set(&c->e, ERR_SYSTEM, "cannot read folder %s: %s",
		    s->dir, strerror(errno));
	while ((de = readdir(d)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0)
			empty = false;
	closedir(d);
	return empty ? 0 : err_set(&c->e, ERR_EXISTS, "folder %s is not "
	    "empty and was not touched; name a new one", s->dir);
}

static int
interrupted(struct cmd *c)
{
	sigset_t pending;

	if (sigpending(&pending) != 0 || (!sigismember(&pending, SIGINT) &&
	    !sigismember(&pending, SIGTERM) && !sigismember(&pending, SIGHUP)))
		return 0;
	return err_set(&c->e, ERR_INTERRUPTED, "interrupted: no share was "
	    "left behind");
}

static int
write_share(struct cmd *c, const struct split *s, size_t i)
{
	char path[PATH_TEXT];
	int r = share_path(s, i, path);

	if (r != 0)
		return err_set(&c->e, r, "the name of the folder is too long");
	if ((r = interrupted(c)) != 0)
		return r;
	return file_write(path, bytes_of(s->shares.b + (i - 1) *
	    s->share_len, s->share_len), FILE_MODE_SECRET, false, &c->e);
}

/* Takes away the shares 1 to n, and the folder if it is ours. */
static void
take_back(const struct split *s, size_t n)
{
	char path[PATH_TEXT];

	for (size_t i = 1; i <= n; i++)
		if (share_path(s, i, path) == 0)
			(void)unlink(path);
	if (s->made_dir)
		(void)rmdir(s->dir);
}

/* Signals wait meanwhile, so that they cannot end it half way. */
static int
write_shares(struct cmd *c, struct split *s)
{
	sigset_t block, old;
	size_t done = 0;
	int r = ERR_INTERNAL;

	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &block, &old) != 0)
		return err_set(&c->e, ERR_SYSTEM, "cannot hold signals back");
	if ((r = take_folder(c, s)) == 0) {
		while (r == 0 && done < s->n)
			if ((r = write_share(c, s, done + 1)) == 0)
				done++;
		if (r != 0)
			take_back(s, done);
	}
	/* still blocked after an interrupt: the exit status tells of it */
	if (r != ERR_INTERRUPTED)
		(void)sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}

static int
split(struct cmd *c)
{
	struct split s = { .k = NOT_GIVEN, .n = NOT_GIVEN };
	const struct opt opts[] = {
		NUMBER("-k", "K", &s.k, "shares needed, 2 or more"),
		NUMBER("-n", "N", &s.n, "shares made, at most 255"),
		TEXT("-o", "DIR", &s.dir, "a folder, new or empty"),
		END
	};
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 1, 1)) != 0 ||
	    (r = cmd_need(c, s.k == NOT_GIVEN ? NULL : &s.k, "-k")) != 0 ||
	    (r = cmd_need(c, s.n == NOT_GIVEN ? NULL : &s.n, "-n")) != 0 ||
	    (r = cmd_need(c, s.dir, "-o")) != 0 ||
	    (r = file_read_secret(cmd_arg(c, 0), SPLIT_MAX,
	    &s.secret, &c->e)) != 0 ||
	    (r = make_shares(c, &s)) != 0 ||
	    (r = write_shares(c, &s)) != 0)
		goto out;
	plaintext_note(s.dir);
out:
	secret_free(&s.shares);
	secret_free(&s.secret);
	return r;
}

/* --- join */

struct join {
	struct secret share[SHAMIR_MAX], secret;
	const uint8_t *b[SHAMIR_MAX];
	size_t len[SHAMIR_MAX], n;
};

static void
join_free(struct join *j)
{
	if (j == NULL)
		return;
	for (size_t i = 0; i < j->n; i++)
		secret_free(&j->share[i]);
	secret_free(&j->secret);
	free(j);
}

static int
read_shares(struct cmd *c, struct join *j)
{
	int r = 0;

	for (int i = 0; r == 0 && i < c->nargs; i++) {
		r = file_read_secret(c->args[i], SECRET_INPUT_MAX,
		    &j->share[j->n], &c->e);
		j->b[j->n] = j->share[j->n].b;
		j->len[j->n] = j->share[j->n].len;
		j->n++;
	}
	return r;
}

static int
join_shares(struct cmd *c, struct join *j)
{
	int r = ERR_INTERNAL;

	if ((r = secret_new(&j->secret, j->len[0] < 2 ? 1 : j->len[0] - 1,
	    &c->e)) != 0)
		return r;
	return shamir_join(j->b, j->len, j->n, j->secret.b, &c->e);
}

static int
join(struct cmd *c)
{
	struct join *j = NULL;
	struct output o = { 0 };
	const struct opt opts[] = { OUTPUT_OPTIONS(&o), END };
	int r = ERR_INTERNAL;

	if ((r = cmd_parse(c, opts, 1, SHAMIR_MAX)) != 0)
		return r;
	if ((j = calloc(1, sizeof(*j))) == NULL)
		return err_set(&c->e, ERR_SYSTEM, "out of memory");
	if ((r = read_shares(c, j)) != 0 || (r = join_shares(c, j)) != 0)
		goto out;
	r = output_plaintext(c, &o, &j->secret);
out:
	join_free(j);
	return r;
}

const struct command commands_shamir[] = {
	{ "split", "SECRET", "split a file: DIR/1.share to DIR/N.share",
	    "the bytes of SECRET (less than 1 MiB; \"-\" is standard input) "
	    "are taken as\nthey are, a final line end too; that every K of "
	    "the shares give them again\nis proved before a share is written",
	    split, NULL },
	{ "join", "SHARE...", "the secret from its shares",
	    "shares carry no checksum: too few of them, or one that is not of "
	    "this\nsecret, give other bytes and no error; compare what is "
	    "known of the secret,\nsuch as a public key",
	    join, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
