/*
 * quorate-enclave: the real one, on /dev/nsm.
 */
#include "enclave/runtime/options.h"

static int
open_device(const struct enclave_cli *c, struct nsm **out, struct err *e)
{
	return nsm_device_open(c->nsm, out, e);
}

int
main(int argc, char **argv)
{
	static const struct enclave_program me = { .open_nsm = open_device };

	return enclave_main(&me, argc, argv);
}
