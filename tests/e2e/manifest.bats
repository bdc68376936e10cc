#!/usr/bin/env bats
# The manifest flow as operators run it: new, show, hash, approve, assemble,
# check; the real program, every refusal with its status and no output file.
#
# bats runs each command in a shell of its own and reads $status, $output:
# shellcheck disable=SC2154,SC2030,SC2031

bats_require_minimum_version 1.5.0
load lib

arn=arn:aws:iam::123456789012:role/Webserver

# three persons; the quorum key of another seed; all sources in one folder
setup() {
	begin
	mkdir set one
	for who in alice bob carol; do
		quorate key generate -o $who.secret --pub set/$who.pub
	done
	echo 2 >set/quorum_threshold
	quorate key generate -o quorum.secret --pub quorum.pub
	rm quorum.secret
	for i in 0 1 2; do
		printf '%096d PCR%d\n' "$((i + 1))" "$i"
	done >pcrs
	echo $arn >arn
	echo the application >app
	sha256sum app | cut -c1-64 >app.hash
	sources=(--manifest-set set --share-set set --patch-set set
		--pcrs pcrs --role-arn-file arn --pivot-hash app.hash
		--quorum-key quorum.pub)
	identity=(--namespace team/app --nonce 7 --restart never)
}
teardown() { end; }

new() { quorate manifest new "${identity[@]}" "${sources[@]}" "$@"; }
new2() { new --manifest-version 2 "$@"; }
drop_patch() {
	sources=("${sources[@]:0:4}" "${sources[@]:6}")
}

# approve WHO MANIFEST [OPTIONS...], yes to everything
approve() {
	local who=$1 manifest=$2
	shift 2
	yes yes | quorate manifest approve "$manifest" --key "$who.secret" \
		--alias "$who" "${sources[@]}" "$@"
}

# an envelope of m, approved by two
assembled() {
	new -o m 2>/dev/null
	for who in alice bob; do
		approve $who m >/dev/null 2>&1
	done
	quorate manifest assemble m --approvals . 2>/dev/null
}

# an edit of a JSON file by a jq program
edit() { jq -c "$2" "$1" >"$1.new" && mv "$1.new" "$1"; }

# --- new

@test "manifest new gives QOS's V1 form, with its hash and mode told" {
	new --arg --flag --arg "a b" --bridge server:3000:0.0.0.0 -o m \
		>out 2>err
	[ ! -s out ]
	grep -qF "manifest v1, mode production, hash" err
	grep -qF "was not compared with the k of the genesis" err
	[ "$(mode m)" = 644 ]
	[ "$(jq -c 'keys_unsorted' m)" = '["namespace","pivot","manifestSet","shareSet","enclave","patchSet"]' ]
	[ "$(jq -c '.pivot | del(.hash)' m)" = '{"restart":"Never","bridgeConfig":[{"type":"server","port":3000,"host":"0.0.0.0"}],"debugMode":false,"args":["--flag","a b"]}' ]
	[ "$(jq -r .pivot.hash m)" = "$(cat app.hash)" ]
	[ "$(jq -r '.enclave.awsRootCertificate' m | xxd -r -p |
		sha256sum | cut -c1-16)" = 641a0321a3e244ef ]
	[ "$(jq -c '[.shareSet.members[].alias]' m)" = \
		'["alice","bob","carol"]' ]
	new --arg --flag --arg "a b" --bridge server:3000:0.0.0.0 \
		2>/dev/null | cmp - m
}

@test "the application and its hash are the same source" {
	new -o m
	sources=("${sources[@]/--pivot-hash/--pivot}")
	sources=("${sources[@]/app.hash/app}")
	new 2>/dev/null | cmp - m
}

