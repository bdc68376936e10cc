/*
 * The command line that quorate-enclave and quorate-enclave-sim share; names
 * as QOS's qos_core has them (wire 16.3).  The first process has no command
 * line: what it is told stands in the program, or, SIMULATED only, on the
 * kernel's.
 */
#ifndef ENCLAVE_RUNTIME_OPTIONS_H
#define ENCLAVE_RUNTIME_OPTIONS_H

#include "enclave/runtime/enclave.h"
#include "enclave/runtime/init.h"

struct enclave_cli {
	struct enclave_options o;
	const char *usock;		/* NULL: vsock */
	const char *app;		/* NULL: the pivot is posted */
	unsigned cid, port;
	const char *pki_dir, *pcrs;	/* quorate-enclave-sim only */
	const char *nsm;		/* quorate-enclave only */
	bool simulated;			/* which options exist */
};

/* What the two programs differ in. */
struct enclave_program {
	bool simulated;
	int (*open_nsm)(const struct enclave_cli *c, struct nsm **out,
	    struct err *e);
	/* NULL, or after the mounts: what the first process is told */
	int (*configure_init)(struct enclave_cli *c, struct init_config *i,
	    struct err *e);
};

/* 0 go on; 1 help was printed; ERR_USAGE with the sentence. */
int enclave_parse(struct enclave_cli *c, int argc, char **argv,
    struct err *e) MUST_CHECK;

/*
 * What both mains do: parse, open the NSM, run; the exit status.  As first
 * process it does not return: the enclave ends.
 */
int enclave_main(const struct enclave_program *p, int argc, char **argv);

#endif
