/*
 * quorate-enclave-sim: the same with a SIMULATED NSM, for demos and tests.
 */
#include "enclave/runtime/options.h"

static int
open_simulated(const struct enclave_cli *c, struct nsm **out, struct err *e)
{
	const struct nsm_sim_config config = { c->pki_dir, c->pcrs };

	if (c->pki_dir == NULL)
		return err_set(e, ERR_USAGE, "--pki-dir DIR is missing");
	return nsm_sim_open(&config, out, e);
}

int
main(int argc, char **argv)
{
	return enclave_main(argc, argv, true, open_simulated);
}