@test "manifest new gives V2 with environment and DNS in canonical form" {
	drop_patch
	printf '# a comment\n\nFROM_FILE=a=b\r\n' >env.txt
	new2 --env B=2 --env A= --env-file env.txt --dns 1.1.1.1 \
		--dns 2606:4700:4700:0:0:0:0:1111 -o m
	[ "$(jq -c .pivot.env m)" = '{"A":{"plain":{"value":""}},"B":{"plain":{"value":"2"}},"FROM_FILE":{"plain":{"value":"a=b"}}}' ]
	[ "$(jq -c .dns m)" = \
		'{"resolvers":["1.1.1.1","2606:4700:4700::1111"]}' ]
	quorate json canonical m | cmp - m
	[ "$(quorate manifest hash m)" = "$(sha256sum m | cut -c1-64)" ]
	new2 --dns-none -o none
	[ "$(jq -c .dns none)" = '{"resolvers":[]}' ]
}

@test "what a version does not have is refused, not dropped" {
	fails 2 "a V2 manifest has no patch set" -- new2
	for o in "--env A=1" "--env-file env.txt" "--dns 1.1.1.1" --dns-none; do
		# shellcheck disable=SC2086 # an option and its value
		fails 2 "need --manifest-version 2" -- new $o
	done
	fails 2 "--manifest-version is 1 or 2" -- new --manifest-version 0
	drop_patch
	fails 2 "missing: --patch-set" -- new
	fails 2 "exclude each other" -- new2 --dns 1.1.1.1 --dns-none
	fails 2 "--share-hashes needs" -- new2 --share-hashes
}

@test "manifest new names the option that is missing" {
	local i
	for i in 0 2 4 6 8 10 12; do
		[ $i -eq 4 ] || fails 2 "missing: ${sources[$i]%%-hash}" -- \
			quorate manifest new "${identity[@]}" \
			"${sources[@]:0:$i}" "${sources[@]:$((i + 2))}"
	done
	fails 2 "missing: --namespace" -- quorate manifest new
	fails 2 "missing: --nonce" -- quorate manifest new --namespace a
	fails 2 "missing: --restart" -- \
		quorate manifest new --namespace a --nonce 0
}

@test "manifest new refuses values that no manifest can hold" {
	fails 2 "--nonce is at most 4294967295" -- quorate manifest new \
		--namespace a --nonce 4294967296 --restart never \
		"${sources[@]}"
	fails 2 "never or always" -- quorate manifest new \
		--namespace a --nonce 1 --restart often "${sources[@]}"
	fails 2 "--arg 1 is not UTF-8" -- new --arg $'\xff'
	fails 2 "not server:PORT:HOST" -- new --bridge server:0:a
	fails 2 "not server:PORT:HOST" -- new --bridge server:65536:a
	fails 2 "not server:PORT:HOST" -- new --bridge server:1:
	fails 1 "not supported" -- new --bridge client:443
	echo '[{"type":"client","port":443}]' >b.json
	fails 1 "not supported" -- new --bridge b.json
	echo '[{"type":"server"}]' >b.json
	fails 3 "b.json" -- new --bridge b.json
	fails 1 "port 80 is there twice" -- \
		new --bridge server:80:0.0.0.0 --bridge server:80:127.0.0.1
	drop_patch
	fails 3 "not NAME=VALUE" -- new2 --env A
	fails 3 "A-Za-z" -- new2 --env 1A=x
	fails 3 "given twice" -- new2 --env A=1 --env A=2
	fails 3 "--dns" -- new2 --dns 1.1.1.01
	fails 2 "--namespace" -- quorate manifest new --namespace $'a\nb' \
		--nonce 1 --restart never "${sources[@]}" --patch-set set
}

