/**
 * Ways to write main past the line, as lines of a shell. They run in the checkout of `main`, which is one commit ahead of the
 * remote (so is `topic`, in the worktree $TREE). $ORIGIN is the remote's folder, $OTHER an empty folder, $REAL the real git.
 */

/** What a ring did: `stops` it, or lets it `pass`. */
export type Did = "stops" | "passes";

export type Form = {
  group: string;
  how: string;
  line: string;
  /** Wrapper, pre-push hook and fence, each alone. */
  rings: readonly [wrapper: Did, hook: Did, fence: Did];
};

const letters: Readonly<Record<string, Did>> = { s: "stops", p: "passes" };

function ringsOf(code: string): Form["rings"] {
  const [one = "p", two = "p", three = "p"] = code;
  return [letters[one] ?? "passes", letters[two] ?? "passes", letters[three] ?? "passes"];
}

type Row = readonly [how: string, line: string, rings: string];

const groups: Readonly<Record<string, readonly Row[]>> = {
  refspecs: [
    ["by name", "git push origin main", "sss"],
    ["HEAD", "git push origin HEAD", "sss"],
    ["@", "git push origin @", "sss"],
    ["to the short name", "git push origin HEAD:main", "sss"],
    ["to heads/main", "git push origin HEAD:heads/main", "sss"],
    ["to the full name", "git push origin HEAD:refs/heads/main", "sss"],
    ["of another branch", "git push origin topic:main", "sss"],
    ["of a raw id", 'git push origin "$(git rev-parse HEAD):refs/heads/main"', "sss"],
    ["of an expression", "git push origin main~0:refs/heads/main", "sss"],
    ["of a tag", "git tag main-tag && git push origin refs/tags/main-tag:refs/heads/main", "sss"],
    ["forced by +", "git push origin +topic:main", "sss"],
    ["forced by -f", "git push -f origin topic:main", "sss"],
    ["forced with a lease", "git push --force-with-lease origin topic:main", "sss"],
    ["among others", "git push origin topic HEAD:main HEAD:side", "sss"],
    ["atomically", "git push --atomic origin topic main", "sss"],
    ["deleted by :", "git push origin :main", "sss"],
    ["deleted by name", "git push --delete origin main", "sss"],
    ["deleted by -d", "git push origin -d refs/heads/main", "sss"],
    ["pruned", "git push --prune origin 'refs/heads/topi*:refs/heads/*'", "sss"],
    ["all", "git push --all origin", "sss"],
    ["mirrored", "git push --mirror origin", "sss"],
    ["matching", "git push origin :", "sss"],
    ["by a pattern", "git push origin 'refs/heads/*:refs/heads/*'", "sss"],
    ["by a narrow pattern", "git push origin 'refs/heads/ma*:refs/heads/ma*'", "sss"],
    ["an alias of its name in another case", "git push origin HEAD:refs/heads/MAIN", "sss"],
    ["the lease ref", "git push origin HEAD:refs/signalbox/lease", "pss"],
    [
      "a replacement of its commit",
      'git push origin "HEAD:refs/replace/$(git rev-parse origin/main)"',
      "pps",
    ],
    ["renamed at the remote", "git push origin HEAD:refs/heads/main-2 :refs/heads/main", "sss"],
  ],
  configuration: [
    ["upstream", "git push", "sss"],
    ["push.default=matching", "git -c push.default=matching push origin", "sss"],
    ["push.default=current", "git -c push.default=current push", "sss"],
    [
      "upstream of another branch",
      'cd "$TREE" && git branch -q --set-upstream-to=origin/main && git -c push.default=upstream push',
      "sss",
    ],
    ["remote.*.push by -c", "git -c remote.origin.push=topic:main push origin", "sss"],
    ["remote.*.push in the clone", "git config remote.origin.push topic:main && git push", "sss"],
    ["remote.*.mirror", "git config remote.origin.mirror true && git push", "sss"],
    [
      "branch.*.pushRemote",
      'git remote add there "$ORIGIN" && git config branch.main.pushRemote there && git -c push.default=current push',
      "sss",
    ],
    ["an alias of git", "git -c alias.p=push p origin HEAD:main", "pss"],
    ["an alias of the shell", "git -c alias.p='!git push origin HEAD:main' p", "pss"],
    ["an alias past the hook", "git -c alias.p='push --no-verify' p origin HEAD:main", "pps"],
  ],
  addresses: [
    ["a path", 'git push "$ORIGIN" HEAD:main', "sss"],
    ["a path without .git", 'git push "$(dirname "$ORIGIN")/origin" HEAD:main', "sss"],
    ["a relative path", "git push ../origin.git HEAD:main", "sss"],
    ["a path with doubled slashes", 'git push "/$ORIGIN//" HEAD:main', "sss"],
    ["a link to it", 'ln -s "$ORIGIN" "$OTHER/link" && git push "$OTHER/link" HEAD:main', "sss"],
    ["file://", 'git push "file://$ORIGIN" HEAD:main', "sss"],
    ["file://localhost", 'git push "file://localhost$ORIGIN" HEAD:main', "sss"],
    ["a percent-encoded URL", 'git push "file://$(dirname "$ORIGIN")/orig%69n.git" HEAD:main', "sss"],
    ["another remote", 'git remote add there "$ORIGIN" && git push there HEAD:main', "sss"],
    ["a renamed remote", "git remote rename origin there >/dev/null && git push there HEAD:main", "sss"],
    [
      "pushurl",
      'git remote add there /nowhere && git remote set-url --push there "$ORIGIN" && git push there HEAD:main',
      "sss",
    ],
    [
      "one of two pushurls",
      'git remote set-url --add --push origin "$ORIGIN"; git remote set-url --add --push origin "$OTHER/none.git"; git push origin HEAD:main',
      "sss",
    ],
    ["insteadOf", 'git config "url.$ORIGIN.insteadOf" there: && git push there: HEAD:main', "sss"],
    ["pushInsteadOf", 'git config "url.$ORIGIN.pushInsteadOf" there: && git push there: HEAD:main', "sss"],
    ["a program as transport", 'GIT_ALLOW_PROTOCOL=ext git push "ext::git %s $ORIGIN" HEAD:main', "sss"],
  ],
  "the hook switched off": [
    ["--no-verify", "git push --no-verify origin HEAD:main", "sps"],
    ["--no-verify, unnamed", "git push --no-verify", "sps"],
    ["-c core.hooksPath", "git -c core.hooksPath=/dev/null push origin HEAD:main", "sps"],
    ["-c core.hooksPath, unnamed", "git -c core.hooksPath=/dev/null push", "sps"],
    ["--config-env", "NONE=/dev/null git --config-env=core.hooksPath=NONE push origin HEAD", "sps"],
    [
      "GIT_CONFIG_COUNT",
      "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=/dev/null git push",
      "sps",
    ],
    ["GIT_CONFIG_PARAMETERS", "GIT_CONFIG_PARAMETERS=\"'core.hookspath'='/dev/null'\" git push", "sps"],
    ["core.hooksPath in the clone", "git config core.hooksPath /dev/null && git push", "sps"],
    [
      "core.hooksPath of the person",
      'printf "[core]\\n\\thooksPath = /dev/null\\n" > "$OTHER/config" && GIT_CONFIG_GLOBAL="$OTHER/config" git push',
      "sps",
    ],
    [
      "core.hooksPath from HOME",
      'printf "[core]\\n\\thooksPath = /dev/null\\n" > "$OTHER/.gitconfig" && env -u GIT_CONFIG_GLOBAL HOME="$OTHER" git push',
      "sps",
    ],
    ["the hook removed", "rm -f .git/hooks/pre-push && git push", "sps"],
    [
      "the hook not executable",
      "[ ! -e .git/hooks/pre-push ] || chmod -x .git/hooks/pre-push; git push",
      "sps",
    ],
  ],
  "other places": [
    ["-C", 'cd / && git -C "$CLONE" push origin HEAD:main', "sss"],
    ["--git-dir", 'cd / && git --git-dir="$CLONE/.git" push origin HEAD:main', "sss"],
    ["GIT_DIR", 'cd / && GIT_DIR="$CLONE/.git" git push origin HEAD:main', "sss"],
    ["a linked worktree", 'cd "$TREE" && git push origin HEAD:main', "sss"],
    ["another clone", 'git clone -q . "$OTHER/c" && cd "$OTHER/c" && git push "$ORIGIN" HEAD:main', "sps"],
    ["a bare clone", 'git clone -q --bare . "$OTHER/c" && cd "$OTHER/c" && git push "$ORIGIN" main', "sps"],
    [
      "another clone, unnamed",
      'git clone -q -b main "$ORIGIN" "$OTHER/c" && cd "$OTHER/c" && git commit -q --allow-empty -m x && git push',
      "sps",
    ],
    [
      "dressed as the integrator",
      "SIGNALBOX_ROLE=integrator SIGNALBOX_SESSION_ID=integrator-1 git push origin HEAD:main",
      "sss",
    ],
    ["an option that was a grant", "git push -o signalbox-grant=c2lnbmFsYm94 origin HEAD:main", "sss"],
  ],
  "git's own tools": [
    ["send-pack", 'git send-pack "$ORIGIN" main', "sps"],
    ["send-pack --all", 'git send-pack --all "$ORIGIN"', "sps"],
    ["send-pack --stdin", 'echo main:refs/heads/main | git send-pack --stdin "$ORIGIN"', "sps"],
    [
      "rebase --exec",
      "git rebase -q -f --exec 'git push origin HEAD:main' main~1 || git rebase --abort",
      "pss",
    ],
    [
      "rebase --exec past the hook",
      "git rebase -q -f --exec 'git push --no-verify origin HEAD:main' main~1 || git rebase --abort",
      "pps",
    ],
    [
      "bisect run",
      "for at in 1 2 3; do git commit -q --allow-empty -m x; done; git bisect start main main~3 >/dev/null; git bisect run git push origin main; git bisect reset >/dev/null",
      "pss",
    ],
    [
      "for-each-repo",
      'git config g.repo "$CLONE" && git for-each-repo --config=g.repo push origin HEAD:main',
      "pss",
    ],
    ["another name for receive-pack", "git push --receive-pack='git receive-pack' origin HEAD:main", "sss"],
  ],
  "other programs": [
    ["git by its path", '"$REAL" push origin HEAD:main', "pss"],
    ["git by its path, past the hook", '"$REAL" push --no-verify origin HEAD:main', "pps"],
    ["git's folder of programs", '"$("$REAL" --exec-path)/git" push --no-verify origin HEAD:main', "pps"],
    ["a copy under another name", 'cp "$REAL" "$OTHER/tig" && "$OTHER/tig" push origin HEAD:main', "pss"],
    ["a clean PATH", "PATH=/usr/bin:/bin git push --no-verify origin HEAD:main", "pps"],
    [
      "no environment",
      'env -i PATH=/usr/bin:/bin HOME="$OTHER" git push --no-verify origin HEAD:main',
      "pps",
    ],
    ["a login shell", "env -i HOME=\"$OTHER\" sh -lc 'git push --no-verify origin HEAD:main'", "pps"],
    [
      "a client of one's own",
      '"$NODE" "$CLIENT" "$ORIGIN" "$(git rev-parse origin/main)" "$(git rev-parse main)"',
      "pps",
    ],
  ],
};

