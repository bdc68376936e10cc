/*
 * The command line of the enclave programs.
 */
#include <stdio.h>
#include <unistd.h>

#include "airgap/fd.h"
#include "airgap/seal/secret.h"
#include "airgap/version.h"
#include "enclave/runtime/options.h"

struct name {
	const char *name, *help;
	const char **text;
	unsigned *number;
	bool sim, device;
};

#define NAMES 11
#define APP_OF_IMAGE "/app"

static void
table(struct enclave_cli *c, struct name t[static NAMES])
{
	const struct name all[NAMES] = {
		{ "--usock", "PATH   listen on a unix socket", &c->usock,
		    NULL, true, true },
		{ "--cid", "N      own vsock CID (default: any)", NULL,
		    &c->cid, true, true },
		{ "--port", "N      vsock port (default: 3)", NULL,
		    &c->port, true, true },
		{ "--quorum-file", "PATH   quorum key for the application",
		    &c->o.paths.path[FILE_QUORUM], NULL, true, true },
		{ "--ephemeral-file", "PATH   setup, then live key",
		    &c->o.paths.path[FILE_EPHEMERAL], NULL, true, true },
		{ "--manifest-file", "PATH   manifest envelope",
		    &c->o.paths.path[FILE_MANIFEST], NULL, true, true },
		{ "--pivot-file", "PATH   the application",
		    &c->o.paths.path[FILE_PIVOT], NULL, true, true },
		{ "--app", "PATH   the application, instead of a posted one",
		    &c->app, NULL, true, true },
		{ "--nsm", "PATH   the device (default: /dev/nsm)", &c->nsm,
		    NULL, false, true },
		{ "--pki-dir", "DIR    SIMULATED root and keys; made if "
		    "missing", &c->pki_dir, NULL, true, false },
		{ "--pcrs", "FILE   lines \"HEX PCRn\": PCR0 to 4 at the "
		    "start", &c->pcrs, NULL, true, false },
	};

	memcpy(t, all, sizeof(all));
}

static bool
applies(const struct enclave_cli *c, const struct name *n)
{
	return c->simulated ? n->sim : n->device;
}

static const char *
name_of(const struct enclave_cli *c)
{
	return c->simulated ? "quorate-enclave-sim" : "quorate-enclave";
}

static void
help(const struct enclave_cli *c, const struct name t[static NAMES])
{
	printf("%s: %s\n\nusage: %s [options]\n\n", name_of(c),
	    c->simulated ? "SIMULATED nsm; takes rehearsals only" :
	    "attests, takes shares, starts the application", name_of(c));
	for (size_t i = 0; i < NAMES; i++)
		if (applies(c, &t[i]))
			printf("  %-17s %s\n", t[i].name, t[i].help);
	printf("  %-17s        the version\n  %-17s        this text\n",
	    "--version", "--help");
	printf("\nSIGTERM stops it cleanly.  Exit status: 0 done, 1 refused, "
	    "2 usage,\n3 input, 5 system\n");
}

static int
take(const struct name *n, const char *value, struct err *e)
{
	uint64_t v;

	if (n->text != NULL) {
		*n->text = value;
		return 0;
	}
	if (!bytes_number(bytes_str(value), UINT32_MAX, &v))
		return err_set(e, ERR_USAGE, "%s %s: not a number", n->name,
		    value);
	*n->number = (unsigned)v;
	return 0;
}

static int
parse_one(struct enclave_cli *c, const struct name t[static NAMES],
    const char *word, const char *value, struct err *e)
{
	for (size_t i = 0; i < NAMES; i++)
		if (applies(c, &t[i]) && strcmp(word, t[i].name) == 0)
			return value != NULL ? take(&t[i], value, e) :
			    err_set(e, ERR_USAGE, "a value is missing after "
			    "%s; see %s --help", word, name_of(c));
	return err_set(e, ERR_USAGE, "unknown option %s; see %s --help", word,
	    name_of(c));
}

static void
defaults(struct enclave_cli *c)
{
	c->o = (struct enclave_options){ .paths = enclave_paths_default };
	c->cid = VSOCK_ANY;
	c->port = ENCLAVE_PORT;
	c->nsm = "/dev/nsm";
}

/* The program that the image, or its user, has put there already. */
static void
take_app(struct enclave_cli *c)
{
	c->o.app = c->app != NULL;
	if (c->o.app)
		c->o.paths.path[FILE_PIVOT] = c->app;
}

int
enclave_parse(struct enclave_cli *c, int argc, char **argv, struct err *e)
{
	struct name t[NAMES];
	int r;

	defaults(c);
	table(c, t);
	for (int i = 1; i < argc; i += 2) {
		if (strcmp(argv[i], "--help") == 0) {
			help(c, t);
			return 1;
		}
		if (strcmp(argv[i], "--version") == 0) {
			printf("%s %s\n", name_of(c), QUORATE_VERSION);
			return 1;
		}
		if ((r = parse_one(c, t, argv[i], argv[i + 1], e)) != 0)
			return r;
	}
	take_app(c);
	c->o.at = endpoint_vsock(c->cid, c->port);
	return c->usock == NULL ? 0 : endpoint_unix(c->usock, &c->o.at, e);
}

/* The first process: no arguments, its own CID. */
static int
begin_init(const struct enclave_program *p, struct enclave_cli *c,
    struct err *e)
{
	struct init_config i = init_nitro;
	int r;

	defaults(c);
	if ((r = init_mounts(&i, e)) != 0 || (p->configure_init != NULL &&
	    (r = p->configure_init(c, &i, e)) != 0) ||
	    (r = init_run(&i, &c->cid, e)) != 0)
		return r;
	c->app = file_exists(APP_OF_IMAGE) ? APP_OF_IMAGE : NULL;
	take_app(c);
	c->o.at = endpoint_vsock(c->cid, ENCLAVE_PORT);
	return 0;
}

static int
begin(const struct enclave_program *p, struct enclave_cli *c, int argc,
    char **argv, struct nsm **nsm, struct err *e)
{
	bool first = getpid() == INIT_PID;
	int r;

	/* the first process opens its console itself */
	if ((!first && (r = fd_standard(e)) != 0) ||
	    (r = first ? begin_init(p, c, e) :
	    enclave_parse(c, argc, argv, e)) != 0 ||
	    (r = secret_process_init(e)) != 0 ||
	    (r = p->open_nsm(c, nsm, e)) != 0)
		return r;
	c->o.first = first;
	if (first && init_clock(*nsm, e) != 0)
		init_say("it is tried again before the application starts");
	return 0;
}

int
enclave_main(const struct enclave_program *p, int argc, char **argv)
{
	struct enclave_cli c = { .simulated = p->simulated };
	struct nsm *nsm = NULL;
	struct err e = { 0 };
	int r;

	if ((r = begin(p, &c, argc, argv, &nsm, &e)) == 0)
		r = enclave_run(&c.o, nsm, &e);
	if (nsm != NULL)
		nsm->ops->close(nsm);
	if (r < 0)
		fprintf(stderr, "quorate-enclave: %s\n", e.text);
	if (getpid() == INIT_PID)
		init_end();
	return r >= 0 ? 0 : err_exit_status(r);
}
