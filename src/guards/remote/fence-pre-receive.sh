#!/bin/sh
# signalbox fence: judges every push before a ref moves.
#
# Guarantee: main (@MAIN@) and the lease ref move only together, only forward along main's first parents, and only with a
# grant: a text signed by the integrator's key that names exactly this transition, a token that was never overtaken, and
# minutes until it ends. Whatever cannot be judged (no key, no state, no way to verify) is refused. The hook that was
# here before still runs, before anything is admitted.
# Trade-off: POSIX sh, awk, git and ssh-keygen are all there is here. What is not about main costs no process.
# Whoever may write this folder can also write main's file: that is what another account or machine is for.

LC_ALL=C
PATH=@PATH@
GIT_NO_REPLACE_OBJECTS=1
GIT_GRAFT_FILE=/dev/null
export LC_ALL PATH GIT_NO_REPLACE_OBJECTS GIT_GRAFT_FILE
unset GIT_REPLACE_REF_BASE GIT_NAMESPACE CDPATH

main=@MAIN@
lease=refs/signalbox/lease
repository=@REPOSITORY@
previous=@PREVIOUS_FOLDER@
namespace=signalbox-grant
longest=900
store=${0%/hooks/*}
newline='
'
before=$previous/pre-receive

# Our own words: the canary looks for them.
refuse() {
	printf 'signalbox: refused (%s): %s\n' "$1" "$2" >&2
	printf 'signalbox: %s\n' "${3:-Nothing is lost. Push your branch, then hand it over: signalbox submit}" >&2
	exit 1
}

broken() {
	refuse not_ready "$1, so main stays where it is." "Put the fence in order: signalbox guard remote install"
}

is_number() {
	case $1 in '' | *[!0-9]* | ????????????????*) return 1 ;; esac
}

# The refs of the push. Nothing here starts a process, but for refs that point to others.
main_new='' lease_new=''
[ -x "$before" ] && lines=''
while read -r old new ref; do
	[ -n "${lines+given}" ] && lines="$lines$old $new $ref
"
	at=''
	if [ -h "./$ref" ] || [ -d ./reftable ]; then
		at=$(git symbolic-ref -q "$ref")
	elif [ -f "./$ref" ]; then
		read -r at <"./$ref"
		case $at in 'ref:'*) at=$(git symbolic-ref -q "$ref") ;; *) at='' ;; esac
	fi
	case $at in
	@MAIN_PATTERN@ | @LEASE_PATTERN@) refuse alias "$ref is another name of $at, which only the integrator moves." ;;
	esac
	case $ref in
	"$main")
		[ -z "$main_new" ] || refuse twice "$main is named twice in one push."
		main_old=$old main_new=$new
		;;
	"$lease")
		[ -z "$lease_new" ] || refuse twice "$lease is named twice in one push."
		lease_old=$old lease_new=$new
		;;
	@MAIN_PATTERN@ | @MAIN_PATTERN@/*) refuse alias "$ref could be taken for $main, which only the integrator moves." ;;
	@LEASE_PATTERN@ | @LEASE_PATTERN@/* | @RESERVED_PATTERN@ | @RESERVED_PATTERN@/*) refuse reserved "$ref is the line's own." ;;
	@REPLACE_PATTERN@ | @REPLACE_PATTERN@/*) refuse replace "$ref would change what main is made of." ;;
	esac
done

run_previous() {
	[ -n "${lines+given}" ] || return 0
	printf '%s' "$lines" | "$before"
}

if [ -z "$main_new$lease_new" ]; then
	run_previous
	exit
fi

for new in $main_new $lease_new; do
	case $new in *[!0]*) ;; *) refuse deletion "Nobody deletes $main or the lease ref by a push." ;; esac
done

# The grant.
grant='' grants=0 at=0
is_number "${GIT_PUSH_OPTION_COUNT:-0}" || GIT_PUSH_OPTION_COUNT=0
while [ "$at" -lt "${GIT_PUSH_OPTION_COUNT:-0}" ]; do
	eval "option=\${GIT_PUSH_OPTION_$at-}"
	case $option in signalbox-grant=*) grant=${option#*=} grants=$((grants + 1)) ;; esac
	at=$((at + 1))
done
if [ "$grants" -eq 0 ]; then
	[ -z "$main_new" ] || refuse no_grant "Only the integrator moves $main."
	refuse no_grant "Only the integrator moves $lease." "It is how integrators keep out of each other's way."
fi
[ "$grants" -eq 1 ] || refuse bad_grant "A push carries one grant, not $grants."
case $grant in *[!A-Za-z0-9_-]*) refuse bad_grant "The grant is damaged." ;; esac
[ -r "$store/signers" ] || broken "The fence has lost the integrator's public key"
command -v ssh-keygen >/dev/null || broken "There is no ssh-keygen here to verify a grant with"
# Git takes this folder away, however the push ends.
work=${GIT_QUARANTINE_PATH-}/signalbox-grant
[ -n "${GIT_QUARANTINE_PATH-}" ] && mkdir "$work" || broken "There is no room to verify a grant in"
trap 'rm -rf "$work"' EXIT

printf '%s\n' "$grant" | awk -v said="$work/said" -v signature="$work/signature" '
function take(line) {
	if (line == "-----BEGIN SSH SIGNATURE-----") said = signature
	print line >said
}
BEGIN { letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" }
{
	bits = 0; held = 0; line = ""
	for (at = 1; at <= length($0); at++) {
		bits = bits * 64 + index(letters, substr($0, at, 1)) - 1
		held += 6
		if (held < 8) continue
		held -= 8
		unit = held == 4 ? 16 : held == 2 ? 4 : 1
		byte = int(bits / unit)
		bits -= byte * unit
		if (byte == 10) { take(line); line = ""; continue }
		if (byte < 32 || byte > 126) exit 1
		line = line sprintf("%c", byte)
	}
	if (line != "") take(line)
}' || refuse bad_grant "The grant is damaged."
[ -f "$work/said" ] && [ -f "$work/signature" ] || refuse bad_signature "The grant is not signed."
ssh-keygen -Y verify -f "$store/signers" -I integrator -n "$namespace" -s "$work/signature" <"$work/said" >/dev/null 2>&1 ||
	refuse bad_signature "The grant is not signed by the integrator's key."

# What it says. It is signed, so its lines are as they were written.
kind='' of='' token='' sequence='' nonce='' ends='' main_granted='' lease_granted=''
while read -r word rest; do
	case $word in
	signalbox-grant | signalbox-break-glass)
		[ "$rest" = 1 ] || refuse bad_grant "The grant is of another version."
		kind=$word
		;;
	repository) of=$rest ;;
	token) token=$rest ;;
	sequence) sequence=$rest ;;
	nonce) nonce=$rest ;;
	expires) ends=$rest ;;
	move)
		case $rest in
		"$main "*) main_granted=${rest#"$main "} ;;
		"$lease "*) lease_granted=${rest#"$lease "} ;;
		*) refuse bad_grant "The grant is for another branch." ;;
		esac
		;;
	holder | candidate) ;;
	*) refuse bad_grant "The grant says what this fence does not know." ;;
	esac
done <"$work/said"

[ "$of" = "$repository" ] || refuse other_repository "The grant is for another repository."
now=$(date +%s)
is_number "$now" || broken "The time is not known here"
is_number "$ends" || refuse bad_grant "The grant has no end."
[ "$now" -le "$ends" ] || refuse expired "The grant has expired: it ended at $ends, and here it is $now (seconds since 1970)."
[ "$((ends - now))" -le "$longest" ] || refuse not_yet "The grant ends too late: at $ends, and here it is $now (seconds since 1970)."

# Main: from where it is, along its first parents.
if [ -n "$main_new" ]; then
	case $main_old in
	*[!0]*)
		chain=$(git rev-list --first-parent --parents "$main_new" "^$main_old")
		set -- ${chain##*"$newline"}
		[ "${2-}" = "$main_old" ] || refuse not_forward "Main at $main_old would not be on the first-parent line of $main_new."
		;;
	esac
fi

case $kind in
signalbox-break-glass)
	[ -n "$main_new" ] && [ -z "$lease_new" ] || refuse bad_grant "Broken glass moves main alone."
	case $nonce in '' | *[!0-9a-f]*) refuse bad_grant "The grant has no name." ;; esac
	;;
signalbox-grant)
	[ -n "$lease_new" ] || refuse no_lease "Main moves only together with the lease ref."
	[ "$main_granted" = "${main_new:+$main_old $main_new}" ] || refuse other_transition "The grant is for another move of $main."
	[ "$lease_granted" = "$lease_old $lease_new" ] || refuse other_transition "The grant is for another move of the lease ref."
	is_number "$token" && is_number "$sequence" || refuse bad_grant "The grant has no token."
	# The floor is the highest name in a folder: it can only rise, whoever writes at the same time.
	floor=-1
	for at in "$store"/fence/*; do
		at=${at##*/}
		if is_number "$at" && [ "$at" -gt "$floor" ]; then floor=$at; fi
	done
	[ "$floor" -ge 0 ] || broken "The fence has lost the last token"
	[ "$token" -ge "$floor" ] || refuse stale_token "Token $token was overtaken by $floor: another integrator has the lease."
	# What both leases say, each behind its own id: "<id> <token> <sequence>".
	held=$(printf '%s\n%s\n' "$lease_new" "$lease_old" | git cat-file --batch 2>/dev/null | awk '
		/^[0-9a-f]+ (commit [0-9]+|missing)$/ { id = $1 }
		/^[{]"token":[0-9]+,"sequence":[0-9]+,/ { split($0, part, /[:,]/); print id, part[2], part[4] }')
	case $newline$held$newline in
	*"$newline$lease_new $token $sequence$newline"*) ;;
	*) refuse bad_lease "The new lease is not the one that the grant names." ;;
	esac
	set -- 0 0
	case $held in *"$lease_old "*) set -- ${held##*"$lease_old "} ;; esac
	is_number "$1" && is_number "$2" || set -- 0 0
	if [ "$token" -lt "$1" ] || { [ "$token" -eq "$1" ] && [ "$sequence" -le "$2" ]; }; then
		refuse stale_token "The lease at the remote ($1, $2) is not older than this one ($token, $sequence)."
	fi
	;;
*) refuse bad_grant "The grant does not say what it is." ;;
esac

run_previous || exit

# Admitted. What is written here is true even if the push then fails: a token was used, a nonce is spent.
if [ "$kind" = signalbox-break-glass ]; then
	mkdir "$store/used/$nonce" 2>/dev/null || refuse used "This broken glass has had its one push."
else
	(: >"$store/fence/$token") 2>/dev/null || broken "The token cannot be noted"
	for at in "$store"/fence/*; do
		if is_number "${at##*/}" && [ "${at##*/}" -lt "$token" ]; then rm -f "$at"; fi
	done
fi
for at in ${main_new:+"$main_old.$main_new"} ${lease_new:+"$lease_old.$lease_new"}; do
	(: >"$store/admitted/$at") 2>/dev/null || broken "The push cannot be admitted"
done
exit 0
