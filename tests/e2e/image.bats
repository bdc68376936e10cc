#!/usr/bin/env bats
# shellcheck disable=SC2154 # fixtures: lib.bash
# quorate-image: what it builds, others read; what it measures, others
# compute.

bats_require_minimum_version 1.5.0
load lib
load image

setup() {
	begin_image
	bzimage bz
	small_system
}

teardown() {
	end
}

@test "build: cpio lists the ramdisk as the list has it, owner and time zero" {
	build one.eif >/dev/null
	section one.eif 3 >archive
	[ "$(($(stat -c %s archive) % 512))" -eq 0 ]
	TZ=UTC cpio -tvn --quiet <archive >listed
	diff - listed <<-'EOF'
	drwxr-xr-x   1 0        0               0 Jan  1  1970 dev
	crw-------   1 0        0          5,   1 Jan  1  1970 dev/console
	drwxr-x---   1 0        0               0 Jan  1  1970 etc
	-rw-------   1 0        0               4 Jan  1  1970 etc/note
	lrwxrwxrwx   1 0        0               5 Jan  1  1970 etc/start -> /init
	-rwxr-xr-x   1 0        0               4 Jan  1  1970 init
	EOF
	cpio -i --quiet --to-stdout init etc/note <archive >content
	[ "$(cat content)" = noteinit ]
}

@test "build: kernel and command line are in the image byte for byte" {
	build one.eif >/dev/null
	section one.eif 1 | cmp - bz
	[ "$(section one.eif 2 | xxd -p)" = \
		"$(printf 'console=ttyS0 panic=1' | xxd -p)" ]
	section one.eif 5 | jq -e '.BuildMetadata.BuildTime ==
		"1970-01-01T00:00:00Z" and .ImageName == "quorate" and
		has("DockerInfo") and has("CustomMetadata")'
}

@test "measure: the PCRs are those that sha384sum computes" {
	mkdir app
	echo application >app/run
	build two.eif --ramdisk app >built.pcrs
	quorate-image measure two.eif >two.pcrs
	cmp built.pcrs two.pcrs
	all() { section two.eif 1; section two.eif 2; section two.eif 3; }
	r1=$((0x$(xxd -p -s $((284 + 24)) -l 8 two.eif)))
	boot() {
		section two.eif 1
		section two.eif 2
		section two.eif 3 | head -c "$r1"
	}
	app() { section two.eif 3 | tail -c +$((r1 + 1)); }
	diff - two.pcrs <<-EOF
	$(pcr all) PCR0
	$(pcr boot) PCR1
	$(pcr app) PCR2
	EOF
}

@test "the images of others have the PCRs and CRCs written with them" {
	[ -e "$fixtures/eif/INDEX.md" ] || skip "no fixtures"
	n=0
	while read -r file crc; do
		quorate-image measure "$fixtures/eif/$file" >got
		# the three lines below the file's own
		# shellcheck disable=SC2016 # the backquotes are in the file
		grep -F -A3 "## $file " "$fixtures/eif/INDEX.md" |
			sed -n 's/^- \(PCR.\) `\(.*\)`$/\2 \1/p' >want
		[ "$(wc -l <want)" -eq 3 ]
		diff want got
		quorate-image measure --json "$fixtures/eif/$file" |
			jq -e --arg crc "$crc" '.crc32 == $crc'
		n=$((n + 1))
	done < <(sed -n 's/^## \(.*\.eif\) (.* crc32 \(.*\))$/\1 \2/p' \
		"$fixtures/eif/INDEX.md")
	[ "$n" -eq 3 ]
	fails 3 "bad_crc.eif: byte 544: the CRC is" -- \
		quorate-image measure "$fixtures/eif/bad_crc.eif"
}

