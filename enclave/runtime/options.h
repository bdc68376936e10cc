/*
 * The command line that quorate-enclave and quorate-enclave-sim share; names
 * as QOS's qos_core has them (wire 16.3).
 */
#ifndef ENCLAVE_RUNTIME_OPTIONS_H
#define ENCLAVE_RUNTIME_OPTIONS_H

#include "enclave/runtime/enclave.h"

struct enclave_cli {
	struct enclave_options o;
	const char *pki_dir, *pcrs;	/* quorate-enclave-sim only */
	const char *nsm;		/* quorate-enclave only */
	bool simulated;			/* set by main: which options exist */
};

/* 0 go on; 1 help was printed; ERR_USAGE with the sentence. */
int enclave_parse(struct enclave_cli *c, int argc, char **argv,
    struct err *e) MUST_CHECK;

/* What both mains do: parse, open the NSM, run; the exit status. */
int enclave_main(int argc, char **argv, bool simulated,
    int (*open_nsm)(const struct enclave_cli *c, struct nsm **out,
    struct err *e));

#endif
