/*
 * Reading files, and the one writer of files in the whole tree.
 *
 * Writing: temporary file in the same folder (O_EXCL, final mode), write,
 * fsync, rename, fsync of the folder.  After a crash there is the old file,
 * the new file, or (before the rename) a stray ".NAME.tmp-XXXXXX" that the
 * next write of the same NAME removes.  No other code opens for writing.
 */
#ifndef AIRGAP_FILE_H
#define AIRGAP_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "airgap/bytes.h"
#include "airgap/err.h"
#include "airgap/seal/secret.h"

#define FILE_MODE_PUBLIC 0644
#define FILE_MODE_SECRET 0600

/* Heap bytes with an owner; buf_free is safe on an all-zero struct. */
struct buf {
	uint8_t *p;
	size_t n;
};

void buf_free(struct buf *b);
static inline struct bytes
buf_bytes(const struct buf *b)
{
	return bytes_of(b->p, b->n);
}

/*
 * Reads a whole file ("-" is standard input) of at most max bytes; memory
 * grows with what is read, not with what is announced.  Free with buf_free.
 * Returns 0, ERR_INPUT (missing, unreadable, a folder, over max) or
 * ERR_SYSTEM.
 */
int file_read(const char *path, size_t max, struct buf *out,
    struct err *e) MUST_CHECK;

/* As file_read, straight into guarded memory; max <= 1 MiB. */
int file_read_secret(const char *path, size_t max, struct secret *out,
    struct err *e) MUST_CHECK;

/*
 * Writes data to path with mode (umask does not widen or narrow it).
 * replace false: ERR_EXISTS if path is there, and nothing changes.  SIGINT,
 * SIGTERM and SIGHUP wait for its end.
 * Returns 0, ERR_EXISTS or ERR_SYSTEM; on failure nothing is left behind.
 */
int file_write(const char *path, struct bytes data, mode_t mode, bool replace,
    struct err *e) MUST_CHECK;

/* As file_write, and reads the file back and compares.  ERR_SYSTEM if not. */
int file_write_checked(const char *path, struct bytes data, mode_t mode,
    bool replace, struct err *e) MUST_CHECK;

/*
 * A file too large for memory, written in pieces, with file_write's promise:
 * begin, put ..., then commit, which frees w whatever it returns, or
 * abandon, which leaves nothing behind (NULL is fine).  file_patch writes
 * over bytes that were put at offset at; the next put goes to the end.
 * path outlives w.  Returns as file_write.
 */
struct file_writer;
int file_begin(const char *path, mode_t mode, bool replace,
    struct file_writer **out, struct err *e) MUST_CHECK;
int file_put(struct file_writer *w, struct bytes data,
    struct err *e) MUST_CHECK;
int file_patch(struct file_writer *w, off_t at, struct bytes data,
    struct err *e) MUST_CHECK;
int file_commit(struct file_writer *w, struct err *e) MUST_CHECK;
void file_abandon(struct file_writer *w);

/*
 * Makes a folder with mode and syncs its parent; an existing folder is
 * fine, and both are synced.  Returns 0, ERR_EXISTS (there is something else)
 * or ERR_SYSTEM.
 */
int file_mkdir(const char *path, mode_t mode, struct err *e) MUST_CHECK;

/*
 * Names of regular files in dir, bytewise order, "." names left out; calls
 * each(name, ctx) until it returns non-zero, and returns that.
 */
int file_list(const char *dir, int (*each)(const char *name, void *ctx),
    void *ctx, struct err *e) MUST_CHECK;

/* True if something is at path. */
bool file_exists(const char *path);

/*
 * What file_output would refuse whatever the data is, said before there is
 * any: binary for a terminal (ERR_USAGE), a file that is there (ERR_EXISTS).
 */
int file_output_check(const char *path, bool replace, bool binary,
    struct err *e) MUST_CHECK;

/*
 * An output: path NULL or "-" is standard output, where binary is refused
 * on a terminal (ERR_USAGE); else file_write.
 */
int file_output(const char *path, struct bytes data, mode_t mode, bool replace,
    bool binary, struct err *e) MUST_CHECK;

#endif