# world TZ UMASK FOLDER: the same system and kernel, listed in another order,
# with other times, of another owner where root runs this; its image
world() {
	(
		umask "$2"
		mkdir -p "$3"
		cd "$3" || return
		bzimage bz
		mkdir src tree tree/b tree/a
		printf 2 >tree/b/two
		printf 1 >tree/a/one
		ln -s ../a/one tree/b/link
		chmod u+x tree/a/one
		printf 'note' >src/note
		printf 'init' >src/init
		shuf --random-source=<(yes "$3") "$work/t/system.list" >system.list
		TZ=$1 touch -d '2001-02-03 04:05:06' src/* tree/a tree/b/*
		if [ "$(id -u)" -eq 0 ] && [ "$3" != here ]; then
			chown -R nobody src tree bz
		fi
		TZ=$1 LC_ALL=C.UTF-8 build out.eif --ramdisk tree
	)
}

@test "build: order, owner, umask, time, zone and folder change no byte" {
	world UTC 022 here >one.pcrs
	world Asia/Kathmandu 077 another-folder/with.a.longer-name >two.pcrs
	cmp here/out.eif another-folder/with.a.longer-name/out.eif
	cmp one.pcrs two.pcrs
	# the control: one mode more is another image
	chmod u+x here/tree/b/two
	cd here
	build out.eif --ramdisk tree --force >three.pcrs
	run -1 cmp -s ../one.pcrs three.pcrs
}

@test "build, measure, diff, extract: memory does not grow with the image" {
	truncate -s 160M large
	printf 0707 >>large
	small() { prlimit --as=64000000 quorate-image "$@"; }
	small build --kernel bz --cmdline c --ramdisk large -o large.eif >pcrs
	small measure large.eif | cmp - pcrs
	small show large.eif | grep -q 'no archive'
	printf x | dd of=large bs=1 seek=100000000 conv=notrunc status=none
	small build --kernel bz --cmdline c --ramdisk large -o other.eif >pcrs
	run -1 small diff large.eif other.eif
	[[ $output == *"first difference at its byte 100000000 "* ]]
	small extract large.eif -o parts
	[ "$(stat -c %s parts/ramdisk1.cpio)" -eq $((160 * 1048576 + 512)) ]
}

@test "build: what cannot be built is refused, and nothing is left behind" {
	b() { quorate-image build --kernel bz --cmdline c --below src "$@"; }
	printf 'file init 0755 none\n' >x.list
	fails 3 "cannot open src/none" -- b --ramdisk x.list -o x.eif
	printf 'file a/init 0755 init\n' >x.list
	fails 3 "a/init is in no folder" -- b --ramdisk x.list -o x.eif
	printf 'dir a 0755\nfile a 0755 init\n' >x.list
	fails 3 "a is there twice" -- b --ramdisk x.list -o x.eif
	printf 'file TRAILER!!! 0644 note\n' >x.list
	fails 3 "ends an archive" -- b --ramdisk x.list -o x.eif
	printf '\n\ndir /a 0755\n' >x.list
	fails 3 "x.list: line 3: the path" -- b --ramdisk x.list -o x.eif
	printf 'dir a/../b 0755\n' >x.list
	fails 3 "line 1: the path" -- b --ramdisk x.list -o x.eif
	printf 'dir a 0789\n' >x.list
	fails 3 "line 1: word 3 is no number in base 8" -- \
		b --ramdisk x.list -o x.eif
	printf 'dir a 017777\n' >x.list
	fails 3 "line 1: word 3 is too large" -- b --ramdisk x.list -o x.eif
	printf 'dir a\n' >x.list
	fails 3 "line 1: not dir PATH MODE" -- b --ramdisk x.list -o x.eif
	printf 'block a 0600 1 1\n' >x.list
	fails 3 "none of dir, file, link, char" -- \
		b --ramdisk x.list -o x.eif
	: >x.list
	fails 3 "nothing for a ramdisk" -- b --ramdisk x.list -o x.eif
	mkfifo src/pipe
	fails 3 "device, pipe or socket" -- b --ramdisk src -o x.eif
	rm src/pipe
	fails 3 "init is no bzImage" -- quorate-image build --kernel src/init \
		--cmdline c --ramdisk src -o x.eif
	fails 2 "control character" -- quorate-image build --kernel bz \
		--cmdline $'a\nb' --ramdisk src -o x.eif
	fails 2 "an option is missing: -o FILE" -- b --ramdisk src
	fails 2 "an option is missing: --ramdisk WHAT" -- b -o x.eif
	echo old >x.eif
	fails 1 "x.eif is there already" -- b --ramdisk src -o x.eif
	[ "$(cat x.eif)" = old ]
	[ -z "$(find . -name '.*tmp*')" ]
}

@test "show: sections, files with mode and SHA-256, command line, CRC" {
	build one.eif >pcrs
	quorate-image show one.eif >shown
	grep -q "CRC-32 $(xxd -p -s 544 -l 4 one.eif), " shown
	grep -qx '  console=ttyS0 panic=1' shown
	grep -qx '  crw------- 0:0       5:1  dev/console' shown
	grep -qx '  lrwxrwxrwx 0:0         5  etc/start -> /init' shown
	grep -A1 -- '-rwxr-xr-x 0:0 .* init$' shown |
		grep -q "SHA-256 $(sha256sum <src/init | head -c 64)\$"
	grep -A1 '^kernel .*3518 bytes from byte 560$' shown |
		grep -q "SHA-256 $(sha256sum <bz | head -c 64)\$"
	tail -n 3 shown | cmp - pcrs
}

@test "diff: names the section, the file and the byte" {
	build a.eif >/dev/null
	run -0 quorate-image diff a.eif a.eif
	[ "$output" = "the two images are the same, byte for byte" ]
	printf 'nots' >src/note
	chmod 0755 src/init
	sed -i 's/etc 0750/etc 0755/; /^link/d' system.list
	build b.eif --ramdisk src --name other >/dev/null
	run -1 quorate-image diff a.eif b.eif
	[[ $output == *"  etc/note: 4 and 4 bytes; first difference at its byte 3 "* ]]
	[[ $output == *"  etc: mode drwxr-x--- and drwxr-xr-x"* ]]
	[[ $output == *"  etc/start: only in a"* ]]
	[[ $output == *"ramdisk 2: only in b"* ]]
	[[ $output == *"metadata: "*"(not measured)"* ]]
	[[ $output == *"PCR0: DIFFERENT"* ]]
	# the byte of a is where it says
	at=$(sed -n 's/.*etc\/note.*(a: \([0-9]*\), b.*/\1/p' <<<"$output")
	[ "$(xxd -p -s "$at" -l 1 a.eif)" = "$(printf e | xxd -p)" ]
	# metadata alone: other bytes, the same PCRs
	build c.eif >/dev/null
	build d.eif --name other >/dev/null
	run -1 quorate-image diff c.eif d.eif
	[ "$(grep -c 'PCR.: the same' <<<"$output")" -eq 3 ]
}

@test "extract: the parts are those that went in; one file by its name" {
	build one.eif --ramdisk src >/dev/null
	quorate-image extract one.eif -o parts
	cmp parts/kernel bz
	[ "$(cat parts/cmdline)" = "console=ttyS0 panic=1" ]
	[ "$(ls parts)" = "$(printf '%s\n' cmdline kernel metadata.json \
		ramdisk1.cpio ramdisk2.cpio)" ]
	# built again from its parts: the same image
	quorate-image build --kernel parts/kernel \
		--cmdline "$(cat parts/cmdline)" --ramdisk parts/ramdisk1.cpio \
		--ramdisk parts/ramdisk2.cpio -o again.eif >/dev/null
	cmp one.eif again.eif
	quorate-image extract one.eif --file etc/note -o note
	[ "$(cat note)" = note ]
	quorate-image extract one.eif --ramdisk 2 --file init -o init
	cmp init src/init
	fails 3 "no file etc/none" -- \
		quorate-image extract one.eif --file etc/none -o x
	fails 3 "no file etc/start" -- \
		quorate-image extract one.eif --file etc/start -o x
	fails 3 "no ramdisk 3" -- \
		quorate-image extract one.eif --ramdisk 3 --file init -o x
	fails 1 "is there already" -- quorate-image extract one.eif -o parts
}

@test "extract and show: a hostile archive writes no file and no escape" {
	mkdir evil
	printf 'x' >evil/AAAAAAAAAA
	build one.eif --ramdisk evil >/dev/null
	sed 's|AAAAAAAAAA|../../evil|' one.eif >two.eif
	run -3 quorate-image show two.eif # the CRC
	quorate-image extract one.eif -o parts
	sed -i 's|AAAAAAAAAA|../../evil|' parts/ramdisk2.cpio
	build three.eif --ramdisk parts/ramdisk2.cpio >/dev/null
	quorate-image extract three.eif --file ../../evil --ramdisk 2 -o got
	[ "$(cat got)" = x ]
	[ ! -e ../../evil ] && [ ! -e ../evil ]
	sed -i $'s|../../evil|..\x1b[31mevi|' parts/ramdisk2.cpio
	build four.eif --ramdisk parts/ramdisk2.cpio >/dev/null
	quorate-image show four.eif >shown
	grep -qF '..\x1b[31mevi' shown
}

@test "compare: a release file; what differs is named, exit 1" {
	build one.eif >one.pcrs
	run -0 quorate-image measure one.eif --compare one.pcrs
	[ "${lines[-1]}" = "the same image" ]
	[ "$(grep -c 'the same (' <<<"$output")" -eq 3 ]
	mkdir app
	echo application >app/run
	build two.eif --ramdisk app >two.pcrs
	run -1 --separate-stderr quorate-image measure one.eif \
		--compare two.pcrs
	[[ $output == *"PCR0  DIFFERENT"*"PCR1  the same"*"PCR2  DIFFERENT"* ]]
	[[ $output == *"$(head -c 48 two.pcrs)"* ]]
	[[ $stderr == *"one.eif is not the image of two.pcrs"* ]]
	# QOS's own lines, and the parent's
	arn=arn:aws:iam::123456789012:role/enclave
	quorate-image measure one.eif --role-arn $arn \
		--instance-id i-0abcdef0123456789 >five.pcrs
	[ "$(wc -l <five.pcrs)" -eq 5 ]
	[ "$(sed -n 's/ PCR3//p' five.pcrs)" = "$({
		head -c 48 /dev/zero
		printf %s $arn
	} | sha384sum | head -c 96)" ]
	run -0 quorate-image measure one.eif --compare five.pcrs
	[[ $output == *"PCR3  not compared: only the other side has it"* ]]
	run -1 quorate-image measure one.eif --compare five.pcrs \
		--role-arn ${arn}2
	[[ $output == *"PCR3  DIFFERENT"* ]]
	head -n 2 one.pcrs >short.pcrs
	fails 3 "short.pcrs has no PCR2" -- \
		quorate-image measure one.eif --compare short.pcrs
	cat one.pcrs one.pcrs >twice.pcrs
	fails 3 "twice.pcrs: line 4" -- \
		quorate-image measure one.eif --compare twice.pcrs
	fails 2 "--role-arn is the ARN" -- quorate-image measure one.eif \
		--role-arn arn:aws:iam::1:instance-profile/x
	fails 2 "--instance-id is the id" -- quorate-image measure one.eif \
		--instance-id i-0abc-enc1
}

