#!/usr/bin/env bats
# The image, booted: kernel, first process, heartbeat, and the whole story
# from an approved manifest to an application that answers, over vsock.  What
# is SIMULATED is the NSM (so the image is another, marked so, with other
# PCRs) and the CID of the parent; kernel, command line, program and
# transport are what a Nitro enclave has.
#
# bats runs each command in a shell of its own and reads $status, $output:
# shellcheck disable=SC2154
# each test is a subshell, and what it sets is for the helpers:
# shellcheck disable=SC2030,SC2031,SC2034

load ../e2e/lib
load ../e2e/ceremony
load ../e2e/online
load boot

app_port=$(free_port)

setup_file() {
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	online_files >/dev/null
	simulated_pki
	simulated_image "$F/SIMULATED"
	cp "$F/SIMULATED.pcrs" "$F/image.pcrs"
	jq -r '.enclave.pcr3 + " PCR3"' "$F/any.json" >"$F/pcr3"
	told "$F/SIMULATED"
	# the same with one byte of one file another
	cp "$programs/image/init-sim" "$F/init-other"
	printf X | dd of="$F/init-other" bs=1 conv=notrunc status=none \
		seek=$(($(stat -c %s "$F/init-other") - 1))
}
setup() { online_begin; }
teardown() {
	if [ -z "$BATS_TEST_COMPLETED" ]; then
		tail -n 30 "$work/machine/console" "$work/machine/"*.log
	fi
	online_end
}

# told IMAGE: what its SIMULATED NSM will say, in IMAGE.nsm
told() { cat "$1.pcrs" "$F/pcr3" >"$1.nsm"; }

# the example application, which needs no library of the image
app() {
	envelope "$1" 2 "$programs/image/hello" --share-hashes \
		--genesis-output "$F/genesis/genesis_output" \
		--bridge "server:$app_port:0.0.0.0" \
		--arg --quorum-key --arg /qos.quorum.key \
		--arg --live-key --arg /qos.ephemeral.key \
		--arg --port --arg "$app_port" "${@:2}"
}

# answers: the application, through bridge and bridge, with both keys
answers() {
	exec 9<>"/dev/tcp/127.0.0.2/$app_port" || return
	echo hello >&9
	timeout 20 head -n 1 <&9 >answer
	exec 9<&-
	[ -s answer ]
}

# provision_machine WHO...: as online's, whose enclave has files to look at
provision_machine() {
	local who
	for who in "$@"; do
		release "rehearsal-$who" >/dev/null &&
			post "rehearsal-$who" >/dev/null || return
	done
	in_phase QuorumKeyProvisioned
}

# without PATTERN FILE
without() {
	if grep -iE -e "$1" "$2"; then
		return 1
	fi
}

@test "an image boots, is attested, takes two shares, and its application answers" {
	app m
	machine "$F/SIMULATED.eif" "$F/SIMULATED.nsm"
	says 'quorate-enclave: first process; file systems are mounted'
	says 'quorate-enclave: heartbeat answered'
	says 'quorate-enclave: SIMULATED: the source of entropy is not checked'
	says 'quorate-enclave: vsock CID 16'
	grep -q 'heartbeat of an enclave answered' "$work/machine/quorate-host.log"
	relay status >out
	grep -qx 'phase     WaitingForBootInstruction' out
	boot
	quorate attestation verify m.doc --kind setup --manifest m \
		--root "$F/pki/root.pem" >/dev/null
	provision_machine alice carol
	wait_long says 'pivot started'
	says "bridge to port $app_port is open"
	wait_long answers
	jq -r .quorumKey answer >q.pub
	same q.pub <(cat "$F/genesis/quorum_key.pub" && echo)
	printf 'hello-example/v1\0hello' | quorate key verify --pub q.pub \
		--signature "$(jq -r .quorumSignature answer)"
	relay attestation -o live.doc
	quorate attestation verify live.doc --kind live --manifest m \
		--root "$F/pki/root.pem" >/dev/null
	without 'kernel panic|oops|bug:|warning:' "$work/machine/console"
	# no key, share or seed is on the console
	sed 's/quorate\.pcr[0-9]=[0-9a-f]*//g' "$work/machine/console" >said
	without '[0-9a-f]{64}' said
}

