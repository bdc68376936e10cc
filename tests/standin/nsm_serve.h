/*
 * The module's side of /dev/nsm: a request in CBOR in, a reply out, from any
 * struct nsm (the SIMULATED one).  Written on libcbor's trees, apart from the
 * product's reader and writer.
 */
#ifndef TESTS_STANDIN_NSM_SERVE_H
#define TESTS_STANDIN_NSM_SERVE_H

#include "airgap/bytes.h"
#include "airgap/err.h"

struct nsm;

/* The SIMULATED one; NULL with a sentence where it cannot be opened. */
struct nsm *nsm_serve_open(const char *pki_dir, const char *pcr_file,
    struct err *e);

/*
 * open: collections are indefinite, as newer firmware writes them.  Returns
 * the reply's bytes; what is over cap is cut off, as the driver does.
 */
size_t nsm_serve(struct nsm *n, struct bytes request, bool open, uint8_t *out,
    size_t cap);

#endif
