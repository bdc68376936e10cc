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
	return enclave_main(argc, argv, false, open_device);
}