@test "thresholds that cannot work are refused" {
	local t
	cp set/*.pub one/
	for t in 0 4; do
		echo $t >one/quorum_threshold
		fails 1 "manifest set: threshold $t of 3" -- quorate manifest \
			new "${identity[@]}" --manifest-set one \
			"${sources[@]:2}"
	done
	for t in 0 1 4; do
		echo $t >one/quorum_threshold
		fails 1 "share set: threshold $t of 3" -- quorate manifest \
			new "${identity[@]}" --share-set one \
			"${sources[@]:0:2}" "${sources[@]:4}"
	done
	echo 1 >one/quorum_threshold
	quorate manifest new "${identity[@]}" --manifest-set one \
		"${sources[@]:2}" >/dev/null
	cp set/alice.pub one/alias2.pub
	fails 1 "share a key" -- quorate manifest new "${identity[@]}" \
		--manifest-set one "${sources[@]:2}"
}

@test "a rehearsal is marked everywhere or nowhere" {
	fails 1 "must begin with 'rehearsal-'" -- quorate manifest new \
		--namespace REHEARSAL/a --nonce 1 --restart never \
		"${sources[@]}"
	for who in alice bob carol; do
		mv set/$who.pub set/rehearsal-$who.pub
	done
	fails 1 "the mode is production" -- new
	identity[1]=REHEARSAL/a
	new -o m 2>err
	grep -qF "mode rehearsal" err
	quorate manifest show m | grep -qF "*** REHEARSAL ***"
}

@test "an output is replaced with --force only" {
	echo mine >m
	fails 1 "m is there already" -- new -o m
	new -o m --force
	quorate manifest hash m
}

@test "QOS's files: a manifest must fit the genesis of its quorum key" {
	need_fixtures
	local g=$mock/boot-e2e/genesis-dir/genesis_output
	local q=$mock/namespaces/quit-coding-to-vape/quorum_key.pub
	local qos=(--manifest-set set --patch-set set --pcrs pcrs
		--role-arn-file arn --pivot app --genesis-output "$g")
	fits() { quorate manifest new "${identity[@]}" "${qos[@]}" "$@"; }
	cp -r "$mock/keys/share-set" holders
	fits --share-set holders --quorum-key "$q" -o m 2>err
	run ! grep "not compared" err
	fails 1 "another quorum key" -- \
		fits --share-set holders --quorum-key quorum.pub
	echo 3 >holders/quorum_threshold
	fails 1 "the genesis dealt shares for k = 2" -- \
		fits --share-set holders --quorum-key "$q"
	echo 2 >holders/quorum_threshold
	cp set/alice.pub holders/user3.pub
	fails 1 '"user3" got no share under this key' -- \
		fits --share-set holders --quorum-key "$q"
	rm holders/user3.pub
	fits --share-set holders --quorum-key "$q" 2>&1 >/dev/null |
		grep -F "1 of the 3 who got a share are not in the share set"
}

@test "QOS's files: share hashes go into the environment, in set order" {
	need_fixtures
	local want='' u
	drop_patch
	for u in 1 2 3; do
		quorate key decrypt --key "$personal/user$u-dir/user$u.secret" \
			-o share "$personal/user$u-dir/user$u.share" \
			2>/dev/null
		want=$want,$(sha512sum share | cut -c1-128)
		rm share
	done
	quorate manifest new --manifest-version 2 "${identity[@]}" \
		--manifest-set set --pcrs pcrs --role-arn-file arn \
		--pivot app --share-set "$mock/keys/share-set" --quorum-key \
		"$mock/namespaces/quit-coding-to-vape/quorum_key.pub" \
		--genesis-output "$mock/boot-e2e/genesis-dir/genesis_output" \
		--share-hashes -o m
	[ "$(jq -r .pivot.env.QUORATE_SHARE_HASHES.plain.value m)" = \
		"${want:1}" ]
}

# --- hash and show

@test "manifest hash gives the recorded hash of every version and form" {
	local n v=$top/tests/data/manifest.json
	for n in "stable borsh ManifestV0" "stable borsh Manifest (V1)"; do
		jq -j --arg n "$n" '.vectors[] | select(.name == $n) | .json' \
			"$v" >m.json
		jq -j --arg n "$n" '.vectors[] | select(.name == $n) | .borsh' \
			"$v" | xxd -r -p >m.borsh
		want=$(jq -r --arg n "$n" '.vectors[] | select(.name == $n) |
			.borsh_sha256' "$v")
		[ "$(quorate manifest hash m.json)" = "$want" ]
		[ "$(quorate manifest hash m.borsh)" = "$want" ]
		[ "$(quorate manifest hash <m.borsh)" = "$want" ]
	done
	jq -j '.vectors[] | select(.canonical_json_is_storage_form) |
		.canonical_json_is_storage_form, "\n"' "$v" >v2
	while read -r line; do
		printf %s "$line" >m.json
		quorate manifest hash m.json
	done <v2 | cmp - <(jq -r '.vectors[] |
		select(.canonical_json_is_storage_form) | .manifest_hash' "$v")
	jq -j '.vectors[] | select(.error == "ambiguous borsh encoding") |
		.borsh' "$v" | xxd -r -p >m
	fails 3 "ambiguous borsh encoding" -- quorate manifest hash m
	fails 3 "none" -- quorate manifest hash none
	: >m
	fails 3 "m: not a" -- quorate manifest hash m
}

@test "manifest hash is the same of a manifest and of its envelope" {
	assembled
	[ "$(quorate manifest hash m)" = \
		"$(quorate manifest hash manifest_envelope)" ]
}

@test "manifest show shows everything that is signed" {
	drop_patch
	new2 --arg one --bridge server:80:0.0.0.0 --env NAME=value \
		--dns 9.9.9.9 --debug-mode -o m
	quorate manifest show m >out
	local what
	for what in 'manifest v2' '"team/app"' 'nonce           7' \
		'restart         never' 'debug mode      ON: WARNING' \
		'  1 "one"' '1 server, port 80' 'host "0.0.0.0"' '"NAME"' \
		'= "value"' '"9.9.9.9"' 'manifest set    2 of 3' \
		'share set       2 of 3' '"alice"' '"bob"' '"carol"' \
		'the pinned AWS Nitro Root-G1' 'QOS commit      ""' \
		'rules           all hold'; do
		grep -qF -e "$what" out
	done
	for f in quorum.pub set/alice.pub set/bob.pub set/carol.pub; do
		grep -qF "$(xxd -r -p $f | sha256sum | cut -c1-32 |
			fold -w 8 | paste -sd ' ')" out
	done
	# every byte of hash, key, pivot hash and PCRs, in groups
	tr -d ' \n' <out >flat
	for what in "$(quorate manifest hash m)" "$(cat quorum.pub)" \
		"$(cat app.hash)" "$(printf '%096d' 1)" \
		"$(printf '%096d' 2)" "$(printf '%096d' 3)" \
		"$(jq -r .enclave.pcr3 m)"; do
		grep -qF "$what" flat
	done
	run ! grep -E '.{81}' out
}

@test "manifest show --json holds the same in one object" {
	assembled
	quorate manifest show --json manifest_envelope >out
	[ "$(jq -c '[.kind, .version, .mode, .namespace.nonce, .rulesHold,
		.shareSet.threshold, .enclave.awsRootPinned]' out)" = \
		'["envelope","v1","production",7,true,2,true]' ]
	[ "$(jq -r .hash out)" = "$(quorate manifest hash m)" ]
	[ "$(jq -c '[.manifestSetApprovals[] | [.alias, .valid, .problem]]' \
		out)" = '[["alice",true,null],["bob",true,null]]' ]
	edit manifest_envelope '.manifestSetApprovals[1].member.alias="eve"'
	quorate manifest show --json manifest_envelope >out
	[ "$(jq -c '[.manifestSetApprovals[].valid]' out)" = '[true,false]' ]
}

@test "manifest show reads V0 and says what breaks the rules" {
	jq -j '.vectors[] | select(.name == "stable borsh ManifestEnvelopeV0") |
		.borsh' "$top/tests/data/manifest.json" | xxd -r -p >m
	quorate manifest show m >out
	grep -qF "manifest envelope v0" out
	grep -qF "rules           BROKEN: namespace.quorumKey" out
	grep -qF "    BAD: approval of" out
	run ! grep -q "debug mode" out
}

@test "a hostile text cannot forge a line, an order or a screen" {
	new -o m
	local bad='x\n\u001b[2Jmode            production\u202e\u2066\u0085\u200b'
	edit m '.namespace.name="'"$bad"'" | .pivot.args=["'"$bad"'","a\" \"b",
		(" " * 300 + "share set")] | .enclave.qosCommit="'"$bad"'" |
		.shareSet.members[0].alias="'"$bad"'" |
		.pivot.bridgeConfig=[{"type":"server","port":1,"host":"'"$bad"'"}]'
	quorate manifest show m >out
	[ "$(LC_ALL=C tr -d '\n -~' <out | wc -c)" -eq 0 ]
	[ "$(grep -c '^mode ' out)" -eq 1 ]
	[ "$(grep -c '^share set' out)" -eq 1 ]
	grep -qF '"x\x0a\x1b[2Jmode' out
	grep -qF '2 "a\" \"b"' out
	run ! grep -E '.{81}' out
	quorate manifest show --json m >out
	[ "$(LC_ALL=C tr -d '\n -~' <out | wc -c)" -eq 0 ]
	jq -e --argjson want "\"$bad\"" '.namespace.name == $want' out
	# and in a sentence of refusal
	edit m '.manifestSet.members[0].alias="'"$bad"'" |
		.manifestSet.members[1].alias="'"$bad"'"'
	approve alice m >out 2>err || rc=$?
	[ "$rc" -eq 1 ]
	[ ! -s out ]
	[ "$(wc -l <err)" -eq 1 ]
	[ "$(LC_ALL=C tr -d '\n -~' <err | wc -c)" -eq 0 ]
}

# --- approve

@test "approve compares, shows all, asks once and writes QOS's approval" {
	new -o m
	mkdir approvals
	echo yes | quorate manifest approve m --key alice.secret \
		--alias alice "${sources[@]}" -o approvals >out 2>err
	[ "$(grep -c '^same: ' out)" -eq 9 ]
	quorate manifest show m | cmp - <(sed '1,/^$/d; /^$/,$d' out)
	# what counts stands above the question on the same screen
	tail -n 16 out >screen
	grep -q '^--- to decide: do you approve' screen
	for value in "$(quorate manifest hash m)" "$(jq -r .pivot.hash m)"; do
		tr -d ' \n' <screen | grep -qF "$value"
	done
	grep -qxE 'quorum key +([0-9a-f]{8} ?){4}' screen
	grep -qxE 'namespace +"team/app"' screen
	grep -qxE 'nonce +7' screen
	grep -qE '^same as yours +manifest set, share set, .*quorum key$' screen
	[ "$(grep -o 'yes/no' err | wc -l)" -eq 1 ]
	a=approvals/alice-team-app-7.approval
	[ "$(ls approvals)" = "${a#*/}" ]
	[ "$(jq -c 'keys_unsorted' $a)" = '["signature","member"]' ]
	[ "$(jq -r .member.alias $a)" = alice ]
	[ "$(jq -r .member.pubKey $a)" = "$(cat set/alice.pub)" ]
	# the message is the hash itself
	quorate manifest hash m | xxd -r -p >message
	quorate key verify --pub set/alice.pub \
		--signature "$(jq -r .signature $a)" message
}

