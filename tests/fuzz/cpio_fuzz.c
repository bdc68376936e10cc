/*
 * Archives from hostile bytes: a walk ends, stays within its part, and each
 * entry that it reads is written again with the same name, mode and size.
 */
#include <string.h>

#include "enclave/image/cpio.h"
#include "tests/fuzz/again.h"

struct memory {
	struct image_sink sink;
	uint8_t b[CPIO_HEADER_LEN + CPIO_NAME_MAX + 8];
	size_t n;
};

static int
put(struct image_sink *s, struct bytes b, struct err *e)
{
	struct memory *m = (struct memory *)s;

	(void)e;
	must(b.n <= sizeof(m->b) - m->n);
	memcpy(m->b + m->n, b.p, b.n);
	m->n += b.n;
	return 0;
}

/* Its head and a trailer as an archive of their own. */
static void
write_again(const struct cpio_found *x)
{
	static struct memory m = { .sink = { put } };
	static struct cpio_walk w;
	struct source s;
	struct cpio_found y;
	struct cpio_entry head = x->head;
	bool more;
	int r;

	m.n = 0;
	head.size = 0;
	must(cpio_put_entry(&m.sink, &head, 1, NULL) == 0);
	must(m.n == cpio_entry_size(&head));
	s = source_memory("again", bytes_of(m.b, m.n));
	cpio_begin(&w, &s, 0, m.n);
	r = cpio_next(&w, &y, &more, NULL);
	must(r == 0 && more && strcmp(y.head.path, head.path) == 0);
	must(y.head.mode == head.mode && y.head.major == head.major &&
	    y.head.minor == head.minor);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct cpio_walk w;
	struct source s = source_memory("input", bytes_of(p, n));
	size_t entries = 0;
	struct cpio_found x;
	enum cpio_kind kind;
	struct err e = { 0 };
	bool more = true;
	int r;

	must(cpio_kind(&s, 0, n, &kind, NULL) == 0);
	cpio_begin(&w, &s, 0, n);
	while ((r = cpio_next(&w, &x, &more, &e)) == 0 && more) {
		must(++entries <= n / CPIO_HEADER_LEN);
		must(x.content <= n && x.head.size <= n - x.content);
		write_again(&x);
	}
	must(r == 0 || strstr(e.text, "byte ") != NULL);
	return 0;
}
