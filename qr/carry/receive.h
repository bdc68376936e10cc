/*
 * The command `receive`.  In quorate it asks for words of the record's
 * origin before it writes.  In quorate-relay it only shows them: that machine
 * is online and trusted by nobody, so a check on it proves nothing, and who
 * is given its files checks them.
 */
#ifndef QR_CARRY_RECEIVE_H
#define QR_CARRY_RECEIVE_H

#include "airgap/cli/cmd.h"

#define RECEIVE_SUMMARY "a record that codes show, from a camera or a film"
#define RECEIVE_NOTES \
	"SOURCE: v4l2:/dev/video0 (\",1920x1080\" behind it asks for a " \
	"size),\npng:FILE, dir:FOLDER, y4m:FILE (- is standard input); " \
	"without one, the first\ncamera.  Codes may come in any order, more " \
	"than once, and some may be missed.\nOn a terminal the picture is " \
	"shown with the code marked; its last line has the\nkeys."

int receive_cmd(struct cmd *c);
int receive_relay_cmd(struct cmd *c);

#endif