@test "approve signs every version, and the same bytes each time" {
	new -o v1
	jq -c 'del(.pivot.bridgeConfig, .pivot.debugMode) |
		.namespace.nonce = 6' v1 >v0
	quorate manifest show v0 | grep -qF "manifest v0"
	approve alice v0 >/dev/null 2>&1
	approve alice v1 >/dev/null 2>&1
	mv alice-team-app-7.approval first
	approve alice v1 >/dev/null 2>&1
	cmp first alice-team-app-7.approval
	drop_patch
	identity[3]=8
	new2 -o v2
	approve alice v2 >/dev/null 2>&1
	[ "$(echo ./*.approval)" = "./alice-team-app-6.approval ./alice-team-app-7.approval ./alice-team-app-8.approval" ]
}

@test "each local source that differs is refused by name, before a question" {
	new -o m
	cp -r set other
	rm other/bob.pub
	cp -r set three
	echo 3 >three/quorum_threshold
	tac pcrs | sed 's/PCR0/x/; s/PCR2/PCR0/; s/x/PCR2/' >pcrs.other
	echo "${arn}2" >arn.other
	sha256sum m | cut -c1-64 >hash.other
	local i name file
	while read -r i name file; do
		local with=("${sources[@]}")
		with[i]=$file
		rc=0
		yes yes | quorate manifest approve m --key alice.secret \
			--alias alice "${with[@]}" >out 2>err || rc=$?
		[ "$rc" -eq 1 ]
		[ "$(wc -l <err)" -eq 1 ]
		grep -qF "differs from the local sources: ${name//_/ };" err
		[ "$(grep -c '^DIFFERS: ' out)" -eq 1 ]
		run ! grep -q 'restart' out
	done <<-'EOF'
		1 manifest_set other
		1 manifest_set three
		3 share_set other
		3 share_set three
		5 patch_set other
		7 PCR0-2 pcrs.other
		9 PCR3 arn.other
		11 pivot_hash hash.other
		13 quorum_key set/alice.pub
	EOF
	sources[1]=other sources[9]=arn.other sources[11]=hash.other
	approve alice m 2>&1 | grep -F \
		"local sources: manifest set, PCR3, pivot hash;"
	[ ! -e alice-team-app-7.approval ]
}

