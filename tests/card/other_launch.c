/*
 * Another program at the card, as a real one could be: gpg's scdaemon,
 * a browser, ykman.
 *
 *	other_launch READER exclusive    nobody else may connect
 *	other_launch READER transaction  nobody else may speak
 *	other_launch READER reset        resets the card and ends
 *
 * The first two print "held" and hold it until standard input ends.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <winscard.h>

int
main(int argc, char **argv)
{
	DWORD protocol;
	SCARDCONTEXT context;
	SCARDHANDLE card;
	char b;

	if (argc != 3) {
		fputs("usage: other_launch READER WHAT\n", stderr);
		return 2;
	}
	if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL,
	    &context) != SCARD_S_SUCCESS ||
	    SCardConnect(context, argv[1], strcmp(argv[2], "exclusive") == 0 ?
	    SCARD_SHARE_EXCLUSIVE : SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1,
	    &card, &protocol) != SCARD_S_SUCCESS)
		return 1;
	if (strcmp(argv[2], "transaction") == 0 &&
	    SCardBeginTransaction(card) != SCARD_S_SUCCESS)
		return 1;
	if (strcmp(argv[2], "reset") != 0) {
		puts("held");
		fflush(stdout);
		while (read(STDIN_FILENO, &b, 1) > 0)
			continue;
	}
	SCardDisconnect(card, SCARD_RESET_CARD);
	return 0;
}
