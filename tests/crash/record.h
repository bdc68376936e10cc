/*
 * The log between record_preload.c and its readers: a header, then path a,
 * path b and the data.
 */
#ifndef TESTS_CRASH_RECORD_H
#define TESTS_CRASH_RECORD_H

#include <stdint.h>

enum record_kind {
	R_OPEN = 1,	/* a; fd, flags */
	R_CLOSE,	/* fd */
	R_WRITE,	/* fd, data */
	R_SYNC,		/* fd */
	R_MODE,		/* fd or a */
	R_MKDIR,	/* a */
	R_RMDIR,	/* a */
	R_RENAME,	/* a, b */
	R_LINK,		/* a, b */
	R_UNLINK,	/* a */
	R_TRUNCATE,	/* fd or a: nothing of ours does it */
	R_FAULT,	/* the fault was made here; a names the call */
};

struct record {
	uint32_t kind;
	int32_t fd;
	uint32_t flags;		/* of open; bit 31: it made the file */
	uint32_t a, b, data;	/* lengths */
};

#define R_CREATED 0x80000000U

/*
 * Environment of the recorder: RECORD_LOG, a file that is appended to;
 * FAULT_AT, the number (from 0) of the call that fails; FAULT_ERRNO;
 * FAULT_STAYS=1, all later ones too; NO_RENAMEAT2=1, a kernel or file system
 * without it.
 */

#endif