@test "a manifest with another root or a commit is refused" {
	new -o m
	edit m '.enclave.qosCommit="abc"'
	approve alice m 2>&1 | grep -F "local sources: QOS commit;"
	edit m '.enclave.awsRootCertificate="3000"'
	approve alice m 2>&1 | grep -F "local sources: AWS root, QOS commit;"
	quorate manifest show m |
		grep -F "WARNING: not the pinned AWS Nitro Root-G1"
	[ ! -e alice-team-app-7.approval ]
}

@test "a source that is left out is asked for by its own yes" {
	new -o m
	bare() {
		quorate manifest approve m --key alice.secret --alias alice \
			"${sources[@]:0:10}"
	}
	printf 'yes\nno\n' | bare >out 2>err && false
	grep -qF "not compared: pivot hash (--pivot-hash FILE)" out
	grep -qF "not compared: pivot hash (--pivot-hash FILE); is it" err
	grep -qF "not compared: quorum key (--quorum-key FILE); is it" err
	printf 'yes\nyes\n' | bare >out 2>&1 && false
	[ ! -e alice-team-app-7.approval ]
	printf 'yes\nyes\nyes\n' | bare >/dev/null 2>&1
	[ -e alice-team-app-7.approval ]
}

@test "only yes is yes, and no or the end of input signs nothing" {
	new -o m
	try() {
		quorate manifest approve m --key alice.secret --alias alice \
			"${sources[@]}" >out 2>err
	}
	printf 'y\nYES\n\nno\n' | try && false
	[ "$(grep -c 'please type yes or no' err)" -eq 3 ]
	tail -n 1 err | grep -qF "you said no: nothing was done"
	rc=0
	try </dev/null || rc=$?
	[ "$rc" -eq 1 ]
	tail -n 1 err | grep -qF "no answer: nothing was done"
	rc=0
	yes | timeout 60 quorate manifest approve m --key alice.secret \
		--alias alice "${sources[@]}" >out 2>err || rc=$?
	[ "$rc" -eq 1 ]
	[ "$(grep -c 'please type yes or no' err)" -eq 20 ]
	tail -n 1 err | grep -qF "20 answers, and none was yes or no"
	[ ! -e alice-team-app-7.approval ]
}