/** Every form, with what each ring did to it when it was last looked. */
export const forms: readonly Form[] = Object.entries(groups).flatMap(([group, rows]) =>
  rows.map(([how, line, code]) => ({ group, how, line, rings: ringsOf(code) })),
);

/** What an honest worker does all day: no ring may be in the way. */
export const honest: readonly (readonly [how: string, line: string])[] = [
  ["a branch", 'cd "$TREE" && git push -q -u origin topic'],
  ["a branch by HEAD", 'cd "$TREE" && git push -q origin HEAD'],
  ["a branch to another name", "git push -q origin HEAD:refs/heads/ada/login"],
  ["a branch, past the hook", "git push -q --no-verify origin HEAD:refs/heads/login-2"],
  ["a branch forced", 'cd "$TREE" && git push -q -f origin topic'],
  ["a branch deleted", "git push -q origin HEAD:refs/heads/gone && git push -q origin :gone"],
  ["several at once", "git push -q --atomic origin topic HEAD:refs/heads/side"],
  ["a name that begins like main's", "git push -q origin HEAD:refs/heads/maintenance HEAD:refs/heads/main-2"],
  ["a tag", "git tag v1 && git push -q origin v1 && git push -q --tags origin"],
  ["a fetch, a pull", "git fetch -q && git pull -q --ff-only"],
  [
    "by another clone",
    'git clone -q "$ORIGIN" "$OTHER/c" && cd "$OTHER/c" && git push -q origin HEAD:refs/heads/theirs',
  ],
  ["main of a fork", 'git init -q --bare "$OTHER/fork" && git push -q "$OTHER/fork" HEAD:main'],
];
