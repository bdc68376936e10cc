/*
 * PCR3 and PCR4 from the texts that they are of.
 */
#include "airgap/record/pcr.h"

#define ROLE_MAX 2048		/* bytes */
#define INSTANCE_MAX 64

struct digest384
pcr_extend_zero(struct bytes x)
{
	static const struct digest384 zero;

	return sha384_two(bytes_of(zero.b, sizeof(zero.b)), x);
}

/* Printable ASCII without spaces. */
static bool
is_plain(struct bytes text, size_t max)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] >= 0x7f)
			return false;
	return text.n > 0 && text.n <= max;
}

static bool
has(struct bytes text, const char *part)
{
	return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static bool
begins(struct bytes text, const char *start)
{
	size_t n = strlen(start);

	return text.n > n && memcmp(text.p, start, n) == 0;
}

int
pcr_of_role(struct bytes arn, struct digest384 *out)
{
	if (!is_plain(arn, ROLE_MAX) || !begins(arn, "arn:") ||
	    !has(arn, ":iam::") || !has(arn, ":role/"))
		return ERR_INPUT;
	*out = pcr_extend_zero(arn);
	return 0;
}

int
pcr_of_instance(struct bytes id, struct digest384 *out)
{
	if (!is_plain(id, INSTANCE_MAX) || !begins(id, "i-"))
		return ERR_INPUT;
	for (size_t i = 2; i < id.n; i++)
		if (strchr("0123456789abcdef", id.p[i]) == NULL)
			return ERR_INPUT;
	*out = pcr_extend_zero(id);
	return 0;
}