@test "what could not be shown is not asked for, and nothing is signed" {
	new -o m
	[ -e /dev/full ] || skip "no /dev/full"
	rc=0
	approve alice m >/dev/full 2>err || rc=$?
	[ "$rc" -eq 5 ]
	grep -qF "cannot write to standard output" err
	[ "$(grep -c 'yes/no' err)" -eq 0 ]
	[ ! -e alice-team-app-7.approval ]
}

@test "approve refuses who is not a member under that name and key" {
	new -o m
	quorate key generate -o eve.secret --pub eve.pub
	fails 1 'key file bob.secret is of "bob"' -- quorate manifest approve \
		m --key bob.secret --alias alice "${sources[@]}"
	fails 1 '"eve" with key file eve.secret is not a member' -- \
		quorate manifest approve m --key eve.secret --alias eve \
		"${sources[@]}"
	fails 3 "eve.pub" -- quorate manifest approve m --key eve.pub \
		--alias alice "${sources[@]}"
	fails 1 alias -- quorate manifest approve m --key alice.secret \
		--alias ../alice "${sources[@]}"
}

@test "an approval that is there is never replaced" {
	new -o m
	echo mine >alice-team-app-7.approval
	fails 1 "alice-team-app-7.approval is there already" -- \
		approve alice m
}

