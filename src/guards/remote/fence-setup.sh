# Sets the fence up in a bare repository, takes it away again, or says how it stands: sh -s -- install|uninstall|status DIR
# POSIX sh and git alone, so that it runs on any machine that holds a repository. The folder `signalbox` beside the
# repository's config is all it adds; the hooks that were here stay where they are and are called from there.
# Each line of its answer is a word and what it says. Exit 3: it was not done, and nothing has changed.

verb=${1-} directory=${2-.}
LC_ALL=C GIT_CONFIG_GLOBAL=/dev/null
export LC_ALL GIT_CONFIG_GLOBAL
unset CDPATH

fail() {
	printf 'failed %s %s\n' "$1" "$2"
	exit 3
}
say() { printf '%s %s\n' "$1" "$2"; }
problem() { say problem "$1"; }

main=@MAIN@
lease=refs/signalbox/lease
@HOOKS@
public_key() {
	cat <<'SIGNALBOX_END'
@SIGNERS@
SIGNALBOX_END
}
probe_text() {
	cat <<'SIGNALBOX_END'
@PROBE@
SIGNALBOX_END
}
probe_signature() {
	cat <<'SIGNALBOX_END'
@PROBE_SIGNATURE@
SIGNALBOX_END
}

command -v git >/dev/null || fail no_git 'There is no git.'
unset $(git rev-parse --local-env-vars)
cd -- "$directory" 2>/dev/null || fail no_directory "There is no folder $directory."
here=$(pwd -P)
store=$here/signalbox
hooks=$store/hooks
[ -f HEAD ] && [ -d objects ] && [ -d refs ] && [ "$(git --git-dir=. rev-parse --is-bare-repository 2>/dev/null)" = true ] ||
	fail not_bare "$here is no bare repository of this account."
[ -O . ] || fail not_owner "$here belongs to another account: run this as that one."
configuration() { git --git-dir=. config "$@"; }

# Where hooks were looked for before us: never the caller's own configuration.
hooks_before() {
	if [ -f "$store/previous" ]; then
		cat "$store/previous"
		return
	fi
	found=$(configuration --local --type=path --get core.hooksPath || configuration --system --type=path --get core.hooksPath)
	case $found in '') printf '%s\n' "$here/hooks" ;; /*) printf '%s\n' "$found" ;; *) printf '%s\n' "$here/$found" ;; esac
}

# As a whole, or not at all.
place() {
	cat >"$1.new" && chmod "$2" "$1.new" && mv -f "$1.new" "$1" || fail not_written "$1 cannot be written."
}

with_previous() {
	quoted=$(printf '%s\n' "$previous" | sed "s/'/'\\\\''/g") awk '
	{
		at = index($0, "@PREVIOUS_FOLDER@")
		if (at) $0 = substr($0, 1, at - 1) "\047" ENVIRON["quoted"] "\047" substr($0, at + 17)
		print
	}'
}

# Theirs alone, or ours: two cannot share it.
has_own_receiver() {
	[ -x "$previous/proc-receive" ] || { [ -f "$store/config.before" ] && git config -f "$store/config.before" --get-all receive.procReceiveRefs >/dev/null; } ||
		{ [ ! -f "$store/config.before" ] && configuration --get-all receive.procReceiveRefs >/dev/null; }
}

can_verify() {
	command -v ssh-keygen >/dev/null || fail no_ssh_keygen 'There is no ssh-keygen (OpenSSH 8.2 or newer): it verifies the grants.'
	command -v awk >/dev/null || fail no_awk 'There is no awk.'
	trial=$here/signalbox-trial.$$
	mkdir "$trial" || fail not_written "$here cannot be written."
	public_key >"$trial/signers"
	probe_signature >"$trial/signature"
	probe_text | ssh-keygen -Y verify -f "$trial/signers" -I integrator -n signalbox-grant -s "$trial/signature" >/dev/null 2>&1
	verified=$?
	rm -rf "$trial"
	[ "$verified" -eq 0 ] || fail cannot_verify 'ssh-keygen here cannot verify a signature of the key (OpenSSH 8.2 or newer is needed).'
}

link_others() {
	for name in update post-receive post-update push-to-checkout; do
		ln -sf "$previous/$name" "$hooks/$name"
	done
	for path in "$previous"/*; do
		name=${path##*/}
		case $name in '*' | *.sample | pre-receive | reference-transaction | proc-receive) continue ;; esac
		ln -sf "$path" "$hooks/$name"
	done
}

