/*
 * The command `send`, the same in quorate and quorate-relay.
 */
#ifndef QR_CARRY_SEND_H
#define QR_CARRY_SEND_H

#include "airgap/cli/cmd.h"

#define SEND_SUMMARY "records as codes, for a camera or on paper"
#define SEND_NOTES \
	"What a file is, it says itself.  Files that make one record go " \
	"together (a\ndocument and its envelope; a release and its share); " \
	"others are shown one after\nthe other, the key n is the next.  " \
	"Nothing secret is ever sent: shares are\nsealed.  Each code is " \
	"read back before it is shown or written.  The receiver\ncompares " \
	"the twelve words with those of the place where the record was " \
	"made,\non paper."

int send_cmd(struct cmd *c);

#endif