@test "compare: AWS's own documents verify first, and are of other images" {
	[ -d "$fixtures/attestation" ] || skip "no fixtures"
	doc=$fixtures/attestation/aws_20250916_b1086cbb.cbor
	build one.eif >/dev/null
	run -1 --separate-stderr quorate-image measure one.eif --compare "$doc" \
		--at 1758057950
	[[ $output == *"verified to the pinned AWS root, AS OF 2025-09-16"* ]]
	[[ $output == *"PCR0  DIFFERENT"* ]]
	[[ $stderr == *"is not the image of"* ]]
	# it has expired; a changed one is none
	fails 1 "(cert-expired): " -- \
		quorate-image measure one.eif --compare "$doc"
	{ head -c 2000 "$doc"; printf x; tail -c +2002 "$doc"; } >changed
	fails 1 "nor an attestation document that verifies" -- \
		quorate-image measure one.eif --compare changed --at 1758057950
	fails 3 "nor an attestation document that verifies" -- \
		quorate-image measure one.eif --compare bz
}

@test "PCR4 of the instance that a document names is the document's" {
	[ -d "$fixtures/attestation" ] || skip "no fixtures"
	build one.eif >/dev/null
	n=0
	for doc in "$fixtures"/attestation/aws_*.cbor; do
		id=$(grep -aoE 'i-[0-9a-f]{17}-enc' "$doc" | head -n 1)
		[ -n "$id" ] || continue
		hex=$(quorate-image measure one.eif --instance-id "${id%-enc}" |
			sed -n 's/ PCR4$//p')
		xxd -p "$doc" | tr -d '\n' | grep -q "$hex"
		n=$((n + 1))
	done
	[ "$n" -ge 10 ]
}
