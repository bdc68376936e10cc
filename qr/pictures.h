/*
 * Private to qr/: the pictures of a folder, one after the other.
 */
#ifndef QR_PICTURES_H
#define QR_PICTURES_H

#include "airgap/file.h"

#define PICTURES_MAX 100000

/* Paths of pictures; all-zero is none. */
struct pictures {
	char **paths;
	size_t n, at;
};

/* The .png and .pgm files of dir by name.  0, ERR_INPUT or ERR_SYSTEM. */
int pictures_list(struct pictures *p, const char *dir,
    struct err *e) MUST_CHECK;

void pictures_free(struct pictures *p);

#endif