@test "approve refuses a manifest that breaks the rules" {
	new -o good
	local rule says
	while IFS='|' read -r says rule; do
		jq -c "$rule" good >m
		fails 1 "$says" -- approve alice m
	done <<-'EOF'
		manifest set: threshold 0 of 3|.manifestSet.threshold=0
		share set: threshold 1 of 3|.shareSet.threshold=1
		share set: threshold 4 of 3|.shareSet.threshold=4
		is there twice|.shareSet.members[1].alias="alice"
		share a key|.shareSet.members[1]=.shareSet.members[0] | .shareSet.members[1].alias="z"
		enclave.pcr1|.enclave.pcr1="00"
		is only the mark|.namespace.name="REHEARSAL/" | .manifestSet.members[].alias|="rehearsal-"+. | .shareSet.members[].alias|="rehearsal-"+.
		must begin with 'rehearsal-'|.namespace.name="REHEARSAL/x"
		the mode is production|.shareSet.members[0].alias="rehearsal-x"
	EOF
	jq -c '.namespace.quorumKey="00"' good >m
	fails 3 "namespace.quorumKey" -- approve alice m
}

# --- assemble

@test "assemble writes the same envelope whatever the order" {
	assembled
	[ "$(jq -c keys_unsorted manifest_envelope)" = \
		'["manifest","manifestSetApprovals","shareSetApprovals"]' ]
	jq -c .manifest manifest_envelope | tr -d '\n' | cmp - m
	quorate manifest assemble m bob-team-app-7.approval \
		alice-team-app-7.approval -o e
	cmp e manifest_envelope
	fails 1 "manifest_envelope is there already" -- \
		quorate manifest assemble m --approvals .
}

