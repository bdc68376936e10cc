/*
 * Replies of the module: the first byte chooses the request, the rest is
 * what /dev/nsm gave.  Whatever it is, the answer is 0 or an error of the
 * module, and what was read lies within it.
 */
#include "enclave/nsm/wire.h"
#include "tests/fuzz/again.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct nsm_reply reply;
	enum nsm_tag tag;
	uint8_t *copy;
	int r;

	if (n == 0)
		return 0;
	tag = (enum nsm_tag)(p[0] % NSM_ERROR);
	if ((copy = malloc(n - 1 + (n == 1))) == NULL)
		return 0;
	memcpy(copy, p + 1, n - 1);
	r = nsm_reply_read(tag, copy, n - 1, &reply);
	must(r >= NSM_SUCCESS && r <= NSM_INTERNAL_ERROR);
	if (r == 0 && reply.data.p != NULL)
		must(reply.data.p >= copy &&
		    reply.data.p + reply.data.n <= copy + n - 1);
	must(memchr(reply.info.module_id, 0,
	    sizeof(reply.info.module_id)) != NULL);
	free(copy);
	return 0;
}