@test "an application that ends for good ends the machine" {
	restart=never envelope m 1 "$programs/image/hello" --arg --quorum-key \
		--arg /absent
	machine "$F/SIMULATED.eif" "$F/SIMULATED.nsm"
	boot
	provision alice carol || :	# the machine may be gone by then
	wait_long says 'pivot exited with status'
	wait_long gone
	says 'reboot: Restarting system'
}

@test "an image with one byte changed boots, and no operator releases a share to it" {
	MORE=$F/SIMULATED.more "$top/enclave/image/assemble" "$PWD/other" \
		"$F/init-other"
	# one byte of the measured ones, and it is in /init
	run "$image" diff "$F/SIMULATED.eif" other.eif
	[ "$status" -eq 1 ]
	[[ $output == *"  init: "*"first difference at its byte"* ]]
	"$image" extract -o a.parts "$F/SIMULATED.eif" >/dev/null
	"$image" extract -o b.parts other.eif >/dev/null
	cmp a.parts/kernel b.parts/kernel
	cmp a.parts/cmdline b.parts/cmdline
	[ "$(cmp -l a.parts/ramdisk1.cpio b.parts/ramdisk1.cpio | wc -l)" -eq 1 ]
	told other
	app m
	machine "$PWD/other.eif" "$PWD/other.nsm"
	boot
	run release rehearsal-alice
	[ "$status" -eq 1 ]
	want=$(sed -n 's/ PCR0$//p' "$F/SIMULATED.pcrs")
	seen=$(sed -n 's/ PCR0$//p' other.pcrs)
	[[ $output == *"PCR0 is not the manifest's: "*"(the document has \
${seen:0:16}..., the manifest ${want:0:16}...)"* ]]
	[ -z "$(ls m.out)" ]
	relay status >out
	grep -qx 'shares    0 of 3 people posted, 2 needed, 2 to go' out
}

@test "an application in the image runs without being posted, and no other does" {
	simulated_image "$F/with-app" "$programs/image/hello"
	told "$F/with-app"
	# PCR2 is of the application alone
	diff "$F/SIMULATED.pcrs" "$F/with-app.pcrs" >changed || :
	[ "$(grep '^>' changed | cut -d' ' -f3 | tr '\n' ' ')" = "PCR0 PCR2 " ]
	cp "$F/image.pcrs" saved.pcrs
	cp "$F/with-app.pcrs" "$F/image.pcrs"
	app m
	envelope n 1 "$stand/pivot_server" --arg "$said" --arg stay
	cp saved.pcrs "$F/image.pcrs"
	machine "$F/with-app.eif" "$F/with-app.nsm"
	run relay boot --envelope n --pivot "$stand/pivot_server" -o n.doc
	[ "$status" -eq 6 ]
	[[ $output == *"carries its application (PCR2)"* ]]
	relay boot --envelope m -o m.doc
	mkdir -p m.out
	sources=("${sources[@]/$F\/image.pcrs/$F/with-app.pcrs}")
	binary=$programs/image/hello
	provision_machine alice bob
	wait_long answers
}

@test "the real image refuses to run outside Nitro: its entropy is not the NSM's" {
	"$top/enclave/image/assemble" "$F/real" "$programs/image/init"
	"$image" extract -o parts "$F/real.eif" >/dev/null
	timeout 120 qemu-system-x86_64 -M microvm,acpi=off -m 256 -accel tcg \
		-cpu max -nodefaults -no-user-config -display none -no-reboot \
		-serial file:said -kernel parts/kernel \
		-initrd parts/ramdisk1.cpio -append "$(cat parts/cmdline)"
	grep -q 'no heartbeat: ' said
	grep -q 'the kernel.s source of entropy is "none", not nsm-hwrng' said
	grep -q 'reboot: Restarting system' said
	without 'ready' said
}