@test "assemble refuses too few, repeated and foreign approvals by name" {
	assembled
	rm manifest_envelope
	mv alice-team-app-7.approval a
	mv bob-team-app-7.approval b
	fails 1 "1 of 2 approvals" -- quorate manifest assemble m a
	fails 2 "no approvals given" -- quorate manifest assemble m
	fails 2 "no approvals given" -- \
		quorate manifest assemble m --approvals set
	cp a a2
	run -1 quorate manifest assemble m a b a2
	[[ $output == *"a2: a second approval of the same member; the first is a"* ]]
	[[ $output == *"1 of 3 approvals refused; no envelope was made"* ]]
	jq -c '.member.alias="carol"' a >c
	fails 1 "c: approval of" -- quorate manifest assemble m c
	jq -c '.signature="'"$(printf '%0128d' 1)"'"' a >c
	fails 1 "the signature is not of this manifest" -- \
		quorate manifest assemble m c
	echo junk >c
	fails 3 "c: " -- quorate manifest assemble m c
	fails 3 "none" -- quorate manifest assemble m none
	identity[3]=9
	new -o m9
	fails 1 "the signature is not of this manifest" -- \
		quorate manifest assemble m9 a
	fails 3 "is a manifest envelope, but a manifest is wanted" -- \
		quorate manifest assemble "$(
			quorate manifest assemble m a b -o ../e 2>/dev/null
			echo ../e
		)" a
	[ ! -e manifest_envelope ]
}

# --- check

@test "check passes an envelope against the manifest set, a line a rule" {
	assembled
	quorate manifest check manifest_envelope "${sources[@]}" >out
	[ "$(grep -c '^ok: ' out)" -eq 7 ]
	[ "$(grep -c '^same: ' out)" -eq 9 ]
	quorate manifest check manifest_envelope --manifest-set set >out
	grep -qF "not compared: share set (--share-set DIR)" out
}

@test "without a manifest set an envelope is self-consistent only" {
	assembled
	run -1 quorate manifest check manifest_envelope
	[[ ${lines[-1]} == *"self-consistent only"* ]]
	run -1 quorate manifest check manifest_envelope "${sources[@]:2}"
	[[ ${lines[-1]} == *"self-consistent only"* ]]
}

@test "check fails on another manifest set, in threshold or member" {
	assembled
	cp -r set other
	echo 1 >other/quorum_threshold
	run -1 quorate manifest check manifest_envelope --manifest-set other
	[[ $output == *"DIFFERS: manifest set"*"threshold: 2 in the manifest, 1 here"* ]]
	echo 2 >other/quorum_threshold
	mv other/carol.pub other/dave.pub
	run -1 quorate manifest check manifest_envelope --manifest-set other
	[[ $output == *'only in the manifest:'*'"carol"'*'only here:'*'"dave"'* ]]
}

@test "check fails on each broken rule, and names it" {
	assembled
	local says rule
	while IFS='|' read -r says rule; do
		jq -c "$rule" manifest_envelope >e
		run -1 quorate manifest check e --manifest-set set
		[[ $output == *"FAILED: $says"* ]]
	done <<-'EOF'
		approvals: 1, threshold 2|.manifestSetApprovals|=.[:1]
		approvals: 0, threshold 2|.manifestSetApprovals=[]
		approvals: 3, threshold 2|.manifestSetApprovals|=.+[.[0]]
		approvals: 2, threshold 2|.manifestSetApprovals[0].member.alias="bob"
		approvals: 2, threshold 2|.manifest.namespace.nonce=8
		share set: 1 of 3|.manifest.shareSet.threshold=1
		manifest set: 0 of 3|.manifest.manifestSet.threshold=0
		quorum key|.manifest.namespace.quorumKey="00"
		PCRs|.manifest.enclave.pcr0="00"
		marks of mode rehearsal|.manifest.namespace.name="REHEARSAL/a"
		1 share approvals|.shareSetApprovals=[.manifestSetApprovals[0]|.signature="00"]
	EOF
	fails 3 "is a manifest, but a manifest envelope is wanted" -- \
		quorate manifest check m --manifest-set set
	fails 3 none -- quorate manifest check manifest_envelope \
		--manifest-set none
}

@test "every verb has its help" {
	local verb
	for verb in new show hash approve assemble check; do
		quorate manifest $verb --help | grep -qF "usage: quorate"
	done
	fails 2 "unknown command" -- quorate manifest sign
}
