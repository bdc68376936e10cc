/*
 * quorate-enclave-sim: the same with a SIMULATED NSM, for demos and tests.
 *
 * As first process (of a test image, never of the real one) it is told what
 * the NSM would know and who the parent is by the kernel's command line:
 * quorate.pcrN=HEX for PCR0 to PCR4, quorate.parent=CID.
 */
#include <stdio.h>
#include <stdlib.h>

#include "enclave/runtime/options.h"

#define CMDLINE "/proc/cmdline"
#define CMDLINE_MAX 4096
#define LINES_MAX 1024			/* five of 102 bytes */
#define PKI_DIR "/pki"			/* in the test image */
#define PCR_FILE "/run/simulated.pcrs"

static int
open_simulated(const struct enclave_cli *c, struct nsm **out, struct err *e)
{
	const struct nsm_sim_config config = { c->pki_dir, c->pcrs };

	if (c->pki_dir == NULL)
		return err_set(e, ERR_USAGE, "--pki-dir DIR is missing");
	return nsm_sim_open(&config, out, e);
}

/* One word of the command line. */
static void
take(char *word, struct init_config *i, char *lines, size_t room)
{
	char *value = strchr(word, '=');
	size_t n = strlen(lines);

	if (value == NULL)
		return;
	*value++ = '\0';
	if (strcmp(word, "quorate.parent") == 0)
		i->parent.cid = (unsigned)strtoul(value, NULL, 10);
	else if (strncmp(word, "quorate.pcr", 11) == 0)
		snprintf(lines + n, room - n, "%s PCR%s\n", value, word + 11);
}

static int
configure(struct enclave_cli *c, struct init_config *i, struct err *e)
{
	char lines[LINES_MAX] = "", *next;
	struct buf line = { 0 };
	int r;

	if ((r = file_read(CMDLINE, CMDLINE_MAX, &line, e)) != 0)
		return r;
	if (line.n > 0)
		line.p[line.n - 1] = '\0';	/* a newline */
	for (char *w = strtok_r((char *)line.p, " \n", &next); w != NULL;
	    w = strtok_r(NULL, " \n", &next))
		take(w, i, lines, sizeof(lines));
	buf_free(&line);
	i->entropy = NULL;
	c->pki_dir = PKI_DIR;
	c->pcrs = PCR_FILE;
	return file_write(PCR_FILE, bytes_str(lines), 0444, false, e);
}

int
main(int argc, char **argv)
{
	static const struct enclave_program me = { true, open_simulated,
	    configure };

	return enclave_main(&me, argc, argv);
}
