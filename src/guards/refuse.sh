# How a guard says no, and how what it stopped becomes known: a small file that the daemon says as an event and takes
# away. Neither Redis nor Node is in the way of whoever is stopped.

# Refuses (0), or only warns (1): the mode of the cutover. No such file: refuses.
refuses() {
  how=refuse
  { read -r how <"$private/guards/mode"; } 2>/dev/null
  [ "$how" != warn ]
}

# Whether somebody has broken the glass, and not used it yet: the first push within its time uses it up.
glass_is_broken() {
  [ -f "$private/guards/open" ] || return 1
  until=0
  { read -r until <"$private/guards/open"; } 2>/dev/null
  case $until in '' | *[!0-9]*) return 1 ;; esac
  [ "$(date +%s)" -lt "$until" ]
}

# What was wanted, of what, by which rule, and the words of the command: says no, notes it.
say_no() {
  printf 'signalbox: refused: %s\n' "$1" >&2
  printf 'signalbox: hand your branch over instead, with:  signalbox submit\n' >&2
  printf 'signalbox: nothing was changed, and nothing is lost.\n' >&2
  note_block "$2" "$3" "$4"
}

say_warning() {
  printf 'signalbox: warning: %s\n' "$1" >&2
  printf 'signalbox: let through, because the cutover is off; later: signalbox submit\n' >&2
}

# At most a thousand wait to be said; the drafts' names begin with a dot, and no reader looks at them.
note_block() (
  spool=$private/guards/spool
  [ -d "$spool" ] || exit 0
  rule=$1 ref=$2 command=$3
  set -- "$spool"/*
  [ $# -lt 1000 ] || exit 0
  umask 077
  number=0
  while [ -e "$spool/$$-$number" ]; do number=$((number + 1)); done
  printf 'signalbox-block 1\n%s\n%s\n%s\n%s\n' "$rule" "$ref" \
    "${SIGNALBOX_SESSION_ID:-${LOGNAME:-${USER:-}}}" "$command" >"$spool/.$$-$number" &&
    mv -f -- "$spool/.$$-$number" "$spool/$$-$number"
) 2>/dev/null
