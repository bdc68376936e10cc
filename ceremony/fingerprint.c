/*
 * A key on a screen.
 */
#include <stdio.h>

#include "airgap/cli/ui.h"
#include "airgap/seal/hash.h"
#include "ceremony/fingerprint.h"

struct fingerprint
key_fingerprint(struct bytes key)
{
	struct digest256 d = sha256(key);
	struct fingerprint out;
	char all[80];

	ui_fingerprint(&d, all);
	snprintf(out.text, sizeof(out.text), "%.35s", all);
	return out;
}

void
digest_show(const char *label, const struct digest256 *d)
{
	char fp[80];

	ui_fingerprint(d, fp);
	printf("%s\n    %s\n", label, fp);
}
