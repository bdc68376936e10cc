/*
 * Messages from the other side: the first byte picks the kind.  What is
 * taken gives files that make the same message; what is not has a sentence.
 */
#include "airgap/record/file_role.h"
#include "airgap/record/payload.h"
#include "tests/fuzz/again.h"

static void
again(const struct payload *p)
{
	struct payload_source in[PAYLOAD_FILES_MAX];
	struct payload back;

	for (size_t i = 0; i < p->count; i++)
		in[i] = (struct payload_source){ p->files[i].name,
		    buf_bytes(&p->files[i].data) };
	must(payload_of_files(in, p->count, &back, NULL) == 0);
	must(back.kind == p->kind && back.mode == p->mode);
	must(bytes_equal(buf_bytes(&back.message), buf_bytes(&p->message)));
	payload_free(&back);
}

static void
one_file(struct bytes in)
{
	struct err e = { 0 };
	struct file_facts f;

	must((file_facts("rehearsal-x.share", in, &f, &e) == 0) ==
	    (e.text[0] == '\0'));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct payload_kind *k;
	struct payload p;
	struct err e = { 0 };

	if (n == 0 || (k = payload_kind_at(data[0])) == NULL)
		return 0;
	if (payload_read(k->ur, bytes_of(data + 1, n - 1), &p, &e) == 0)
		again(&p);
	else
		must(e.text[0] != '\0' && p.files == NULL);
	payload_free(&p);
	one_file(bytes_of(data + 1, n - 1));
	return 0;
}
