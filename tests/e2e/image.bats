#!/usr/bin/env bats
# shellcheck disable=SC2154 # fixtures: lib.bash
# quorate-image: what it builds, others read; what it measures, others
# compute.

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
