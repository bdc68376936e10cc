/*
 * quorate-image: build, measure, look into and compare enclave images.
 */
#include "enclave/image/commands.h"

static const char build_notes[] =
"Each --ramdisk is a list (NAME.list), a folder, or a ready archive.  The\n"
"first is the system, further ones the application (measured in PCR2).\n"
"Lines of a list: dir PATH MODE, file PATH MODE SOURCE, link PATH TARGET,\n"
"char PATH MODE MAJOR MINOR.\n"
"\n"
"Prints the PCRs of the image as 'measure' does.";

static const char measure_notes[] =
"Prints \"HEX PCRn\" a line: PCR0, PCR1, PCR2, with the options PCR3 and\n"
"PCR4, and PCR8 if the image is signed.  A file whose CRC does not fit, or\n"
"that two loaders could read in two ways, is refused.\n"
"\n"
"--compare names what differs (exit status 1) from \"HEX PCRn\" lines, or\n"
"from an attestation document, which is verified to AWS's root first.";

static const struct command commands[] = {
	{ "build", "", "makes an image: the same inputs, the same bytes",
	    build_notes, image_build_run, NULL },
	{ "measure", "IMAGE", "the PCRs that the enclave will have",
	    measure_notes, image_measure_run, NULL },
	{ "show", "IMAGE", "all that is in an image, down to its files",
	    NULL, image_show_run, NULL },
	{ "diff", "A B", "what differs in two images, file and byte",
	    "exit status 1 if anything differs", image_diff_run, NULL },
	{ "extract", "IMAGE", "its parts as files, or one file of a ramdisk",
	    "Writes kernel, cmdline, metadata.json, ramdisk1.cpio and so on "
	    "into the\nfolder OUT.", image_extract_run, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};

int
main(int argc, char **argv)
{
	static const struct command top = { "quorate-image", "",
	    "builds, measures and compares enclave images (EIF)",
	    "exit status: 0 done, 1 refused or different, 2 usage, 3 input, "
	    "5 system", NULL, commands };

	return cmd_main(&top, argc, argv);
}