highest() {
	floor=-1
	for path in "$store"/fence/*; do
		case ${path##*/} in '' | *[!0-9]*) ;; *) [ "${path##*/}" -gt "$floor" ] && floor=${path##*/} ;; esac
	done
}

install() {
	can_verify
	previous=$(hooks_before)
	git --git-dir=. config --local --list >/dev/null || fail bad_config "The repository's configuration cannot be read."
	mkdir -p "$hooks" "$store/fence" "$store/used" "$store/admitted" || fail not_written "$store cannot be made."
	case $(configuration --get core.sharedRepository) in group | true | 1 | all | world | everybody | 2) chmod g+ws "$store/fence" "$store/used" "$store/admitted" ;; esac
	[ -f "$store/config.before" ] || cp -p config "$store/config.before" || fail not_written "$store cannot be written."
	printf '%s\n' "$previous" | place "$store/previous" 644
	public_key | place "$store/signers" 644
	highest
	if [ "$floor" -lt 0 ]; then
		token=$(git --git-dir=. cat-file commit "$lease" 2>/dev/null | sed -n 's/^{"token":\([0-9]\{1,15\}\),.*/\1/p')
		: >"$store/fence/${token:-0}"
	fi
	link_others
	hook_reference_transaction | with_previous | place "$hooks/reference-transaction" 755
	if has_own_receiver; then
		ln -sf "$previous/proc-receive" "$hooks/proc-receive"
	else
		hook_proc_receive | place "$hooks/proc-receive" 755
		for ref in "$main" "$lease"; do
			configuration --get-all receive.procReceiveRefs | grep -qxF -- "$ref" || configuration --add receive.procReceiveRefs "$ref"
		done
	fi
	hook_pre_receive | with_previous | place "$hooks/pre-receive" 755
	configuration receive.advertisePushOptions true
	configuration core.hooksPath "$hooks" || fail bad_config 'core.hooksPath cannot be set.'
	cp -p config "$store/config.after"
}

uninstall() {
	[ -d "$store" ] || return 0
	if cmp -s config "$store/config.after"; then
		cp -p "$store/config.before" config.signalbox && mv -f config.signalbox config || fail not_written 'The configuration cannot be written.'
	else
		for key in core.hooksPath receive.advertisePushOptions; do
			if value=$(git config -f "$store/config.before" --get "$key"); then
				configuration "$key" "$value"
			else
				configuration --unset-all "$key"
			fi
		done
		has_own_receiver || configuration --unset-all receive.procReceiveRefs
	fi
	rm -rf "$store"
}

# What keeps it from being a fence, each with its cure in the caller's words.
examine() {
	[ "$(configuration --get core.hooksPath)" = "$hooks" ] || problem hooks_path
	[ "$(configuration --get --type=bool receive.advertisePushOptions)" = true ] || problem push_options
	previous=$(hooks_before)
	hook_pre_receive | with_previous | cmp -s - "$hooks/pre-receive" && [ -x "$hooks/pre-receive" ] || problem hook_changed
	hook_reference_transaction | with_previous | cmp -s - "$hooks/reference-transaction" && [ -x "$hooks/reference-transaction" ] || problem hook_changed
	if ! has_own_receiver; then
		hook_proc_receive | cmp -s - "$hooks/proc-receive" && [ -x "$hooks/proc-receive" ] || problem hook_changed
		configuration --get-all receive.procReceiveRefs | grep -qxF -- "$main" || problem hook_changed
	fi
	public_key | cmp -s - "$store/signers" || problem other_key
	highest
	[ "$floor" -ge 0 ] || problem no_token
	command -v ssh-keygen >/dev/null || problem no_ssh_keygen
	for path in "$previous"/*; do
		name=${path##*/}
		case $name in '*' | *.sample) continue ;; esac
		[ -x "$path" ] && [ ! -e "$hooks/$name" ] && problem "silenced $name"
	done
	say token "$floor"
}

case $verb in
install) install ;;
uninstall) uninstall ;;
status) ;;
*) fail wrong_use 'install, uninstall or status' ;;
esac
say directory "$here"
if [ -d "$store" ]; then
	say installed yes
	examine
	if [ -x "$previous/pre-receive" ]; then say chained "$previous/pre-receive"; fi
else
	say installed no
fi
exit 0
