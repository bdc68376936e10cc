/*
 * What memory_preload.c tells the tracer: it makes a system call that does
 * nothing, prctl(MARK, where, 0, 0, 0), so that it stops there.
 */
#ifndef TESTS_CRASH_MARK_H
#define TESTS_CRASH_MARK_H

#define MARK 0x51554f52

/*
 * Environment: RANDOM_SEED makes randombytes_buf repeat itself; RANDOM_LOG,
 * a file that gets what it gave, as records of a length byte and the bytes.
 * PLANT puts a copy of the first 32 random bytes where none may be: "heap",
 * "static", "stack" (below the live part), "hex", "HEX", "base64",
 * "reversed", "half" (16 bytes of it); "nothing" is nowhere.
 */

#endif
