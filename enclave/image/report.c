/*
 * One image, measured; as release lines and as JSON.
 */
#include <stdio.h>

#include "airgap/cli/ui.h"
#include "airgap/seal/hex.h"
#include "enclave/image/report.h"

int
report_make(struct report *out, const char *path, struct err *e)
{
	int r = ERR_INTERNAL;

	*out = (struct report){ .source.fd = -1 };
	if ((r = source_open(path, &out->source, e)) != 0 ||
	    (r = eif_read(&out->source, &out->eif, e)) != 0 ||
	    (r = eif_measure(&out->source, &out->eif, &out->measures,
	    e)) != 0)
		return r;
	return eif_signature_read(&out->source, &out->eif,
	    &out->measures.pcr[0], &out->signature, e);
}

void
report_free(struct report *r)
{
	source_close(&r->source);
}

/* Calls line for every PCR that is known, by number. */
static void
each_pcr(const struct report *r,
    void (*line)(unsigned i, const char hex[static 2 * SHA384_LEN + 1]))
{
	const struct digest384 *pcr[] = { &r->measures.pcr[0],
		&r->measures.pcr[1], &r->measures.pcr[2],
		r->has_pcr3 ? &r->pcr3 : NULL, r->has_pcr4 ? &r->pcr4 : NULL,
		NULL, NULL, NULL, r->signature.state != SIGNATURE_NONE ?
		&r->signature.pcr8 : NULL };
	char hex[2 * SHA384_LEN + 1];

	for (unsigned i = 0; i < sizeof(pcr) / sizeof(*pcr); i++)
		if (pcr[i] != NULL) {
			hex_text(pcr[i]->b, SHA384_LEN, hex);
			line(i, hex);
		}
}

static void
print_line(unsigned i, const char hex[static 2 * SHA384_LEN + 1])
{
	printf("%s PCR%u\n", hex, i);
}

static void
print_member(unsigned i, const char hex[static 2 * SHA384_LEN + 1])
{
	printf("%s\"%u\":\"%s\"", i == 0 ? "" : ",", i, hex);
}

void
report_print_lines(const struct report *r)
{
	each_pcr(r, print_line);
}

void
report_print_json(const struct report *r)
{
	static const char *const state[] = { [SIGNATURE_NONE] = "none",
		[SIGNATURE_OK] = "verified",
		[SIGNATURE_UNCHECKED] = "unchecked" };

	fputs("{\"image\":", stdout);
	ui_json_text(bytes_str(r->source.name));
	printf(",\"size\":%ju,\"crc32\":\"%08x\",\"signature\":\"%s\","
	    "\"pcrs\":{", (uintmax_t)r->source.size, r->measures.crc,
	    state[r->signature.state]);
	each_pcr(r, print_member);
	puts("}}");
}
