#!/bin/sh
# signalbox fence: judges what moves refs here without a push (update-ref, branch -f, a fetch into this repository).
# Main and the lease ref move only from and to what the hook for pushes has just admitted.
# Trade-off: two starts of a shell for every ref that is pushed, and two more where git packs refs.

LC_ALL=C
PATH=@PATH@
export LC_ALL PATH
previous=@PREVIOUS_FOLDER@
store=${0%/hooks/*}
here=${store%/signalbox}
before=$previous/reference-transaction

# Git packs refs by a write of what they are, and then takes the loose file away. A true deletion of a packed ref holds
# the lock of the packed refs by now; the taking away does not.
is_packing() {
	case $2 in
	*[!0]*)
		read -r now <"$here/$3" || return 1
		[ "$now" = "$2" ]
		;;
	*)
		case $1 in *[!0]*) ;; *) return 1 ;; esac
		[ ! -e "$here/packed-refs.lock" ] && grep -qxF -- "$1 $3" "$here/packed-refs"
		;;
	esac 2>/dev/null
}

[ -x "$before" ] && lines=''
while read -r old new ref; do
	[ -n "${lines+given}" ] && lines="$lines$old $new $ref
"
	case $ref in
	@MAIN_PATTERN@ | @MAIN_PATTERN@/* | @LEASE_PATTERN@)
		case $1 in
		prepared)
			[ -e "$store/admitted/$old.$new" ] || is_packing "$old" "$new" "$ref" || {
				printf 'signalbox: refused (not_admitted): %s moves only by a push of the integrator.\n' "$ref" >&2
				printf 'signalbox: In an emergency: signalbox guard break-glass --reason WHY\n' >&2
				exit 1
			}
			;;
		*) rm -f "$store/admitted/$old.$new" ;;
		esac
		;;
	esac
done
[ -n "${lines+given}" ] || exit 0
printf '%s' "$lines" | "$before" "$@"
